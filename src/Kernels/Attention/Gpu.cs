using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    private const float Log2E = 1.44269504f;

    /// <inheritdoc/>
    public void AttentionForward(Tensor y, Tensor logSumExp, Tensor qkv, Tensor offsets, int maxLength, int heads, DropoutMask dropout)
    {
        AttentionShape shape = AttentionShape.Of(y, logSumExp, qkv, offsets, heads);
        if (shape.Tokens == 0)
            return;
        if (TensorAttention.For(Precision, shape.HeadSize, AreAligned(shape.HeadSize, y, qkv)) is { } tensor)
        {
            LaunchShared(tensor.Forward, TensorAttentionGrid(shape, maxLength), TensorAttentionForwardKernel.Threads, tensor.ForwardBytes,
                Floats(y), Floats(logSumExp), Floats(qkv), Ints(offsets), heads, shape.HeadSize, Scale(shape), Scale(shape) * Log2E,
                dropout.Seed, dropout.Step, dropout.Op, dropout.FirstRow, dropout.Threshold, (float)dropout.Scale);
            return;
        }
        int chunks = Divide(shape.HeadSize, AttentionTile.Size);
        LaunchShared(AttentionForwardKernel.Run, AttentionGrid(shape, maxLength, chunks), AttentionTile.Threads, AttentionForwardKernel.SharedBytes,
            Floats(y), Floats(logSumExp), Floats(qkv), Ints(offsets), heads, shape.HeadSize, chunks, Scale(shape),
            dropout.Seed, dropout.Step, dropout.Op, dropout.FirstRow, dropout.Threshold, (float)dropout.Scale);
    }

    /// <inheritdoc/>
    public void AttentionBackward(
        Tensor dqkv, Tensor dy, Tensor y, Tensor logSumExp, Tensor qkv, Tensor offsets, int maxLength, int heads, DropoutMask dropout)
    {
        AttentionShape shape = AttentionShape.Of(y, logSumExp, qkv, offsets, heads);
        Checks.Same(dqkv, qkv);
        Checks.Same(dy, y);
        if (shape.Tokens == 0)
            return;
        int rows = shape.Tokens * heads;
        _scratch.Begin(GpuScratch.FloatBytes(rows));
        ArrayView<float> delta = _scratch.Take(rows);
        LaunchRows(AttentionBackwardKernels.Delta, rows, delta, Floats(y), Floats(dy), rows, shape.HeadSize);
        if (TensorAttention.For(Precision, shape.HeadSize, AreAligned(shape.HeadSize, dqkv, dy, qkv)) is { } tensor)
        {
            foreach (Delegate kernel in (Delegate[])[tensor.KeysAndValues, tensor.Queries])
            {
                LaunchShared(kernel, TensorAttentionGrid(shape, maxLength), TensorAttentionBackwardKernels.Threads, tensor.BackwardBytes,
                    Floats(dqkv), Floats(dy), Floats(logSumExp), delta, Floats(qkv), Ints(offsets), heads, shape.HeadSize, Scale(shape), Scale(shape) * Log2E,
                    dropout.Seed, dropout.Step, dropout.Op, dropout.FirstRow, dropout.Threshold, (float)dropout.Scale);
            }
            return;
        }
        int chunks = Divide(shape.HeadSize, AttentionTile.Size);
        foreach (Delegate kernel in (Delegate[])[AttentionBackwardKernels.KeysAndValues, AttentionBackwardKernels.Queries])
        {
            LaunchShared(kernel, AttentionGrid(shape, maxLength, chunks), AttentionTile.Threads, AttentionBackwardKernels.SharedBytes,
                Floats(dqkv), Floats(dy), Floats(logSumExp), delta, Floats(qkv), Ints(offsets), heads, shape.HeadSize, chunks,
                Scale(shape),
                dropout.Seed, dropout.Step, dropout.Op, dropout.FirstRow, dropout.Threshold, (float)dropout.Scale);
        }
    }

    // A group for 64 rows of each sequence, as many as the longest needs: those of the shorter ones that find nothing to do leave.
    private static Dim3 AttentionGrid(AttentionShape shape, int maxLength, int chunks) =>
        (Divide(maxLength, AttentionTile.Size), shape.Heads * chunks, shape.Sequences);

    // And a group for 128 rows, on tensor cores.
    private static Dim3 TensorAttentionGrid(AttentionShape shape, int maxLength) =>
        (Divide(maxLength, TensorAttentionTile.Rows), shape.Heads, shape.Sequences);

    private static float Scale(AttentionShape shape) => (float)(1 / Math.Sqrt(shape.HeadSize));
}
