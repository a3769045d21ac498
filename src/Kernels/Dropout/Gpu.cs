using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    void IKernel<DropoutForward>.Run(in DropoutForward call) => LaunchDropout(call.Y, call.X, call.Dropout, accumulate: false);

    void IKernel<DropoutBackward>.Run(in DropoutBackward call) => LaunchDropout(call.DX, call.DY, call.Dropout, accumulate: true);

    private void LaunchDropout(Tensor y, Tensor x, DropoutMask dropout, bool accumulate)
    {
        long threads = (long)x.Rows * Divide(x.Cols, DropoutMask.GroupCols) * DropoutDraw.QuadLanes;
        LaunchElements(AreAligned(x.Cols, y, x) ? DropoutKernels.Apply<AlignedRows> : DropoutKernels.Apply<AnyRows>, threads, Floats(y), Floats(x), x.Rows, x.Cols, accumulate ? 1 : 0,
            dropout.Seed, dropout.Step, dropout.Op, dropout.FirstRow, dropout.Threshold, (float)dropout.Scale);
    }
}

internal static class DropoutKernels
{
    /// <summary>
    /// y ← x·mask, added to y where accumulate is not 0. A thread draws four blocks and uses all of them: eight times four neighbours, 16 apart.
    /// </summary>
    /// <param name="y">[rows, cols]; may be x.</param>
    /// <param name="x">[rows, cols].</param>
    [GpuKernel]
    public static void Apply<TAccess>(
        ArrayView<float> y, ArrayView<float> x, int rows, int cols, int accumulate,
        ulong seed, uint step, uint op, uint firstRow, uint threshold, float scale) where TAccess : IRowAccess
    {
        var dropout = new DropoutDraw(seed, step, op, firstRow, threshold, scale);
        int groups = (cols + (DropoutMask.GroupCols - 1)) / DropoutMask.GroupCols, thread = Grid.IdxX * Group.DimX + Group.IdxX;
        int quad = thread % DropoutDraw.QuadLanes, group = thread / DropoutDraw.QuadLanes % groups, row = thread / DropoutDraw.QuadLanes / groups;
        if (row >= rows)
            return;
        ArrayView<PhiloxBlock> blocks = LocalMemory.Allocate<PhiloxBlock>(4);
        dropout.DrawQuad(blocks, (uint)row, (uint)group, (uint)quad);
        int first = group * DropoutMask.GroupCols + 4 * quad, rest = cols - first;
        (x, y) = (x.SubView(row * cols + first), y.SubView(row * cols + first));
        for (int k = 0; k < 8; k++)
        {
            int at = k * DropoutMask.Lanes;
            if (at >= rest)
                continue;
            Float4 value = dropout.Masked(TAccess.Load4(x, at, rest - at), blocks, k);
            TAccess.Store4(y, at, rest - at, accumulate != 0 ? Quad.Add(TAccess.Load4(y, at, rest - at), value) : value);
        }
    }
}
