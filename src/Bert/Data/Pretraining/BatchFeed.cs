namespace BareBert.Bert.Data;

/// <summary>Windows of batches one after another, epoch after epoch, each built in the background while the one before is trained on.</summary>
/// <remarks>What it gives depends on its arguments only, never on timing. For one consumer; dispose it to stop the background thread.</remarks>
internal sealed class BatchFeed : IDisposable
{
    private const int Ahead = 2;

    private readonly PretrainingExamples _examples;
    private readonly int _batchSize, _accumulate;
    private readonly Prefetcher<BatchWindow> _prefetcher;
    private EpochPlan _plan;
    private WindowPosition _next;

    /// <param name="examples">What to draw from.</param>
    /// <param name="batchSize">Examples of a micro-batch.</param>
    /// <param name="accumulate">Micro-batches of a window.</param>
    /// <param name="start">The first window; the beginning for a new run, the one after the last trained on for a resumed run.
    /// One past the end of an epoch is the next epoch's first.</param>
    /// <param name="share">Which of a window's micro-batches are built; null: all.</param>
    /// <exception cref="InputException">batchSize or accumulate is not positive.</exception>
    public BatchFeed(PretrainingExamples examples, int batchSize, int accumulate = 1, WindowPosition start = default, Share? share = null)
    {
        if (batchSize <= 0)
            throw new InputException($"`BatchSize` {batchSize} is not a number of examples: give 1 or more");
        if (accumulate <= 0)
            throw new InputException($"`GradAccum` {accumulate} is not a number of batches: give 1 or more");
        (_examples, _batchSize, _accumulate) = (examples, batchSize, accumulate);
        _plan = examples.Plan(start.Epoch);
        _next = start;
        SkipToNextEpochAtEnd();
        _prefetcher = new Prefetcher<BatchWindow>(
            () => new BatchWindow(batchSize, accumulate, examples.Options.SequenceLength, share ?? Share.All), Fill, Ahead);
    }

    /// <summary>Bytes that a feed's windows take.</summary>
    /// <param name="batchSize">Examples of a micro-batch.</param>
    /// <param name="built">Micro-batches of a window that are built.</param>
    /// <param name="sequenceLength">The most tokens of an example.</param>
    public static long BytesOf(int batchSize, int built, int sequenceLength) => (Ahead + 1) * BatchWindow.BytesOf(batchSize, built, sequenceLength);

    /// <summary>The next window, valid until the next call.</summary>
    /// <exception cref="OperationCanceledException">Cancelled, or the feed was disposed.</exception>
    public BatchWindow Next(CancellationToken cancel = default) => _prefetcher.Next(cancel);

    /// <summary>Stops the background thread.</summary>
    public void Dispose() => _prefetcher.Dispose();

    // On the background thread.
    private void Fill(BatchWindow window)
    {
        window.Fill(_examples, _plan, _next.Window);
        _next = _next with { Window = _next.Window + 1 };
        SkipToNextEpochAtEnd();
    }

    private void SkipToNextEpochAtEnd()
    {
        if (_next.Window < BatchWindow.CountIn(_plan, _batchSize, _accumulate))
            return;
        _next = new WindowPosition(_next.Epoch + 1, 0);
        _plan = _examples.Plan(_next.Epoch);
    }
}
