using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    void IKernel<SoftmaxForward>.Run(in SoftmaxForward call) =>
        LaunchRows(SoftmaxKernels.Forward, call.X.Rows, Floats(call.Y), Floats(call.X), call.X.Rows, call.X.Cols);

    void IKernel<SoftmaxBackward>.Run(in SoftmaxBackward call) =>
        LaunchRows(SoftmaxKernels.Backward, call.Y.Rows, Floats(call.DX), Floats(call.DY), Floats(call.Y), call.Y.Rows, call.Y.Cols);
}

/// <summary>A warp a row: its lanes take every 32nd column.</summary>
internal static class SoftmaxKernels
{
    private const int Warps = LayerNormKernels.Warps;

    /// <summary>y ← exp(x − max)/Σ.</summary>
    /// <param name="y">[rows, cols]; may be x.</param>
    /// <param name="x">[rows, cols].</param>
    [GpuKernel(GroupSize = 32 * Warps)]
    public static void Forward(ArrayView<float> y, ArrayView<float> x, int rows, int cols)
    {
        int row = Grid.IdxX * Warps + Warp.WarpIdx;
        if (row >= rows)
            return;
        float max = float.NegativeInfinity, sum = 0;
        for (int col = Warp.LaneIdx; col < cols; col += 32)
            max = Reduce.Larger(max, x[row * cols + col]);
        max = Reduce.WarpMax(max);
        for (int col = Warp.LaneIdx; col < cols; col += 32)
            sum += MathF.Exp(x[row * cols + col] - max);
        sum = Reduce.WarpSum(sum);
        for (int col = Warp.LaneIdx; col < cols; col += 32)
            y[row * cols + col] = MathF.Exp(x[row * cols + col] - max) / sum;
    }

    /// <summary>dx += y·(dy − Σ y·dy).</summary>
    /// <param name="dx">[rows, cols].</param>
    /// <param name="dy">[rows, cols].</param>
    /// <param name="y">[rows, cols].</param>
    [GpuKernel(GroupSize = 32 * Warps)]
    public static void Backward(ArrayView<float> dx, ArrayView<float> dy, ArrayView<float> y, int rows, int cols)
    {
        int row = Grid.IdxX * Warps + Warp.WarpIdx;
        if (row >= rows)
            return;
        float dot = 0;
        for (int col = Warp.LaneIdx; col < cols; col += 32)
            dot += y[row * cols + col] * dy[row * cols + col];
        dot = Reduce.WarpSum(dot);
        for (int col = Warp.LaneIdx; col < cols; col += 32)
            dx[row * cols + col] += y[row * cols + col] * (dy[row * cols + col] - dot);
    }
}
