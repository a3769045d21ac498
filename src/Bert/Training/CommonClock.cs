using System.Diagnostics;

namespace BareBert.Bert.Training;

/// <summary>
/// What a trainer's decisions hang on and its data do not say: how long it has run, and whether somebody wants it to stop. Of several processes all
/// must decide alike, so they agree on both between two steps: on the first one's time, and to stop where any is asked to.
/// </summary>
internal sealed class CommonClock(IProcessGroup group)
{
    private readonly Stopwatch _own = new();
    private TimeSpan _agreed;
    private bool _isStopped;

    /// <summary>Begins to count.</summary>
    public void Start() => _own.Start();

    /// <summary>Time since the start; of several processes, the first's when they last agreed.</summary>
    public TimeSpan Elapsed => group.Size > 1 ? _agreed : _own.Elapsed;

    /// <summary>Asks all processes.</summary>
    public void Agree(CancellationToken cancel)
    {
        if (group.Size == 1)
            return;
        var all = new (long Ticks, int Stops)[group.Size];
        group.Gather([(_own.Elapsed.Ticks, cancel.IsCancellationRequested ? 1 : 0)], all.AsSpan());
        (_agreed, _isStopped) = (new TimeSpan(all[0].Ticks), all.Any(one => one.Stops > 0));
    }

    /// <summary>Ends a run that somebody wants to stop.</summary>
    /// <exception cref="OperationCanceledException">Somebody does.</exception>
    public void ThrowIfStopped(CancellationToken cancel)
    {
        if (group.Size == 1)
            cancel.ThrowIfCancellationRequested();
        else if (_isStopped)
            throw new OperationCanceledException().Agreed();
    }
}
