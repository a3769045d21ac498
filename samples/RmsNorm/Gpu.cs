using BareBert.Kernels;
using ILGPU;

namespace BareBert.Samples;

/// <summary>Root mean square normalisation on a GPU: the launches.</summary>
internal static class RmsNormGpu
{
    public static void Forward(GpuKernels device, in RmsNormForward call) => device.LaunchRows(RmsNormKernels.Forward, call.X.Rows,
        GpuKernels.Floats(call.Y), GpuKernels.Floats(call.Rstd), GpuKernels.Floats(call.X), GpuKernels.Floats(call.Weight),
        call.X.Rows, call.X.Cols, (float)call.Eps);

    public static void Backward(GpuKernels device, in RmsNormBackward call)
    {
        (int rows, int cols) = (call.X.Rows, call.X.Cols);
        ArrayView<float> dy = GpuKernels.Floats(call.DY), x = GpuKernels.Floats(call.X), rstd = GpuKernels.Floats(call.Rstd);
        if (!call.DX.IsNone)
            device.LaunchRows(RmsNormKernels.Backward, rows, GpuKernels.Floats(call.DX), dy, x, rstd, GpuKernels.Floats(call.Weight), rows, cols);
        if (!call.DWeight.IsNone)
            device.LaunchElements(RmsNormKernels.WeightGradient, cols, GpuKernels.Floats(call.DWeight), dy, x, rstd, rows, cols);
    }
}

/// <summary>The kernels: what one thread does.</summary>
internal static class RmsNormKernels
{
    private const int Warps = 4;

    /// <summary>y ← x·rstd·weight, a warp a row.</summary>
    /// <param name="y">[rows, cols]; may be x.</param>
    /// <param name="rstd">[rows].</param>
    /// <param name="x">[rows, cols].</param>
    /// <param name="weight">[cols].</param>
    [GpuKernel(GroupSize = 32 * Warps)]
    public static void Forward(ArrayView<float> y, ArrayView<float> rstd, ArrayView<float> x, ArrayView<float> weight, int rows, int cols, float eps)
    {
        int row = Grid.IdxX * Warps + Warp.WarpIdx;
        if (row >= rows)
            return;
        float squares = 0;
        for (int col = Warp.LaneIdx; col < cols; col += 32)
            squares += x[row * cols + col] * x[row * cols + col];
        float r = 1 / MathF.Sqrt(Reduce.WarpSum(squares) / cols + eps);
        for (int col = Warp.LaneIdx; col < cols; col += 32)
            y[row * cols + col] = x[row * cols + col] * r * weight[col];
        if (Warp.LaneIdx == 0)
            rstd[row] = r;
    }

    /// <summary>dx += rstd·(g − x̂·mean(g·x̂)), g = dy·weight, a warp a row.</summary>
    /// <param name="dx">[rows, cols].</param>
    /// <param name="dy">[rows, cols].</param>
    /// <param name="x">[rows, cols].</param>
    /// <param name="rstd">[rows].</param>
    /// <param name="weight">[cols].</param>
    [GpuKernel(GroupSize = 32 * Warps)]
    public static void Backward(ArrayView<float> dx, ArrayView<float> dy, ArrayView<float> x, ArrayView<float> rstd, ArrayView<float> weight, int rows, int cols)
    {
        int row = Grid.IdxX * Warps + Warp.WarpIdx;
        if (row >= rows)
            return;
        float r = rstd[row], sum = 0;
        for (int col = Warp.LaneIdx; col < cols; col += 32)
            sum += dy[row * cols + col] * weight[col] * x[row * cols + col];
        float factor = r * r * r * Reduce.WarpSum(sum) / cols;
        for (int col = Warp.LaneIdx; col < cols; col += 32)
            dx[row * cols + col] += r * dy[row * cols + col] * weight[col] - x[row * cols + col] * factor;
    }

    /// <summary>dweight += Σ dy·x̂ over the rows, a thread a column: neighbouring threads read neighbouring numbers.</summary>
    /// <param name="dweight">[cols].</param>
    /// <param name="dy">[rows, cols].</param>
    /// <param name="x">[rows, cols].</param>
    /// <param name="rstd">[rows].</param>
    [GpuKernel]
    public static void WeightGradient(ArrayView<float> dweight, ArrayView<float> dy, ArrayView<float> x, ArrayView<float> rstd, int rows, int cols)
    {
        int col = Grid.IdxX * Group.DimX + Group.IdxX;
        if (col >= cols)
            return;
        float sum = 0;
        for (int row = 0; row < rows; row++)
            sum += dy[row * cols + col] * x[row * cols + col] * rstd[row];
        dweight[col] += sum;
    }
}
