using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    void IKernel<LayerNormForward>.Run(in LayerNormForward call)
    {
        (int rows, int cols) = (call.X.Rows, call.X.Cols);
        LaunchRows(AreAligned(cols, call.Y, call.X, call.Weight, call.Bias) ? LayerNormKernels.Forward<AlignedRows> : LayerNormKernels.Forward<AnyRows>, rows,
            Floats(call.Y), Floats(call.Mean), Floats(call.Rstd), Floats(call.X), Floats(call.Weight), Floats(call.Bias), rows, cols, (float)call.Eps);
    }

    void IKernel<ResidualLayerNormForward>.Run(in ResidualLayerNormForward call)
    {
        (int rows, int cols) = (call.Sum.Rows, call.Sum.Cols);
        bool aligned = AreAligned(cols, call.Y, call.Sum, call.Residual, call.Branch, call.Weight, call.Bias);
        DropoutMask dropout = call.Dropout;
        LaunchRows(aligned ? LayerNormKernels.ResidualForward<AlignedRows> : LayerNormKernels.ResidualForward<AnyRows>, rows,
            Floats(call.Y), Floats(call.Sum), Floats(call.Mean), Floats(call.Rstd), Floats(call.Residual), Floats(call.Branch),
            Floats(call.Weight), Floats(call.Bias), rows, cols, (float)call.Eps,
            dropout.Seed, dropout.Step, dropout.Op, dropout.FirstRow, dropout.Threshold, (float)dropout.Scale);
    }

    void IKernel<LayerNormBackward>.Run(in LayerNormBackward call) => Run(call.AsResidual);

    void IKernel<ResidualLayerNormBackward>.Run(in ResidualLayerNormBackward call)
    {
        (int rows, int cols) = (call.Sum.Rows, call.Sum.Cols);
        if (call.OverwriteDResidual && !call.DResidual.IsNone)
            call.DResidual.Zero();
        if (call.OverwriteDBranch && !call.DBranch.IsNone)
            call.DBranch.Zero();
        if (!call.DResidual.IsNone || !call.DBranch.IsNone)
        {
            bool aligned = AreAligned(cols, call.DResidual, call.DBranch, call.DY, call.Sum, call.Weight);
            DropoutMask dropout = call.Dropout;
            LaunchRows(aligned ? LayerNormKernels.Backward<AlignedRows> : LayerNormKernels.Backward<AnyRows>, rows,
                Floats(call.DResidual), Floats(call.DBranch), Floats(call.DY), Floats(call.Sum), Floats(call.Mean), Floats(call.Rstd), Floats(call.Weight),
                rows, cols, dropout.Seed, dropout.Step, dropout.Op, dropout.FirstRow, dropout.Threshold, (float)dropout.Scale);
        }
        if (!call.DWeight.IsNone)
            AddColumnSums(ColumnSumKernels.Partials<NormalisedTerm>, call.DWeight, call.DY, call.Sum, call.Mean, call.Rstd);
        if (!call.DBias.IsNone)
            AddColumnSums(call.DBias, call.DY);
    }
}

/// <summary>
/// Layer normalisation, a warp a row, a lane four neighbours at a time. The lanes go over the row three times (sum; squares; result): once from
/// memory, then from the first-level cache, where the rows of all resident warps fit up to 1024 columns.
/// </summary>
internal static class LayerNormKernels
{
    /// <summary>Rows of a group.</summary>
    public const int Warps = 4;

    // Columns that a warp reads at once.
    private const int Step = 32 * 4;

