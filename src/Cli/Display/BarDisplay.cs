using Spectre.Console;
using Spectre.Console.Rendering;

namespace BareBert.Cli.Display;

/// <summary>A progress bar with loss, speed and time left; evaluations scroll above it.</summary>
internal sealed class BarDisplay : ITrainingDisplay
{
    private readonly IAnsiConsole _console;
    private readonly Lock _lock = new();
    private readonly ManualResetEventSlim _ended = new();
    private readonly Task _drawing;
    private TrainingProgress _progress = new(0, 0, 0, double.NaN, 0, 0, 0, double.NaN);
    private bool _isEvaluating;

    public BarDisplay(IAnsiConsole console)
    {
        _console = console;
        _drawing = Task.Run(Draw);
    }

    public void OnStep(in TrainingProgress progress)
    {
        lock (_lock)
            (_progress, _isEvaluating) = (progress, false);
    }

    public void OnEvaluating()
    {
        lock (_lock)
            _isEvaluating = true;
    }

    public void OnEvaluated(in TrainingProgress progress, IReadOnlyList<Evaluation> evaluations, bool isBest)
    {
        lock (_lock)
            (_progress, _isEvaluating) = (progress, false);
        foreach (Evaluation evaluation in evaluations)
            _console.MarkupLineInterpolated($"[grey]{EvaluationText.Line(progress.Epoch, evaluation, isBest)}[/]");
    }

    public void Dispose()
    {
        _ended.Set();
        _drawing.Wait();
        _ended.Dispose();
    }

    private void Draw() => _console.Progress()
        .AutoClear(true)
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new StateColumn(this))
        .Start(context =>
        {
            ProgressTask bar = context.AddTask("training");
            while (!_ended.Wait(100))
            {
                (TrainingProgress progress, bool isEvaluating) = Snapshot();
                bar.Value = 100 * progress.Fraction;
                bar.Description = isEvaluating ? "evaluating" : $"epoch {progress.Epoch:F1}";
            }
        });

    private (TrainingProgress Progress, bool IsEvaluating) Snapshot()
    {
        lock (_lock)
            return (_progress, _isEvaluating);
    }

    private sealed class StateColumn(BarDisplay display) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            TrainingProgress progress = display.Snapshot().Progress;
            string loss = double.IsNaN(progress.Loss) ? "–" : $"{progress.Loss:F3}";
            return new Markup($"step {progress.Step:N0}  loss [bold]{loss}[/]  {progress.TokensPerSecond:N0} tokens/s  "
                + $"{Durations.Format(progress.Seconds)}  [grey]{Durations.Format(progress.SecondsLeft)} left[/]");
        }
    }
}
