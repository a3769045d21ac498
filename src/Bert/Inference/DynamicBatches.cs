namespace BareBert.Bert.Inference;

/// <summary>
/// Runs what many callers ask for together: whatever has come while the device was busy is its next batch. Nobody waits for a batch to fill.
/// </summary>
/// <param name="run">Gives one result for each item; called by one thread at a time.</param>
/// <param name="most">Items of a batch, unless a single request has more.</param>
internal sealed class DynamicBatches<TItem, TResult>(Func<IReadOnlyList<TItem>, CancellationToken, IReadOnlyList<TResult>> run, int most = 256)
{
    private readonly Lock _lock = new();
    private readonly Queue<Request> _waiting = [];
    private bool _isRunning;

    /// <summary>Takes items and gives their results, in their order.</summary>
    /// <remarks>What is wrong with one request is told to its caller alone.</remarks>
    public Task<IReadOnlyList<TResult>> RunAsync(IReadOnlyList<TItem> items, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(items);
        if (cancel.IsCancellationRequested)
            return Task.FromCanceled<IReadOnlyList<TResult>>(cancel);
        var request = new Request([.. items], cancel); // as they are now: the caller may use the list for other things
        bool isFirst;
        lock (_lock)
        {
            _waiting.Enqueue(request);
            (isFirst, _isRunning) = (!_isRunning, true);
        }
        if (isFirst)
            _ = Task.Run(Drain, CancellationToken.None);
        return request.Task;
    }

    private void Drain()
    {
        for (List<Request> batch = Next(); batch.Count > 0; batch = Next())
        {
            if (batch.Count == 1 || !TryRun(batch, CancellationToken.None))
            {
                // One by one, so that a request that fails fails alone.
                foreach (Request request in batch)
                    TryRun([request], request.Cancel);
            }
        }
    }

    private List<Request> Next()
    {
        var batch = new List<Request>();
        int items = 0;
        lock (_lock)
        {
            while (_waiting.TryPeek(out Request? next) && (batch.Count == 0 || items + next.Items.Count <= most))
            {
                _waiting.Dequeue();
                if (next.IsGone)
                    continue;
                batch.Add(next);
                items += next.Items.Count;
            }
            _isRunning = batch.Count > 0;
        }
        return batch;
    }

    private bool TryRun(List<Request> batch, CancellationToken cancel)
    {
        try
        {
            IReadOnlyList<TResult> results = run([.. batch.SelectMany(request => request.Items)], cancel);
            int at = 0;
            foreach (Request request in batch)
            {
                request.Finish([.. results.Skip(at).Take(request.Items.Count)]);
                at += request.Items.Count;
            }
            return true;
        }
        catch (Exception e)
        {
            if (batch is [var alone])
                alone.Fail(e);
            return false;
        }
    }

    private sealed class Request
    {
        // Whoever waits must not go on in the thread that runs batches.
        private readonly TaskCompletionSource<IReadOnlyList<TResult>> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationTokenRegistration _registration;

        public Request(IReadOnlyList<TItem> items, CancellationToken cancel)
        {
            (Items, Cancel) = (items, cancel);
            _registration = cancel.Register(() => _source.TrySetCanceled(cancel));
        }

        public IReadOnlyList<TItem> Items { get; }

        public CancellationToken Cancel { get; }

        public Task<IReadOnlyList<TResult>> Task => _source.Task;

        public bool IsGone => _source.Task.IsCompleted;

        public void Finish(IReadOnlyList<TResult> results)
        {
            _source.TrySetResult(results);
            _registration.Dispose();
        }

        public void Fail(Exception e)
        {
            _source.TrySetException(e);
            _registration.Dispose();
        }
    }
}
