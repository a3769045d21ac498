using System.Diagnostics;

namespace BareBert.Cli.Display;

/// <summary>Lines of text, for logs and pipes: one every few seconds and one for each evaluation.</summary>
internal sealed class PlainDisplay(TextWriter writer) : ITrainingDisplay
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private long _last;

    public void OnStep(in TrainingProgress progress)
    {
        if (_last != 0 && Stopwatch.GetElapsedTime(_last) < Interval)
            return;
        _last = Stopwatch.GetTimestamp();
        string loss = double.IsNaN(progress.Loss) ? "–" : $"{progress.Loss:F4}"; // not yet read back from the device
        writer.WriteLine($"step {progress.Step,6}  epoch {progress.Epoch,6:F2}  {progress.Fraction,4:P0}  loss {loss,7}  "
            + $"lr {progress.LearningRate:0.0e+0}  {progress.TokensPerSecond,8:N0} tokens/s  {Durations.Format(progress.SecondsLeft)} left");
    }

    public void OnEvaluated(in TrainingProgress progress, IReadOnlyList<Evaluation> evaluations, bool isBest)
    {
        foreach (Evaluation evaluation in evaluations)
            writer.WriteLine(EvaluationText.Line(progress.Epoch, evaluation, isBest));
    }

    public void Dispose() { }
}
