using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public void DropoutForward(Tensor y, Tensor x, DropoutMask dropout)
    {
        Checks.Same(y, x, nameof(y));
        LaunchDropout(y, x, dropout, accumulate: false);
    }

    /// <inheritdoc/>
    public void DropoutBackward(Tensor dx, Tensor dy, DropoutMask dropout)
    {
        Checks.Same(dx, dy, nameof(dx));
        LaunchDropout(dx, dy, dropout, accumulate: true);
    }

    private void LaunchDropout(Tensor y, Tensor x, DropoutMask dropout, bool accumulate)
    {
        long blocks = (long)x.Rows * Divide(x.Cols, DropoutMask.GroupCols) * DropoutMask.Lanes;
        LaunchElements(DropoutKernels.Apply, blocks, Floats(y), Floats(x), x.Rows, x.Cols, accumulate ? 1 : 0,
            dropout.Seed, dropout.Step, dropout.Op, dropout.FirstRow, dropout.Threshold, (float)dropout.Scale);
    }
}

internal static class DropoutKernels
{
    /// <summary>y ← x·mask, added to y where accumulate is not 0. A thread draws one block and uses all of it: eight columns, 16 apart.</summary>
    /// <param name="y">[rows, cols]; may be x.</param>
    /// <param name="x">[rows, cols].</param>
    public static void Apply(
        ArrayView<float> y, ArrayView<float> x, int rows, int cols, int accumulate,
        ulong seed, uint step, uint op, uint firstRow, uint threshold, float scale)
    {
        var dropout = new DropoutDraw(seed, step, op, firstRow, threshold, scale);
        int groups = (cols + DropoutMask.GroupCols - 1) / DropoutMask.GroupCols;
        int thread = Grid.IdxX * Group.DimX + Group.IdxX;
        int lane = thread % DropoutMask.Lanes, group = thread / DropoutMask.Lanes % groups, row = thread / DropoutMask.Lanes / groups;
        if (row >= rows)
            return;
        PhiloxBlock block = dropout.IsOn ? dropout.Block((uint)row, (uint)group, (uint)lane) : default;
        for (int k = 0; k < 8; k++)
        {
            int col = group * DropoutMask.GroupCols + k * DropoutMask.Lanes + lane;
            if (col >= cols)
                continue;
            float value = x[row * cols + col] * (dropout.IsOn ? dropout.Factor(block, k) : 1);
            y[row * cols + col] = accumulate != 0 ? y[row * cols + col] + value : value;
        }
    }
}
