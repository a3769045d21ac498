namespace BareBert.Bert.Data;

/// <summary>The micro-batches of one optimizer step. All are built before the first is run, because a token's weight in
/// the loss depends on how many are masked in the whole window.</summary>
/// <param name="batchSize">Examples of a micro-batch.</param>
/// <param name="accumulate">Micro-batches of a window.</param>
/// <param name="sequenceLength">The most tokens of an example.</param>
internal sealed class BatchWindow(int batchSize, int accumulate, int sequenceLength)
{
    private readonly PretrainingBatch[] _batches =
        [.. Enumerable.Range(0, accumulate).Select(_ => new PretrainingBatch(batchSize, sequenceLength))];
    private int _count;

    /// <summary>Bytes that windows of such a size take.</summary>
    public static long BytesOf(int batchSize, int accumulate, int sequenceLength) => (long)accumulate * PretrainingBatch.BytesOf(batchSize, sequenceLength);

    /// <summary>The micro-batches; the last window of an epoch may have fewer and smaller ones.</summary>
    public ReadOnlySpan<PretrainingBatch> Batches => _batches.AsSpan(0, _count);

    /// <summary>Where the window lies.</summary>
    public WindowPosition Position { get; private set; }

    /// <summary>Whether the next window belongs to the next epoch.</summary>
    public bool EndsEpoch { get; private set; }

    /// <summary>Examples of all micro-batches: what the next-sentence loss is divided by.</summary>
    public int Sequences { get; private set; }

    /// <summary>Masked tokens of all micro-batches: what the masked-language-model loss is divided by.</summary>
    public int MaskedTokens { get; private set; }

    /// <summary>Tokens of all micro-batches.</summary>
    public int Tokens { get; private set; }

    /// <summary>Examples a full window holds.</summary>
    public int Capacity => batchSize * accumulate;

    /// <summary>The windows of an epoch, the last one perhaps partial.</summary>
    public static int CountIn(EpochPlan plan, int batchSize, int accumulate) => (int)(((long)plan.Count + batchSize * accumulate - 1) / (batchSize * accumulate));

    internal void Fill(PretrainingExamples examples, EpochPlan plan, int window)
    {
        int first = window * Capacity, end = Math.Min(plan.Count, first + Capacity);
        (Position, EndsEpoch) = (new WindowPosition(plan.Epoch, window), end == plan.Count);
        (_count, Sequences, MaskedTokens, Tokens) = (0, end - first, 0, 0);
        for (; first < end; first += batchSize)
        {
            PretrainingBatch batch = _batches[_count++];
            examples.Fill(plan, first, Math.Min(batchSize, end - first), batch);
            MaskedTokens += batch.MaskedTokens;
            Tokens += batch.Tokens;
        }
    }
}

/// <summary>Where a training run stands in its data: all that a resumed run needs to draw the same examples again.</summary>
/// <param name="Epoch">From 0.</param>
/// <param name="Window">From 0 within the epoch.</param>
internal readonly record struct WindowPosition(int Epoch, int Window);
