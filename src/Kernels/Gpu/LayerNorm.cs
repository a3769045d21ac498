using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public void LayerNormForward(Tensor y, Tensor mean, Tensor rstd, Tensor x, Tensor weight, Tensor bias, double eps)
    {
        (int rows, int cols) = LayerNormShape.OfForward(y, x, mean, rstd, weight, bias);
        LaunchRows(LayerNormKernels.Forward, rows,
            Floats(y), Floats(mean), Floats(rstd), Floats(x), Floats(weight), Floats(bias), rows, cols, (float)eps);
    }

    /// <inheritdoc/>
    public void ResidualLayerNormForward(
        Tensor y, Tensor sum, Tensor mean, Tensor rstd, Tensor residual, Tensor branch, Tensor weight, Tensor bias,
        double eps, DropoutMask dropout)
    {
        (int rows, int cols) = LayerNormShape.OfResidualForward(y, sum, mean, rstd, residual, branch, weight, bias);
        LaunchRows(LayerNormKernels.ResidualForward, rows,
            Floats(y), Floats(sum), Floats(mean), Floats(rstd), Floats(residual), Floats(branch), Floats(weight), Floats(bias),
            rows, cols, (float)eps, dropout.Seed, dropout.Step, dropout.Op, dropout.FirstRow, dropout.Threshold, (float)dropout.Scale);
    }

    /// <inheritdoc/>
    public void LayerNormBackward(
        Tensor dx, Tensor dweight, Tensor dbias, Tensor dy, Tensor x, Tensor mean, Tensor rstd, Tensor weight) =>
        LayerNormBackward(dx, default, dweight, dbias, dy, x, mean, rstd, weight, DropoutMask.None);

    /// <inheritdoc/>
    public void ResidualLayerNormBackward(
        Tensor dresidual, Tensor dbranch, Tensor dweight, Tensor dbias, Tensor dy, Tensor sum, Tensor mean, Tensor rstd,
        Tensor weight, DropoutMask dropout) =>
        LayerNormBackward(dresidual, dbranch, dweight, dbias, dy, sum, mean, rstd, weight, dropout);

    private void LayerNormBackward(
        Tensor dx, Tensor dbranch, Tensor dweight, Tensor dbias, Tensor dy, Tensor x, Tensor mean, Tensor rstd,
        Tensor weight, DropoutMask dropout)
    {
        (int rows, int cols) = LayerNormShape.OfBackward(dx, dbranch, dweight, dbias, dy, x, mean, rstd, weight);
        if (!dx.IsNone || !dbranch.IsNone)
        {
            LaunchRows(LayerNormKernels.Backward, rows,
                Floats(dx), Floats(dbranch), Floats(dy), Floats(x), Floats(mean), Floats(rstd), Floats(weight), rows, cols,
                dropout.Seed, dropout.Step, dropout.Op, dropout.FirstRow, dropout.Threshold, (float)dropout.Scale);
        }
        if (!dweight.IsNone)
            AddColumnSums(ColumnSumKernels.Partials<NormalisedTerm>, dweight, dy, x, mean, rstd);
        if (!dbias.IsNone)
            AddColumnSums(dbias, dy);
    }

    // A warp for each row.
    private void LaunchRows(Delegate kernel, int rows, params ReadOnlySpan<KernelArgument> arguments)
    {
        if (rows > 0)
            Launch(kernel, Divide(rows, LayerNormKernels.Warps), LayerNormKernels.Warps * 32, arguments);
    }
}

/// <summary>
/// Layer normalisation, a warp a row. The lanes go over the row three times (sum; squares; result): once from memory, then
/// from the first-level cache, where the rows of all resident warps fit up to 1024 columns.
/// </summary>
internal static class LayerNormKernels
{
    /// <summary>Rows of a group.</summary>
    public const int Warps = 4;

    /// <summary>y ← (x − mean)·rstd·weight + bias.</summary>
    /// <param name="y">[rows, cols]; may be x.</param>
    /// <param name="mean">[rows].</param>
    /// <param name="rstd">[rows].</param>
    /// <param name="x">[rows, cols].</param>
    /// <param name="weight">[cols].</param>
    /// <param name="bias">[cols].</param>
    public static void Forward(
        ArrayView<float> y, ArrayView<float> mean, ArrayView<float> rstd, ArrayView<float> x, ArrayView<float> weight, ArrayView<float> bias,
        int rows, int cols, float eps)
    {
        int row = Grid.IdxX * Warps + Warp.WarpIdx;
        if (row >= rows)
            return;
        float sum = 0;
        for (int col = Warp.LaneIdx; col < cols; col += 32)
            sum += x[row * cols + col];
        Normalise(y, mean, rstd, x, weight, bias, row, cols, eps, Reduce.WarpSum(sum) / cols);
    }

