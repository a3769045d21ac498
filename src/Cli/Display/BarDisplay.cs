using Spectre.Console;
using Spectre.Console.Rendering;

namespace BareBert.Cli.Display;

/// <summary>A progress bar with loss, speed and time left, of training or of the evaluation that goes on; evaluations scroll above it.</summary>
internal sealed class BarDisplay : ITrainingDisplay
{
    private readonly IAnsiConsole _console;
    private readonly Lock _lock = new();
    private readonly ManualResetEventSlim _ended = new();
    private readonly EvaluationClock _evaluation = new();
    private readonly Task _drawing;
    private TrainingProgress _progress = new(0, 0, 0, double.NaN, 0, 0, 0, double.NaN);

    public BarDisplay(IAnsiConsole console)
    {
        _console = console;
        _drawing = Task.Run(Draw);
    }

    public void OnStep(in TrainingProgress progress)
    {
        lock (_lock)
        {
            _progress = progress;
            _evaluation.Stop();
        }
    }

    public void OnEvaluating(in EvaluationProgress progress)
    {
        lock (_lock)
            _evaluation.Advance(progress);
    }

    public void OnEvaluated(in TrainingProgress progress, IReadOnlyList<Evaluation> evaluations, bool isBest)
    {
        OnStep(progress);
        int width = _console.Profile.Width - 1;
        foreach (string line in EvaluationText.Lines(progress.Epoch, progress.EvaluationSeconds, evaluations, isBest).SelectMany(line => Lines.Wrap(line.Split("  "), width)))
            _console.MarkupLineInterpolated($"[grey]{line.PadRight(width)}[/]"); // over all of the bar that stood there
    }

    public void Dispose()
    {
        _ended.Set();
        _drawing.Wait();
        _ended.Dispose();
    }

    private void Draw() => _console.Progress()
        .AutoClear(true)
        .Columns(new BarColumn(this))
        .Start(context =>
        {
            context.AddTask("training");
            while (!_ended.Wait(100))
            {
            }
        });

    // The share that is done, and what is said of it, by how much it matters.
    private (double Done, (string Text, int Rank)[] Parts) Snapshot()
    {
        lock (_lock)
        {
            if (_evaluation.IsRunning)
                return (_evaluation.Fraction, [.. _evaluation.Parts().Select((part, i) => (part, i))]);
            string loss = double.IsNaN(_progress.Loss) ? "–" : $"{_progress.Loss:F3}"; // not yet read back from the device
            return (_progress.Fraction,
            [
                .. _progress.Stage is { } stage ? [(stage, 4)] : Array.Empty<(string, int)>(), ($"epoch {_progress.Epoch:F1}", 0), ($"step {_progress.Step:N0}", 5), ($"loss {loss}", 1), ($"{_progress.TokensPerSecond:N0} tokens/s", 3),
                (Durations.Format(_progress.Seconds), 6), ($"{Durations.Format(_progress.SecondsLeft)} left", 2),
            ]);
        }
    }

    /// <summary>All of the row: bar, percentage and as much of the rest as there is room for.</summary>
    private sealed class BarColumn(BarDisplay display) : ProgressColumn
    {
        private const int Percentage = 6, LeastBar = 10, MostBar = 40;

        protected override bool NoWrap => true;

        public override int? GetColumnWidth(RenderOptions options) => options.ConsoleSize.Width - 1;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            (double done, (string, int)[] parts) = display.Snapshot();
            int width = options.ConsoleSize.Width - 1;
            string said = string.Join("  ", Lines.Fit(parts, width - LeastBar - Percentage));
            int bar = Math.Clamp(width - Percentage - said.Length, 0, MostBar), full = (int)(done * bar);
            int rest = Math.Max(0, width - bar - Percentage - said.Length);
            return new Markup($"[yellow]{new string('━', full)}[/][grey]{new string('━', bar - full)}[/]{$"{(int)(100 * done)}%",Percentage - 2}  {Markup.Escape(said)}{new string(' ', rest)}");
        }
    }
}
