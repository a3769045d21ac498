using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    private const float Log2E = 1.44269504f;

    void IKernel<AttentionForward>.Run(in AttentionForward call)
    {
        AttentionShape shape = call.Shape;
        DropoutMask dropout = call.Dropout;
        if (shape.Queries == 0)
            return;
        ArrayView<float> logSumExp = call.LogSumExp.IsNone ? Unread(shape.Queries * shape.Heads) : Floats(call.LogSumExp);
        // A causal one is computed in float32, whatever the precision: the kernels on tensor cores see all keys.
        if (!call.IsCausal && TensorAttention.For(Precision, shape.HeadSize, AreAligned(shape.HeadSize, call.Y, call.Queries, call.KeysValues)) is { } tensor)
        {
            LaunchShared(tensor.Forward, TensorAttentionGrid(shape, call.MaxLength), tensor.ForwardBytes,
                Floats(call.Y), logSumExp, Floats(call.Queries), shape.QueryStride, Ints(shape.QueryOffsets), FromFirstKey(shape, call.KeysValues), shape.KeyStride, Ints(shape.Offsets), shape.Heads, shape.HeadSize, Scale(shape), Scale(shape) * Log2E,
                dropout.Seed, dropout.Step, dropout.Op, dropout.FirstRow, dropout.Threshold, (float)dropout.Scale);
            return;
        }
        int chunks = Divide(shape.HeadSize, AttentionTile.Size);
        Launch(AttentionForwardKernel.Run, AttentionGrid(shape, call.MaxLength, chunks),
            Floats(call.Y), logSumExp, Floats(call.Queries), shape.QueryStride, Ints(shape.QueryOffsets), FromFirstKey(shape, call.KeysValues), shape.KeyStride, Ints(shape.Offsets), shape.Heads, shape.HeadSize, chunks, Scale(shape), call.IsCausal ? 1 : 0,
            dropout.Seed, dropout.Step, dropout.Op, dropout.FirstRow, dropout.Threshold, (float)dropout.Scale);
    }

    void IKernel<AttentionBackward>.Run(in AttentionBackward call)
    {
        AttentionShape shape = call.Shape;
        DropoutMask dropout = call.Dropout;
        if (call.OverwriteDQueries)
            call.DQueries.Zero();
        if (call.OverwriteDKeysValues && !shape.EveryTokenAsks)
            call.DKeysValues.Zero();
        if (shape.Queries == 0)
            return;
        int rows = shape.Queries * shape.Heads;
        _scratch.Begin(GpuScratch.FloatBytes(rows));
        ArrayView<float> delta = _scratch.Take(rows), dkeys = FromFirstKey(shape, call.DKeysValues), dqueries = Floats(call.DQueries);
        LaunchRows(AttentionBackwardKernels.Delta, rows, delta, Floats(call.Y), Floats(call.DY), rows, shape.HeadSize);
        if (!call.IsCausal && TensorAttention.For(Precision, shape.HeadSize, AreAligned(shape.HeadSize, call.DQueries, call.DKeysValues, call.DY, call.Queries, call.KeysValues)) is { } tensor)
        {
            foreach ((Delegate kernel, ArrayView<float> gradient) in new[] { (tensor.KeysAndValues, dkeys), (tensor.Queries, dqueries) })
            {
                LaunchShared(kernel, TensorAttentionGrid(shape, call.MaxLength), tensor.BackwardBytes,
                    gradient, Floats(call.DY), Floats(call.LogSumExp), delta,
                    Floats(call.Queries), shape.QueryStride, Ints(shape.QueryOffsets), FromFirstKey(shape, call.KeysValues), shape.KeyStride, Ints(shape.Offsets), shape.Heads, shape.HeadSize,
                    Scale(shape), Scale(shape) * Log2E,
                    dropout.Seed, dropout.Step, dropout.Op, dropout.FirstRow, dropout.Threshold, (float)dropout.Scale);
            }
            return;
        }
        int chunks = Divide(shape.HeadSize, AttentionTile.Size);
        foreach ((Delegate kernel, ArrayView<float> gradient) in new (Delegate, ArrayView<float>)[] { (AttentionBackwardKernels.KeysAndValues, dkeys), (AttentionBackwardKernels.Queries, dqueries) })
        {
            Launch(kernel, AttentionGrid(shape, call.MaxLength, chunks),
                gradient, Floats(call.DY), Floats(call.LogSumExp), delta,
                    Floats(call.Queries), shape.QueryStride, Ints(shape.QueryOffsets), FromFirstKey(shape, call.KeysValues), shape.KeyStride, Ints(shape.Offsets), shape.Heads, shape.HeadSize, chunks,
                Scale(shape), call.IsCausal ? 1 : 0,
                dropout.Seed, dropout.Step, dropout.Op, dropout.FirstRow, dropout.Threshold, (float)dropout.Scale);
        }
    }

    private static ArrayView<float> FromFirstKey(AttentionShape shape, Tensor keysValues) => Floats(keysValues).SubView(shape.FirstKeyColumn);

    // Memory for what a kernel writes and nobody asked for.
    private ArrayView<float> Unread(int count)
    {
        _scratch.Begin(GpuScratch.FloatBytes(count));
        return _scratch.Take(count);
    }

    // A group for 64 rows of each sequence, as many as the longest needs: those of the shorter ones that find nothing to do leave.
    private static Dim3 AttentionGrid(AttentionShape shape, int maxLength, int chunks) =>
        (Divide(maxLength, AttentionTile.Size), shape.Heads * chunks, shape.Sequences);

    // And a group for 128 rows, on tensor cores.
    private static Dim3 TensorAttentionGrid(AttentionShape shape, int maxLength) =>
        (Divide(maxLength, TensorAttentionTile.Rows), shape.Heads, shape.Sequences);

    private static float Scale(AttentionShape shape) => (float)(1 / Math.Sqrt(shape.HeadSize));
}
