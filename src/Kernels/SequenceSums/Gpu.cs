using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    void IKernel<SequenceSumForward>.Run(in SequenceSumForward call) => LaunchElements(SequenceSumKernels.Forward, call.Y.Count,
        Floats(call.Y), Floats(call.X), Ints(call.Offsets), checked((int)call.Y.Count), call.X.Cols, call.IsMean ? 1 : 0);

    void IKernel<SequenceSumBackward>.Run(in SequenceSumBackward call) => LaunchElements(SequenceSumKernels.Backward, call.DY.Count,
        Floats(call.DX), Floats(call.DY), Ints(call.Offsets), checked((int)call.DY.Count), call.DX.Cols, call.IsMean ? 1 : 0);
}

/// <summary>A thread a column of a sequence: neighbouring threads read neighbouring numbers, and a sum has one order.</summary>
internal static class SequenceSumKernels
{
    /// <summary>y ← Σ x over a sequence's rows, or their mean.</summary>
    /// <param name="y">[B, cols], n elements.</param>
    /// <param name="x">[tokens, cols].</param>
    /// <param name="offsets">[B + 1].</param>
    [GpuKernel]
    public static void Forward(ArrayView<float> y, ArrayView<float> x, ArrayView<int> offsets, int n, int cols, int isMean)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i >= n)
            return;
        int first = offsets[i / cols], end = offsets[i / cols + 1], col = i % cols;
        float sum = 0;
        for (int row = first; row < end; row++)
            sum += x[row * cols + col];
        y[i] = isMean != 0 ? sum / (end - first) : sum;
    }

    /// <summary>dx += dy of the row's sequence, or its share.</summary>
    /// <param name="dx">[tokens, cols].</param>
    /// <param name="dy">[B, cols], n elements.</param>
    /// <param name="offsets">[B + 1].</param>
    [GpuKernel]
    public static void Backward(ArrayView<float> dx, ArrayView<float> dy, ArrayView<int> offsets, int n, int cols, int isMean)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i >= n)
            return;
        int first = offsets[i / cols], end = offsets[i / cols + 1], col = i % cols;
        float share = isMean != 0 ? dy[i] / (end - first) : dy[i];
        for (int row = first; row < end; row++)
            dx[row * cols + col] += share;
    }
}