    /// <summary>y ← (x − mean)·rstd·weight + bias.</summary>
    /// <param name="y">[rows, cols]; may be x.</param>
    /// <param name="mean">[rows].</param>
    /// <param name="rstd">[rows].</param>
    /// <param name="x">[rows, cols].</param>
    /// <param name="weight">[cols].</param>
    /// <param name="bias">[cols].</param>
    [GpuKernel(GroupSize = 32 * Warps)]
    public static void Forward<TAccess>(
        ArrayView<float> y, ArrayView<float> mean, ArrayView<float> rstd, ArrayView<float> x, ArrayView<float> weight, ArrayView<float> bias,
        int rows, int cols, float eps) where TAccess : IRowAccess
    {
        int row = Grid.IdxX * Warps + Warp.WarpIdx;
        if (row >= rows)
            return;
        float sum = 0;
        for (int col = 4 * Warp.LaneIdx; col < cols; col += Step)
            sum += Quad.Sum(TAccess.Load4(x, row * cols + col, cols - col));
        Normalise<TAccess>(y, mean, rstd, x, weight, bias, row, cols, eps, Reduce.WarpSum(sum) / cols);
    }

    /// <summary>sum ← residual + dropout(branch); y ← LayerNorm(sum). Shapes as in <see cref="Forward{TAccess}"/>; residual and branch as sum.</summary>
    [GpuKernel(GroupSize = 32 * Warps)]
    public static void ResidualForward<TAccess>(
        ArrayView<float> y, ArrayView<float> sum, ArrayView<float> mean, ArrayView<float> rstd, ArrayView<float> residual,
        ArrayView<float> branch, ArrayView<float> weight, ArrayView<float> bias, int rows, int cols, float eps,
        ulong seed, uint step, uint op, uint firstRow, uint threshold, float scale) where TAccess : IRowAccess
    {
        var dropout = new DropoutDraw(seed, step, op, firstRow, threshold, scale);
        int row = Grid.IdxX * Warps + Warp.WarpIdx;
        if (row >= rows)
            return;
        float total = 0;
        // Eight groups of 128 columns at once, four lanes each: a lane uses all of its four blocks.
        ArrayView<PhiloxBlock> blocks = LocalMemory.Allocate<PhiloxBlock>(4);
        int quad = Warp.LaneIdx % DropoutDraw.QuadLanes;
        for (int group = Warp.LaneIdx / DropoutDraw.QuadLanes; group * DropoutMask.GroupCols < cols; group += 32 / DropoutDraw.QuadLanes)
        {
            dropout.DrawQuad(blocks, (uint)row, (uint)group, (uint)quad);
            int first = group * DropoutMask.GroupCols + 4 * quad, start = row * cols + first, rest = cols - first;
            for (int k = 0; k < 8; k++)
            {
                int at = start + k * DropoutMask.Lanes, left = rest - k * DropoutMask.Lanes;
                if (left <= 0)
                    continue;
                Float4 value = Quad.Add(TAccess.Load4(residual, at, left), dropout.Masked(TAccess.Load4(branch, at, left), blocks, k));
                TAccess.Store4(sum, at, left, value);
                total += Quad.Sum(value);
            }
        }
        Warp.Barrier();
        Normalise<TAccess>(y, mean, rstd, sum, weight, bias, row, cols, eps, Reduce.WarpSum(total) / cols);
    }

    private static void Normalise<TAccess>(
        ArrayView<float> y, ArrayView<float> mean, ArrayView<float> rstd, ArrayView<float> x, ArrayView<float> weight, ArrayView<float> bias,
        int row, int cols, float eps, float m) where TAccess : IRowAccess
    {
        float squares = 0;
        for (int col = 4 * Warp.LaneIdx; col < cols; col += Step)
        {
            // Behind the row's end the mean itself stands, whose distance is 0.
            Float4 distance = Quad.Subtract(TAccess.Load4(x, row * cols + col, cols - col, m), m);
            squares += Quad.Sum(Quad.Multiply(distance, distance));
        }
        float r = 1 / MathF.Sqrt(Reduce.WarpSum(squares) / cols + eps);
        for (int col = 4 * Warp.LaneIdx; col < cols; col += Step)
        {
            int at = row * cols + col, rest = cols - col;
            Float4 normalised = Quad.Scale(Quad.Subtract(TAccess.Load4(x, at, rest), m), r);
            TAccess.Store4(y, at, rest, Quad.Add(Quad.Multiply(normalised, TAccess.Load4(weight, col, rest)), TAccess.Load4(bias, col, rest)));
        }
        if (Warp.LaneIdx == 0)
        {
            mean[row] = m;
            rstd[row] = r;
        }
    }

