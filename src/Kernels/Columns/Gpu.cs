using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    void IKernel<ColumnCopy>.Run(in ColumnCopy call) => LaunchElements(ColumnKernels.Copy, call.X.Count,
        Floats(call.Y), Floats(call.X), checked((int)call.X.Count), call.X.Cols, call.Y.Cols, call.First);

    void IKernel<ColumnAdd>.Run(in ColumnAdd call) => LaunchElements(ColumnKernels.Add, call.DX.Count,
        Floats(call.DX), Floats(call.DY), checked((int)call.DX.Count), call.DX.Cols, call.DY.Cols, call.First);
}

/// <summary>A thread an element of the narrow matrix.</summary>
internal static class ColumnKernels
{
    /// <summary>y[·, first + j] ← x[·, j].</summary>
    /// <param name="y">[rows, wide].</param>
    /// <param name="x">[rows, cols], n elements.</param>
    [GpuKernel]
    public static void Copy(ArrayView<float> y, ArrayView<float> x, int n, int cols, int wide, int first)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i < n)
            y[i / cols * wide + first + i % cols] = x[i];
    }

    /// <summary>dx[·, j] += dy[·, first + j].</summary>
    /// <param name="dx">[rows, cols], n elements.</param>
    /// <param name="dy">[rows, wide].</param>
    [GpuKernel]
    public static void Add(ArrayView<float> dx, ArrayView<float> dy, int n, int cols, int wide, int first)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i < n)
            dx[i] += dy[i / cols * wide + first + i % cols];
    }
}
