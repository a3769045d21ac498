using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    void IKernel<SpanCrossEntropyForward>.Run(in SpanCrossEntropyForward call)
    {
        int sequences = call.Starts.Shape[0];
        LaunchRows(SpanCrossEntropyKernels.Forward, sequences, Floats(call.Losses), Floats(call.Probs), Floats(call.Logits),
            Ints(call.Offsets), Ints(call.Starts), Ints(call.Ends), sequences);
    }

    void IKernel<SpanCrossEntropyBackward>.Run(in SpanCrossEntropyBackward call)
    {
        int sequences = call.Starts.Shape[0];
        LaunchRows(SpanCrossEntropyKernels.Backward, sequences, Floats(call.DLogits), Floats(call.Probs),
            Ints(call.Offsets), Ints(call.Starts), Ints(call.Ends), sequences, (float)(call.Scale / 2));
    }
}

internal static class SpanCrossEntropyKernels
{
    private const int Warps = LayerNormKernels.Warps;

    /// <summary>Both columns' softmaxes over each sequence, a warp a sequence; losses ← −(log p₀[start] + log p₁[end]) / 2.</summary>
    /// <param name="losses">[sequences].</param>
    /// <param name="probs">[tokens, 2]; may be logits.</param>
    /// <param name="logits">[tokens, 2].</param>
    /// <param name="offsets">[sequences + 1].</param>
    /// <param name="starts">[sequences].</param>
    /// <param name="ends">[sequences].</param>
    [GpuKernel(GroupSize = 32 * Warps)]
    public static void Forward(
        ArrayView<float> losses, ArrayView<float> probs, ArrayView<float> logits, ArrayView<int> offsets, ArrayView<int> starts, ArrayView<int> ends,
        int sequences)
    {
        int sequence = Grid.IdxX * Warps + Warp.WarpIdx;
        if (sequence >= sequences)
            return;
        int first = offsets[sequence], end = offsets[sequence + 1];
        float atStart = Column(probs, logits, first, end, 0, starts[sequence]);
        float atEnd = Column(probs, logits, first, end, 1, ends[sequence]);
        if (Warp.LaneIdx == 0)
            losses[sequence] = (atStart + atEnd) * -0.5f;
    }

    /// <summary>dlogits += scale·(probs − onehot), a warp a sequence.</summary>
    /// <param name="dlogits">[tokens, 2].</param>
    /// <param name="probs">[tokens, 2].</param>
    /// <param name="offsets">[sequences + 1].</param>
    /// <param name="starts">[sequences].</param>
    /// <param name="ends">[sequences].</param>
    [GpuKernel(GroupSize = 32 * Warps)]
    public static void Backward(
        ArrayView<float> dlogits, ArrayView<float> probs, ArrayView<int> offsets, ArrayView<int> starts, ArrayView<int> ends, int sequences, float scale)
    {
        int sequence = Grid.IdxX * Warps + Warp.WarpIdx;
        if (sequence >= sequences)
            return;
        int first = offsets[sequence], end = offsets[sequence + 1], start = starts[sequence], last = ends[sequence];
        if (start == Labels.Ignore)
            return;
        for (int row = first + Warp.LaneIdx; row < end; row += 32)
        {
            dlogits[2 * row] += scale * (probs[2 * row] - (row == first + start ? 1f : 0f));
            dlogits[2 * row + 1] += scale * (probs[2 * row + 1] - (row == first + last ? 1f : 0f));
        }
    }

    // Softmax down one column of the rows [first, end); returns the label's log-probability in every lane, 0 where it is left out.
    private static float Column(ArrayView<float> probs, ArrayView<float> logits, int first, int end, int column, int label)
    {
        float max = float.NegativeInfinity, sum = 0, atLabel = 0;
        for (int row = first + Warp.LaneIdx; row < end; row += 32)
            max = Reduce.Larger(max, logits[2 * row + column]);
        max = Reduce.WarpMax(max);
        for (int row = first + Warp.LaneIdx; row < end; row += 32)
            sum += MathF.Exp(logits[2 * row + column] - max);
        float logSum = MathF.Log(Reduce.WarpSum(sum));
        for (int row = first + Warp.LaneIdx; row < end; row += 32)
        {
            float logP = logits[2 * row + column] - max - logSum;
            if (row - first == label)
                atLabel = logP;
            probs[2 * row + column] = MathF.Exp(logP);
        }
        return Reduce.WarpSum(atLabel);
    }
}
