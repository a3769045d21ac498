using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    void IKernel<RowNormalisationForward>.Run(in RowNormalisationForward call) => LaunchRows(RowNormalisationKernels.Forward, call.X.Rows,
        Floats(call.Y), Floats(call.InverseLength), Floats(call.X), call.X.Rows, call.X.Cols, (float)call.Eps);

    void IKernel<RowNormalisationBackward>.Run(in RowNormalisationBackward call) => LaunchRows(RowNormalisationKernels.Backward, call.Y.Rows,
        Floats(call.DX), Floats(call.DY), Floats(call.Y), Floats(call.InverseLength), call.Y.Rows, call.Y.Cols);
}

/// <summary>A warp a row: its lanes take every 32nd column.</summary>
internal static class RowNormalisationKernels
{
    private const int Warps = LayerNormKernels.Warps;

    /// <summary>y ← x·r, r = 1/√(Σ x² + ε).</summary>
    /// <param name="y">[rows, cols]; may be x.</param>
    /// <param name="inverseLength">[rows], r.</param>
    /// <param name="x">[rows, cols].</param>
    [GpuKernel(GroupSize = 32 * Warps)]
    public static void Forward(ArrayView<float> y, ArrayView<float> inverseLength, ArrayView<float> x, int rows, int cols, float eps)
    {
        int row = Grid.IdxX * Warps + Warp.WarpIdx;
        if (row >= rows)
            return;
        float squares = 0;
        for (int col = Warp.LaneIdx; col < cols; col += 32)
            squares += x[row * cols + col] * x[row * cols + col];
        float r = 1 / MathF.Sqrt(Reduce.WarpSum(squares) + eps);
        for (int col = Warp.LaneIdx; col < cols; col += 32)
            y[row * cols + col] = x[row * cols + col] * r;
        if (Warp.LaneIdx == 0)
            inverseLength[row] = r;
    }

    /// <summary>dx += r·(dy − y·Σ y·dy).</summary>
    /// <param name="dx">[rows, cols].</param>
    /// <param name="dy">[rows, cols].</param>
    /// <param name="y">[rows, cols].</param>
    /// <param name="inverseLength">[rows], r.</param>
    [GpuKernel(GroupSize = 32 * Warps)]
    public static void Backward(ArrayView<float> dx, ArrayView<float> dy, ArrayView<float> y, ArrayView<float> inverseLength, int rows, int cols)
    {
        int row = Grid.IdxX * Warps + Warp.WarpIdx;
        if (row >= rows)
            return;
        float dot = 0, r = inverseLength[row];
        for (int col = Warp.LaneIdx; col < cols; col += 32)
            dot += y[row * cols + col] * dy[row * cols + col];
        dot = Reduce.WarpSum(dot);
        for (int col = Warp.LaneIdx; col < cols; col += 32)
            dx[row * cols + col] += r * (dy[row * cols + col] - y[row * cols + col] * dot);
    }
}