    /// <summary>sum ← residual + dropout(branch); y ← LayerNorm(sum). Shapes as in <see cref="Forward"/>; residual and branch as sum.</summary>
    public static void ResidualForward(
        ArrayView<float> y, ArrayView<float> sum, ArrayView<float> mean, ArrayView<float> rstd, ArrayView<float> residual,
        ArrayView<float> branch, ArrayView<float> weight, ArrayView<float> bias, int rows, int cols, float eps,
        ulong seed, uint step, uint op, uint firstRow, uint threshold, float scale)
    {
        var dropout = new DropoutDraw(seed, step, op, firstRow, threshold, scale);
        int row = Grid.IdxX * Warps + Warp.WarpIdx;
        if (row >= rows)
            return;
        float total = 0;
        // Two half-warps, two groups of 128 columns: each lane uses its block's eight numbers.
        int lane = Warp.LaneIdx % DropoutMask.Lanes;
        for (int group = Warp.LaneIdx / DropoutMask.Lanes; group * DropoutMask.GroupCols < cols; group += 2)
        {
            PhiloxBlock block = dropout.IsOn ? dropout.Block((uint)row, (uint)group, (uint)lane) : default;
            for (int k = 0; k < 8; k++)
            {
                int col = group * DropoutMask.GroupCols + k * DropoutMask.Lanes + lane;
                if (col >= cols)
                    continue;
                float value = residual[row * cols + col] + branch[row * cols + col] * (dropout.IsOn ? dropout.Factor(block, k) : 1);
                sum[row * cols + col] = value;
                total += value;
            }
        }
        Warp.Barrier();
        Normalise(y, mean, rstd, sum, weight, bias, row, cols, eps, Reduce.WarpSum(total) / cols);
    }

    private static void Normalise(
        ArrayView<float> y, ArrayView<float> mean, ArrayView<float> rstd, ArrayView<float> x, ArrayView<float> weight, ArrayView<float> bias,
        int row, int cols, float eps, float m)
    {
        float squares = 0;
        for (int col = Warp.LaneIdx; col < cols; col += 32)
        {
            float distance = x[row * cols + col] - m;
            squares += distance * distance;
        }
        float r = 1 / MathF.Sqrt(Reduce.WarpSum(squares) / cols + eps);
        for (int col = Warp.LaneIdx; col < cols; col += 32)
            y[row * cols + col] = (x[row * cols + col] - m) * r * weight[col] + bias[col];
        if (Warp.LaneIdx == 0)
        {
            mean[row] = m;
            rstd[row] = r;
        }
    }

    /// <summary>ds = rstd·(g − mean(g) − x̂·mean(g·x̂)); dx += ds, dbranch += dropout(ds).</summary>
    /// <param name="dx">[rows, cols], or nothing.</param>
    /// <param name="dbranch">[rows, cols], or nothing.</param>
    /// <param name="dy">[rows, cols].</param>
    /// <param name="x">[rows, cols].</param>
    /// <param name="mean">[rows].</param>
    /// <param name="rstd">[rows].</param>
    /// <param name="weight">[cols].</param>
    public static void Backward(
        ArrayView<float> dx, ArrayView<float> dbranch, ArrayView<float> dy, ArrayView<float> x, ArrayView<float> mean, ArrayView<float> rstd,
        ArrayView<float> weight, int rows, int cols, ulong seed, uint step, uint op, uint firstRow, uint threshold, float scale)
    {
        var dropout = new DropoutDraw(seed, step, op, firstRow, threshold, scale);
        int row = Grid.IdxX * Warps + Warp.WarpIdx;
        if (row >= rows)
            return;
        float m = mean[row], r = rstd[row], meanG = 0, meanGx = 0;
        for (int col = Warp.LaneIdx; col < cols; col += 32)
        {
            float g = dy[row * cols + col] * weight[col];
            meanG += g;
            meanGx += g * ((x[row * cols + col] - m) * r);
        }
        meanG = Reduce.WarpSum(meanG) / cols;
        meanGx = Reduce.WarpSum(meanGx) / cols;

        int lane = Warp.LaneIdx % DropoutMask.Lanes;
        bool masked = dropout.IsOn && dbranch.Length > 0;
        for (int group = Warp.LaneIdx / DropoutMask.Lanes; group * DropoutMask.GroupCols < cols; group += 2)
        {
            PhiloxBlock block = masked ? dropout.Block((uint)row, (uint)group, (uint)lane) : default;
            for (int k = 0; k < 8; k++)
            {
                int col = group * DropoutMask.GroupCols + k * DropoutMask.Lanes + lane, i = row * cols + col;
                if (col >= cols)
                    continue;
                float ds = r * (dy[i] * weight[col] - meanG - (x[i] - m) * r * meanGx);
                if (dx.Length > 0)
                    dx[i] += ds;
                if (dbranch.Length > 0)
                    dbranch[i] += ds * (masked ? dropout.Factor(block, k) : 1);
            }
        }
    }
}
