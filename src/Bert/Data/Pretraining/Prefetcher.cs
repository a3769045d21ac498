using System.Runtime.ExceptionServices;

namespace BareBert.Bert.Data;

/// <summary>Fills items on a background thread, a few ahead of their consumer, and uses their memory again.</summary>
/// <remarks>A ring: the item given out last belongs to the consumer, the others to the producer or wait filled.
/// Nothing is allocated after construction.</remarks>
internal sealed class Prefetcher<T> : IDisposable
    where T : class
{
    private readonly T[] _ring;
    private readonly Action<T> _fill;
    private readonly Thread _thread;
    private readonly SemaphoreSlim _free, _filled = new(0);
    private readonly CancellationTokenSource _stop = new();
    private ExceptionDispatchInfo? _failure;
    private int _produced, _read;
    private bool _lent;

    /// <param name="make">Makes an item; called ahead + 1 times, now.</param>
    /// <param name="fill">Fills an item with what comes next; called in order, always on the one background thread.</param>
    /// <param name="ahead">How many filled items may wait.</param>
    public Prefetcher(Func<T> make, Action<T> fill, int ahead)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ahead);
        _fill = fill;
        _ring = [.. Enumerable.Range(0, ahead + 1).Select(_ => make())];
        _free = new SemaphoreSlim(_ring.Length);
        _thread = new Thread(Produce) { IsBackground = true, Name = "prefetch" };
        _thread.Start();
    }

    /// <summary>The next item; the one given before goes back to be filled again. What <c>fill</c> threw is thrown here, in its turn and ever after.</summary>
    /// <exception cref="OperationCanceledException">Cancelled, or the prefetcher was disposed.</exception>
    public T Next(CancellationToken cancel = default)
    {
        if (_stop.IsCancellationRequested)
            throw new OperationCanceledException("the prefetcher was disposed");
        if (_lent)
            _free.Release();
        _lent = false;
        _filled.Wait(cancel);
        if (_failure is not null && _read == _produced)
        {
            _filled.Release();
            _failure.Throw();
        }
        _lent = true;
        return _ring[_read++ % _ring.Length];
    }

    private void Produce()
    {
        try
        {
            while (true)
            {
                _free.Wait(_stop.Token);
                _fill(_ring[_produced % _ring.Length]);
                _produced++;
                _filled.Release();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
            _filled.Release();
        }
    }

    /// <summary>Stops the background thread and waits for it.</summary>
    public void Dispose()
    {
        if (_stop.IsCancellationRequested)
            return;
        _stop.Cancel();
        _thread.Join();
    }
}
