namespace BareBert.Kernels;

public partial interface IDeviceKernels : IKernel<SpanCrossEntropyForward>, IKernel<SpanCrossEntropyBackward>;

/// <summary>
/// Cross-entropy of an answer's first and last token. Column 0 of logits scores each token as the first, column 1 as the last;
/// for each, softmax runs over the tokens of one sequence: losses[i] = −(log p₀[starts[i]] + log p₁[ends[i]]) / 2.
/// </summary>
/// <remarks>Devlin et al. 2018, arXiv:1810.04805, §4.2. The maximum is subtracted before exp.</remarks>
public readonly struct SpanCrossEntropyForward : IKernelCall<SpanCrossEntropyForward>
{
    /// <summary>[B], overwritten; 0 where the labels are <see cref="Labels.Ignore"/>.</summary>
    public required Tensor Losses { get; init; }

    /// <summary>[tokens, 2], the softmaxes, overwritten, saved for backward; may be Logits.</summary>
    public required Tensor Probs { get; init; }

    /// <summary>[tokens, 2].</summary>
    public required Tensor Logits { get; init; }

    /// <summary>[B + 1], Int32: sequence i is the rows [offsets[i], offsets[i + 1]); none is empty.</summary>
    public required Tensor Offsets { get; init; }

    /// <summary>[B], Int32, the first token's index in its own sequence; or <see cref="Labels.Ignore"/>, as in Ends.</summary>
    public required Tensor Starts { get; init; }

    /// <summary>[B], Int32, the last token's.</summary>
    public required Tensor Ends { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([Logits], [Probs]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(Logits, 2);
        Checks.Has(Logits, new Shape(Logits.Rows, 2));
        Checks.Same(Probs, Logits);
        SpanLabels.Check(Logits.Rows, Offsets, Starts, Ends);
        Checks.Has(Losses, Starts.Shape);
    }
}

/// <summary>dlogits += scale/2·(probs − onehot), column by column: the gradient of scale·Σ losses.</summary>
public readonly struct SpanCrossEntropyBackward : IKernelCall<SpanCrossEntropyBackward>
{
    /// <summary>[tokens, 2].</summary>
    public required Tensor DLogits { get; init; }

    /// <summary>[tokens, 2], as the forward pass wrote it.</summary>
    public required Tensor Probs { get; init; }

    /// <summary>[B + 1].</summary>
    public required Tensor Offsets { get; init; }

    /// <summary>[B].</summary>
    public required Tensor Starts { get; init; }

    /// <summary>[B].</summary>
    public required Tensor Ends { get; init; }

    /// <summary>What the sum of losses is multiplied by, 1/B for a mean.</summary>
    public required double Scale { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([Probs], updated: [DLogits]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(Probs, 2);
        Checks.Has(Probs, new Shape(Probs.Rows, 2));
        Checks.Same(DLogits, Probs);
        SpanLabels.Check(Probs.Rows, Offsets, Starts, Ends);
    }
}

/// <summary>Checks of where answers start and end.</summary>
internal static class SpanLabels
{
    /// <summary>
    /// Throws where offsets do not cut the rows into sequences, or a label is no token of its own sequence and not both are left out, if the host can look at them: a device is not waited for.
    /// </summary>
    public static void Check(int rows, Tensor offsets, Tensor starts, Tensor ends)
    {
        Checks.Rank(offsets, 1, nameof(SpanCrossEntropyForward.Offsets));
        var sequences = new Shape(offsets.Shape[0] - 1);
        Checks.Has(starts, sequences, nameof(SpanCrossEntropyForward.Starts));
        Checks.Has(ends, sequences, nameof(SpanCrossEntropyForward.Ends));
        Checks.Sequences(offsets, rows, name: nameof(SpanCrossEntropyForward.Offsets));
        if (offsets.IsOnHost)
            CheckRange(offsets.Span<int>(), starts.Span<int>(), ends.Span<int>());
    }

    private static void CheckRange(ReadOnlySpan<int> offsets, ReadOnlySpan<int> starts, ReadOnlySpan<int> ends)
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
    void IKernel<SpanCrossEntropyForward>.Run(in SpanCrossEntropyForward call)
    {
        Span<int> offsets = call.Offsets.Span<int>(), starts = call.Starts.Span<int>(), ends = call.Ends.Span<int>();
        Span<T> probs = call.Probs.Span<T>(), logits = call.Logits.Span<T>(), losses = call.Losses.Span<T>();
        for (int i = 0; i < starts.Length; i++)
        {
            double atStart = SpanSoftmax(probs, logits, offsets[i], offsets[i + 1], 0, starts[i]);
            double atEnd = SpanSoftmax(probs, logits, offsets[i], offsets[i + 1], 1, ends[i]);
            Set(losses, i, -(atStart + atEnd) / 2);
        }
    }

    void IKernel<SpanCrossEntropyBackward>.Run(in SpanCrossEntropyBackward call)
    {
        Span<T> dx = call.DLogits.Span<T>(), p = call.Probs.Span<T>();
        Span<int> offsets = call.Offsets.Span<int>(), starts = call.Starts.Span<int>(), ends = call.Ends.Span<int>();
        for (int i = 0; i < starts.Length; i++)
        {
            int first = offsets[i], start = starts[i], last = ends[i];
            if (start == Labels.Ignore)
                continue;
            for (int row = first; row < offsets[i + 1]; row++)
            {
                Add(dx, 2L * row, call.Scale / 2 * (Get(p, 2L * row) - (row == first + start ? 1 : 0)));
                Add(dx, 2L * row + 1, call.Scale / 2 * (Get(p, 2L * row + 1) - (row == first + last ? 1 : 0)));
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