    /// <summary>ds = rstd·(g − mean(g) − x̂·mean(g·x̂)), g = dy·weight; dx += ds, dbranch += dropout(ds).</summary>
    /// <param name="dx">[rows, cols], or nothing.</param>
    /// <param name="dbranch">[rows, cols], or nothing.</param>
    /// <param name="dy">[rows, cols].</param>
    /// <param name="x">[rows, cols].</param>
    /// <param name="mean">[rows].</param>
    /// <param name="rstd">[rows].</param>
    /// <param name="weight">[cols].</param>
    [GpuKernel(GroupSize = 32 * Warps)]
    public static void Backward<TAccess>(
        ArrayView<float> dx, ArrayView<float> dbranch, ArrayView<float> dy, ArrayView<float> x, ArrayView<float> mean, ArrayView<float> rstd,
        ArrayView<float> weight, int rows, int cols, ulong seed, uint step, uint op, uint firstRow, uint threshold, float scale) where TAccess : IRowAccess
    {
        var dropout = new DropoutDraw(seed, step, op, firstRow, dbranch.Length > 0 ? threshold : 0, scale);
        int row = Grid.IdxX * Warps + Warp.WarpIdx;
        if (row >= rows)
            return;
        float m = mean[row], r = rstd[row], meanG = 0, meanGx = 0;
        for (int col = 4 * Warp.LaneIdx; col < cols; col += Step)
        {
            int at = row * cols + col, rest = cols - col;
            Float4 g = Quad.Multiply(TAccess.Load4(dy, at, rest), TAccess.Load4(weight, col, rest));
            meanG += Quad.Sum(g);
            meanGx += Quad.Sum(Quad.Multiply(g, Quad.Scale(Quad.Subtract(TAccess.Load4(x, at, rest), m), r)));
        }
        meanG = Reduce.WarpSum(meanG) / cols;
        meanGx = Reduce.WarpSum(meanGx) / cols;

        ArrayView<PhiloxBlock> blocks = LocalMemory.Allocate<PhiloxBlock>(4);
        int quad = Warp.LaneIdx % DropoutDraw.QuadLanes;
        for (int group = Warp.LaneIdx / DropoutDraw.QuadLanes; group * DropoutMask.GroupCols < cols; group += 32 / DropoutDraw.QuadLanes)
        {
            dropout.DrawQuad(blocks, (uint)row, (uint)group, (uint)quad);
            for (int k = 0; k < 8; k++)
            {
                int col = group * DropoutMask.GroupCols + k * DropoutMask.Lanes + 4 * quad, at = row * cols + col, rest = cols - col;
                if (col >= cols)
                    continue;
                Float4 g = Quad.Multiply(TAccess.Load4(dy, at, rest), TAccess.Load4(weight, col, rest));
                Float4 xHat = Quad.Scale(Quad.Subtract(TAccess.Load4(x, at, rest), m), r);
                Float4 ds = Quad.Scale(Quad.Add(Quad.Subtract(g, meanG), Quad.Scale(xHat, -meanGx)), r);
                if (dx.Length > 0)
                    TAccess.Store4(dx, at, rest, Quad.Add(TAccess.Load4(dx, at, rest), ds));
                if (dbranch.Length > 0)
                    TAccess.Store4(dbranch, at, rest, Quad.Add(TAccess.Load4(dbranch, at, rest), dropout.Masked(ds, blocks, k)));
            }
        }
    }
}
