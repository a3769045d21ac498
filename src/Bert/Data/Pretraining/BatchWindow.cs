namespace BareBert.Bert.Data;

/// <summary>The micro-batches of one optimizer step, or those that are a process's share of them. All are built before the first is run, because a
/// token's weight in the loss depends on how many are masked in the whole window.</summary>
/// <param name="batchSize">Examples of a micro-batch.</param>
/// <param name="accumulate">Micro-batches of a window.</param>
/// <param name="sequenceLength">The most tokens of an example.</param>
/// <param name="share">Which of the micro-batches are built.</param>
internal sealed class BatchWindow(int batchSize, int accumulate, int sequenceLength, Share share)
{
    // Made as they are needed, as large as they are: data may have fewer examples than a batch may hold.
    private readonly PretrainingBatch?[] _batches = new PretrainingBatch?[share.Most(accumulate)];
    private readonly int[] _firstTokens = new int[accumulate], _firstMasked = new int[accumulate];
    private int _first, _end;

    /// <summary>Bytes that windows of such a size take.</summary>
    public static long BytesOf(int batchSize, int accumulate, int sequenceLength) => (long)accumulate * PretrainingBatch.BytesOf(batchSize, sequenceLength);

    /// <summary>The number of micro-batches, built or not; the last window of an epoch may have fewer and smaller ones.</summary>
    public int Count { get; private set; }

    /// <summary>The micro-batches that are built, in their order.</summary>
    public ReadOnlySpan<PretrainingBatch> Batches => _batches.AsSpan(0, _end - _first)!;

    /// <summary>One of those that are built.</summary>
    /// <param name="microBatch">Its number among all.</param>
    public PretrainingBatch this[int microBatch] => _batches[microBatch - _first]!;

    /// <summary>Tokens of the micro-batches before one.</summary>
    public int FirstTokenOf(int microBatch) => _firstTokens[microBatch];

    /// <summary>Examples of the micro-batches before one.</summary>
    public int FirstSequenceOf(int microBatch) => microBatch * batchSize;

    /// <summary>Masked tokens of the micro-batches before one that are built.</summary>
    public int FirstMaskedOf(int microBatch) => _firstMasked[microBatch];

    /// <summary>Where the window lies.</summary>
    public WindowPosition Position { get; private set; }

    /// <summary>Whether the next window belongs to the next epoch.</summary>
    public bool EndsEpoch { get; private set; }

    /// <summary>Examples of all micro-batches: what the next-sentence loss is divided by.</summary>
    public int Sequences { get; private set; }

    /// <summary>Masked tokens of those that are built; of all micro-batches: what the masked-language-model loss is divided by.</summary>
    public int MaskedTokens { get; private set; }

    /// <summary>Tokens of all micro-batches.</summary>
    public int Tokens { get; private set; }

    /// <summary>Examples a full window holds.</summary>
    public int Capacity => batchSize * accumulate;

    /// <summary>The windows of an epoch, the last one perhaps partial.</summary>
    public static int CountIn(EpochPlan plan, int batchSize, int accumulate) => (int)(((long)plan.Count + batchSize * accumulate - 1) / (batchSize * accumulate));

    private PretrainingBatch WithRoom(ref PretrainingBatch? batch, int count) =>
        batch = batch?.Capacity >= count ? batch : new PretrainingBatch(count, sequenceLength);

    internal void Fill(PretrainingExamples examples, EpochPlan plan, int window)
    {
        int first = window * Capacity, end = Math.Min(plan.Count, first + Capacity);
        (Position, EndsEpoch) = (new WindowPosition(plan.Epoch, window), end == plan.Count);
        (Count, Sequences, MaskedTokens, Tokens) = ((end - first + batchSize - 1) / batchSize, end - first, 0, 0);
        (_first, _end) = share.Of(Count);
        for (int i = 0; i < Count; i++)
        {
            int from = first + i * batchSize, count = Math.Min(batchSize, end - from);
            _firstTokens[i] = Tokens;
            for (int example = from; example < from + count; example++)
                Tokens += plan.Examples[example].Tokens;
            if (i < _first || i >= _end)
                continue;
            PretrainingBatch batch = WithRoom(ref _batches[i - _first], count);
            examples.Fill(plan, from, count, batch);
            _firstMasked[i] = MaskedTokens;
            MaskedTokens += batch.MaskedTokens;
        }
    }
}

/// <summary>Where a training run stands in its data: all that a resumed run needs to draw the same examples again.</summary>
/// <param name="Epoch">From 0.</param>
/// <param name="Window">From 0 within the epoch.</param>
internal readonly record struct WindowPosition(int Epoch, int Window);
