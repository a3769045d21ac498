namespace BareBert.Kernels;

public partial interface IKernels
{
    /// <summary>
    /// Cross-entropy of an answer's first and last token. Column 0 of logits scores each token as the first, column 1 as the last;
    /// for each, softmax runs over the tokens of one sequence: losses[i] = −(log p₀[starts[i]] + log p₁[ends[i]]) / 2.
    /// </summary>
    /// <param name="losses">[B], overwritten; 0 where the labels are <see cref="Labels.Ignore"/>.</param>
    /// <param name="probs">[tokens, 2], the softmaxes, overwritten, saved for backward; may be logits.</param>
    /// <param name="logits">[tokens, 2].</param>
    /// <param name="offsets">[B + 1], Int32: sequence i is the rows [offsets[i], offsets[i + 1]); none is empty.</param>
    /// <param name="starts">[B], Int32, the first token's index in its own sequence; or <see cref="Labels.Ignore"/>, as in ends.</param>
    /// <param name="ends">[B], Int32, the last token's.</param>
    /// <remarks>Devlin et al. 2018, arXiv:1810.04805, §4.2. The maximum is subtracted before exp.</remarks>
    void SpanCrossEntropyForward(Tensor losses, Tensor probs, Tensor logits, Tensor offsets, Tensor starts, Tensor ends);

    /// <summary>dlogits += scale/2·(probs − onehot), column by column: the gradient of scale·Σ losses.</summary>
    /// <param name="dlogits">[tokens, 2].</param>
    /// <param name="probs">[tokens, 2], as the forward pass wrote it.</param>
    /// <param name="offsets">[B + 1].</param>
    /// <param name="starts">[B].</param>
    /// <param name="ends">[B].</param>
    /// <param name="scale">What the sum of losses is multiplied by, 1/B for a mean.</param>
    void SpanCrossEntropyBackward(Tensor dlogits, Tensor probs, Tensor offsets, Tensor starts, Tensor ends, double scale);
}

/// <summary>Argument checks of the span loss.</summary>
internal static class SpanChecks
{
    public static void Shapes(Tensor logits, Tensor offsets, Tensor starts, Tensor ends, Tensor losses)
    {
        Checks.Rank(logits, 2);
        logits.Require(new Shape(logits.Shape[0], 2), nameof(logits));
        Checks.Rank(offsets, 1);
        var sequences = new Shape(offsets.Shape[0] - 1);
        starts.Require(sequences, nameof(starts));
        ends.Require(sequences, nameof(ends));
        Checks.Optional(losses, sequences);
    }

    /// <summary>
    /// Throws where a label is no token of its own sequence and not both are left out, if the host can look at them: a device is not waited for.
    /// </summary>
    public static void InRange(Tensor offsets, Tensor starts, Tensor ends)
    {
        if (offsets.IsOnHost)
            InRange(offsets.Span<int>(), starts.Span<int>(), ends.Span<int>());
    }

    private static void InRange(ReadOnlySpan<int> offsets, ReadOnlySpan<int> starts, ReadOnlySpan<int> ends)
    {
        for (int i = 0; i < starts.Length; i++)
        {
            int length = offsets[i + 1] - offsets[i];
            bool ignored = starts[i] == Labels.Ignore && ends[i] == Labels.Ignore;
            if (!ignored && ((uint)starts[i] >= (uint)length || (uint)ends[i] >= (uint)length))
                throw new ArgumentException($"sequence {i} has the labels {starts[i]} and {ends[i]}, not in [0, {length}) and not both {Labels.Ignore}");
        }
    }
}

public sealed partial class ReferenceKernels<T>
{
    /// <inheritdoc/>
    public void SpanCrossEntropyForward(Tensor losses, Tensor probs, Tensor logits, Tensor offsets, Tensor starts, Tensor ends)
    {
        SpanChecks.Shapes(logits, offsets, starts, ends, losses);
        Checks.Same(probs, logits);
        SpanChecks.InRange(offsets, starts, ends);
        for (int i = 0; i < starts.Shape[0]; i++)
        {
            int first = offsets.Span<int>()[i], end = offsets.Span<int>()[i + 1];
            double atStart = SpanSoftmax(probs.Span<T>(), logits.Span<T>(), first, end, 0, starts.Span<int>()[i]);
            double atEnd = SpanSoftmax(probs.Span<T>(), logits.Span<T>(), first, end, 1, ends.Span<int>()[i]);
            Set(losses.Span<T>(), i, -(atStart + atEnd) / 2);
        }
    }

    /// <inheritdoc/>
    public void SpanCrossEntropyBackward(Tensor dlogits, Tensor probs, Tensor offsets, Tensor starts, Tensor ends, double scale)
    {
        SpanChecks.Shapes(probs, offsets, starts, ends, default);
        Checks.Same(dlogits, probs);
        SpanChecks.InRange(offsets, starts, ends);
        Span<T> dx = dlogits.Span<T>(), p = probs.Span<T>();
        for (int i = 0; i < starts.Shape[0]; i++)
        {
            int first = offsets.Span<int>()[i], start = starts.Span<int>()[i], last = ends.Span<int>()[i];
            if (start == Labels.Ignore)
                continue;
            for (int row = first; row < offsets.Span<int>()[i + 1]; row++)
            {
                Add(dx, 2L * row, scale / 2 * (Get(p, 2L * row) - (row == first + start ? 1 : 0)));
                Add(dx, 2L * row + 1, scale / 2 * (Get(p, 2L * row + 1) - (row == first + last ? 1 : 0)));
            }
        }
    }

    // Softmax down one column of a sequence; returns the label's log-probability, 0 where there is none.
    private static double SpanSoftmax(Span<T> probs, Span<T> logits, int first, int end, int column, int label)
    {
        double max = double.NegativeInfinity, sum = 0;
        for (int row = first; row < end; row++)
            max = Math.Max(max, Get(logits, 2L * row + column));
        for (int row = first; row < end; row++)
            sum += Math.Exp(Get(logits, 2L * row + column) - max);
        double logSum = max + Math.Log(sum), atLabel = label == Labels.Ignore ? 0 : Get(logits, 2L * (first + label) + column) - logSum;
        for (int row = first; row < end; row++)
            Set(probs, 2L * row + column, Math.Exp(Get(logits, 2L * row + column) - logSum));
        return atLabel;
    }
}
