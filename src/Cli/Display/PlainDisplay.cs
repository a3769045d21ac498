using System.Diagnostics;

namespace BareBert.Cli.Display;

/// <summary>Lines of text, for logs and pipes: one every few seconds and one for each evaluation.</summary>
internal sealed class PlainDisplay(TextWriter writer) : ITrainingDisplay
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private readonly EvaluationClock _evaluation = new();
    private long _last;

    public void OnStep(in TrainingProgress progress)
    {
        if (!IsDue(isFirstDue: true))
            return;
        string loss = double.IsNaN(progress.Loss) ? "–" : $"{progress.Loss:F4}"; // not yet read back from the device
        string stage = progress.Stage is { } name ? $"{name}  " : "";
        writer.WriteLine($"{stage}step {progress.Step,6}  epoch {progress.Epoch,6:F2}  {progress.Fraction,4:P0}  loss {loss,7}  "
            + $"lr {progress.LearningRate:0.0e+0}  {progress.TokensPerSecond,8:N0} tokens/s  {Durations.Format(progress.SecondsLeft)} left");
    }

    public void OnEvaluating(in EvaluationProgress progress)
    {
        _evaluation.Advance(progress);
        if (IsDue(isFirstDue: false))
            writer.WriteLine(string.Join("  ", _evaluation.Parts()));
    }

    public void OnEvaluated(in TrainingProgress progress, IReadOnlyList<Evaluation> evaluations, bool isBest)
    {
        _evaluation.Stop();
        foreach (string line in EvaluationText.Lines(progress.Epoch, progress.EvaluationSeconds, evaluations, isBest))
            writer.WriteLine(line);
    }

    public void Dispose() { }

    private bool IsDue(bool isFirstDue)
    {
        bool isFirst = _last == 0;
        if (isFirst || Stopwatch.GetElapsedTime(_last) >= Interval)
        {
            _last = Stopwatch.GetTimestamp();
            return !isFirst || isFirstDue;
        }
        return false;
    }
}
