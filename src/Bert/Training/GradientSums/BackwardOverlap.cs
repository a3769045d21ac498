using System.Diagnostics;
using System.Runtime.ExceptionServices;
using BareBert.Autograd;

namespace BareBert.Bert.Training.GradientSums;

/// <summary>
/// Sums buckets between processes while backward still runs, on a thread of its own: a bucket is on its way as soon as the gradients in it are complete.
/// All processes take the buckets in one order, that in which they were complete in process 0's first step.
/// </summary>
/// <param name="group">The processes.</param>
/// <param name="gradients">The flat gradients, on the host.</param>
/// <param name="buckets">Of these.</param>
internal sealed class BackwardOverlap(IProcessGroup group, Tensor gradients, FlatRange[] buckets) : IGradientWatch, IDisposable
{
    private static readonly TimeSpan LongestExchange = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _changed = new();
    private readonly int[] _awaited = new int[buckets.Length];
    private readonly bool[] _ready = new bool[buckets.Length];
    private readonly List<int> _completed = [];
    private readonly SemaphoreSlim _begun = new(0), _sent = new(0);
    private int[]? _order;
    private Thread? _thread; // there from the second step on
    private Action<int>? _send; // null: there is no step any more
    private bool _isSending;
    private ExceptionDispatchInfo? _failure;
    private volatile bool _isAbandoned;

    /// <summary>Time spent on exchanging buckets, hidden or not.</summary>
    public TimeSpan Exchanging { get; private set; }

    /// <summary>Of that, the time in which nothing else was done.</summary>
    public TimeSpan Waiting { get; private set; }

    /// <summary>Begins a step; buckets are sent once they are ready.</summary>
    /// <param name="send">Sums one bucket, given its number.</param>
    public void Begin(Action<int> send)
    {
        Array.Clear(_ready);
        _completed.Clear();
        if (_order is null)
            return;
        (_send, _isSending) = (send, true);
        if (_thread is null)
        {
            _thread = new Thread(SendSteps) { IsBackground = true, Name = "gradients" };
            _thread.Start();
        }
        _begun.Release();
    }

    /// <inheritdoc/>
    public void Begins(IReadOnlyCollection<Parameter> awaited)
    {
        Array.Clear(_awaited);
        foreach (Parameter parameter in awaited)
        {
            (int first, int last) = BucketsOf(parameter);
            for (int bucket = first; bucket <= last; bucket++)
                _awaited[bucket]++;
        }
        for (int bucket = 0; bucket < buckets.Length; bucket++)
        {
            if (_awaited[bucket] == 0)
                MarkReady(bucket);
        }
    }

    /// <inheritdoc/>
    public void IsComplete(Parameter parameter)
    {
        (int first, int last) = BucketsOf(parameter);
        for (int bucket = first; bucket <= last; bucket++)
        {
            if (--_awaited[bucket] == 0)
                MarkReady(bucket);
        }
    }

    /// <summary>Backward is over: waits for all buckets.</summary>
    /// <param name="send">As in <see cref="Begin"/>.</param>
    public void Finish(Action<int> send)
    {
        long start = Stopwatch.GetTimestamp();
        for (int bucket = 0; bucket < buckets.Length; bucket++)
        {
            if (!_ready[bucket])
                MarkReady(bucket);
        }
        if (_isSending)
        {
            _isSending = false;
            _sent.Wait();
            _failure?.Throw();
        }
        else
        {
            Send([.. Enumerable.Range(0, buckets.Length)], send);
            _order = group.GatherLists(group.Rank == 0 ? [.. _completed] : Array.Empty<int>())[0];
        }
        Waiting += Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Backward failed: nothing more is sent, in this step or another.</summary>
    public void Abandon()
    {
        _isAbandoned = true;
        _changed.Set();
    }

    /// <summary>There is no further step.</summary>
    public void Dispose()
    {
        _send = null;
        _begun.Release();
    }

    /// <summary>After <see cref="Dispose"/>: waits a moment for what is being sent.</summary>
    /// <returns>Whether memory that is sent or added to may be freed; false where an exchange goes on, which with a process that is gone may never end.</returns>
    public bool HasEnded() => _thread is null || _thread.Join(LongestExchange);

    // On the other thread, step after step.
    private void SendSteps()
    {
        while (true)
        {
            _begun.Wait();
            if (_send is not { } send)
                return;
            try
            {
                Send(_order!, send);
            }
            catch (Exception e)
            {
                _failure = ExceptionDispatchInfo.Capture(e);
            }
            _sent.Release();
        }
    }

    private void Send(int[] order, Action<int> send)
    {
        foreach (int bucket in order)
        {
            while (!IsReady(bucket))
            {
                if (_isAbandoned) // looked at after IsReady, which may have taken back the signal that Abandon gave
                    return;
                _changed.Wait();
            }
            long start = Stopwatch.GetTimestamp();
            send(bucket);
            Exchanging += Stopwatch.GetElapsedTime(start);
        }
    }

    private bool IsReady(int bucket)
    {
        lock (_gate)
        {
            if (!_ready[bucket])
                _changed.Reset();
            return _ready[bucket];
        }
    }

    private void MarkReady(int bucket)
    {
        lock (_gate)
        {
            _ready[bucket] = true;
            _completed.Add(bucket);
            _changed.Set();
        }
    }

    private (int First, int Last) BucketsOf(Parameter parameter)
    {
        FlatRange range = FlatRange.Of(parameter.Grad, gradients);
        long size = buckets[0].Count;
        return ((int)(range.Start / size), (int)((range.End - 1) / size));
    }
}
