using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public void AttentionForward(Tensor y, Tensor logSumExp, Tensor qkv, Tensor offsets, int maxLength, int heads, DropoutMask dropout)
    {
        AttentionShape shape = AttentionShape.Of(y, logSumExp, qkv, offsets, heads);
        if (shape.Tokens == 0)
            return;
        int chunks = Divide(shape.HeadSize, AttentionTile.Size);
        LaunchShared(AttentionForwardKernel.Run, AttentionGrid(shape, maxLength, chunks), AttentionTile.Threads, AttentionForwardKernel.SharedBytes,
            Floats(y), Floats(logSumExp), Floats(qkv), Ints(offsets), heads, shape.HeadSize, chunks, (float)(1 / Math.Sqrt(shape.HeadSize)),
            dropout.Seed, dropout.Step, dropout.Op, dropout.FirstRow, dropout.Threshold, (float)dropout.Scale);
    }

    /// <inheritdoc/>
    public void AttentionBackward(
        Tensor dqkv, Tensor dy, Tensor y, Tensor logSumExp, Tensor qkv, Tensor offsets, int maxLength, int heads, DropoutMask dropout)
    {
        AttentionShape shape = AttentionShape.Of(y, logSumExp, qkv, offsets, heads);
        Checks.Same(dqkv, qkv, nameof(dqkv));
        Checks.Same(dy, y, nameof(dy));
        if (shape.Tokens == 0)
            return;
        int rows = shape.Tokens * heads, chunks = Divide(shape.HeadSize, AttentionTile.Size);
        _scratch.Begin(GpuScratch.FloatBytes(rows));
        ArrayView<float> delta = _scratch.Take(rows);
        LaunchRows(AttentionBackwardKernels.Delta, rows, delta, Floats(y), Floats(dy), rows, shape.HeadSize);
        foreach (Delegate kernel in (Delegate[])[AttentionBackwardKernels.KeysAndValues, AttentionBackwardKernels.Queries])
        {
            LaunchShared(kernel, AttentionGrid(shape, maxLength, chunks), AttentionTile.Threads, AttentionBackwardKernels.SharedBytes,
                Floats(dqkv), Floats(dy), Floats(logSumExp), delta, Floats(qkv), Ints(offsets), heads, shape.HeadSize, chunks,
                (float)(1 / Math.Sqrt(shape.HeadSize)),
                dropout.Seed, dropout.Step, dropout.Op, dropout.FirstRow, dropout.Threshold, (float)dropout.Scale);
        }
    }

    // A group for 64 rows of each sequence, as many as the longest needs: those of the shorter ones that find nothing to do leave.
    private static Dim3 AttentionGrid(AttentionShape shape, int maxLength, int chunks) =>
        (Divide(maxLength, AttentionTile.Size), shape.Heads * chunks, shape.Sequences);
}
