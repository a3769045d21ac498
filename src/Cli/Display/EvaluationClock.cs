using System.Diagnostics;

namespace BareBert.Cli.Display;

/// <summary>What an evaluation says of itself while it goes on: how far it has come, how long it took, and how long it will.</summary>
internal sealed class EvaluationClock
{
    private EvaluationProgress _progress;
    private long _start;

    /// <summary>Whether one goes on.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>Done, 0 to 1.</summary>
    public double Fraction => (double)_progress.Done / Math.Max(1, _progress.Total);

    /// <summary>Takes how far it has come.</summary>
    public void Advance(in EvaluationProgress progress)
    {
        if (!IsRunning || progress.Done == 0 || progress.What != _progress.What || progress.Doing != _progress.Doing)
            _start = Stopwatch.GetTimestamp();
        (_progress, IsRunning) = (progress, true);
    }

    /// <summary>It is over.</summary>
    public void Stop() => IsRunning = false;

    /// <summary>"evaluating valid", "1,200/5,000", "12 s", "38 s left"; where the amount is not known, without it.</summary>
    public IEnumerable<string> Parts()
    {
        double seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
        yield return $"{_progress.Doing ?? "evaluating"} {_progress.What}";
        if (_progress.Total > 1)
            yield return $"{_progress.Done:N0}/{_progress.Total:N0}{(_progress.Unit is null ? "" : " ")}{_progress.Unit}";
        yield return Durations.Format(seconds);
        if (_progress.Done > 0)
            yield return $"{Durations.Format(seconds / _progress.Done * (_progress.Total - _progress.Done))} left";
    }
}
