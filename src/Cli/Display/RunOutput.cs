using System.Text.Json.Nodes;
using BareBert.Kernels;
using Spectre.Console;

namespace BareBert.Cli.Display;

/// <summary>
/// Where a training verb's words go. With --json stdout holds one object and everything else goes to stderr; with --quiet
/// there is no progress.
/// </summary>
internal sealed class RunOutput(bool isJson, bool isQuiet) : ITrainingObserver, IDisposable
{
    private readonly IAnsiConsole _console = Plain.Console(onError: isJson);

    private Action<EvaluationProgress>? _before; // what goes before the run
    private ITrainingDisplay? _progress; // a bar on a terminal, plain lines elsewhere, nothing with --quiet

    private TextWriter Writer => isJson ? Console.Error : Console.Out;

    /// <inheritdoc/>
    public void OnNotice(string line)
    {
        if (!isQuiet)
            Notes.Print(line);
    }

    /// <inheritdoc/>
    public void OnStart(string title)
    {
        if (isQuiet)
            return;
        Plain.WriteText(_console, title);
        _progress = _console.Profile.Capabilities.Interactive ? new BarDisplay(_console) : new PlainDisplay(Writer);
    }

    /// <inheritdoc/>
    public void OnStep(in TrainingProgress progress) => _progress?.OnStep(progress);

    /// <inheritdoc/>
    public void OnEvaluating(in EvaluationProgress progress)
    {
        if (_progress is not null)
            _progress.OnEvaluating(progress);
        else if (!isQuiet)
            (_before ??= Countdown.Start())(progress);
    }

    /// <inheritdoc/>
    public void OnEvaluated(in TrainingProgress progress, IReadOnlyList<Evaluation> evaluations, bool isBest) => _progress?.OnEvaluated(progress, evaluations, isBest);

    /// <inheritdoc/>
    public void OnEnd() => Dispose();

    /// <inheritdoc/>
    public void Dispose()
    {
        _progress?.Dispose();
        _progress = null;
    }

    /// <summary>The run was stopped before its end.</summary>
    public void Interrupted(string verb, TrainingResult result)
    {
        (RunDirectory run, TrainerState state) = (result.Run, result.State);
        if (isJson)
            JsonOutput.Print(result.ToJson());
        string folder = Path.GetRelativePath(".", run.Path), said = result.IsTrained
            ? $"interrupted in the last evaluation, after step {state.Step:N0}; what was learned and measured is saved. Evaluate again"
            : $"interrupted after step {state.Step:N0}; saved. Go on";
        Writer.WriteLine($"{said} with: barebert {verb} --resume {folder}");
    }

    /// <summary>The end of a run.</summary>
    public void Result(TrainingResult summary)
    {
        if (isJson)
        {
            JsonOutput.Print(summary.ToJson());
            Profile(summary.KernelCosts);
            return;
        }
        foreach (ReportTable table in summary.Tables)
            Plain.Write(_console, table);
        foreach (string note in summary.Notes)
            Plain.WriteText(_console, SettingNames.WithFlags(note));
        foreach ((string name, string value) in summary.Costs())
            Plain.WriteText(_console, $"{name,-12}{value}", indent: 12);
        TrainerState state = summary.State;
        string length = $"{state.Step:N0} steps in {Durations.Format(state.Seconds)}";
        string model = state.HasBest && !Directory.Exists(summary.Run.Best) ? $"the best model is no longer in {Path.GetRelativePath(".", summary.Run.Best)}, the last is in {Path.GetRelativePath(".", summary.Run.Checkpoint)}"
            : state.HasBest ? $"the best model is in {Path.GetRelativePath(".", summary.Run.Best)}"
            : $"{(state.BestStep < 0 ? "" : "no evaluation was better than the first, so ")}the model, the last, is in {Path.GetRelativePath(".", summary.Run.Checkpoint)}";
        Plain.WriteText(_console, (summary.End == TrainingEnd.StoppedEarly ? $"stopped early, validation no longer improved: {length}" : length)
            + $"; {model}, the report in {Path.GetRelativePath(".", summary.Run.Report)}");
        Profile(summary.KernelCosts);
    }

    /// <summary>Where the time went.</summary>
    private void Profile(IReadOnlyList<KernelCost> costs)
    {
        if (costs.Count == 0)
            return;
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumn("kernel");
        foreach (string title in new[] { "calls", "seconds", "share", "GFLOP/s", "GB/s" })
            table.AddColumn(new TableColumn(title).RightAligned());
        double total = costs.Sum(c => c.Seconds);
        foreach (KernelCost cost in costs)
        {
            table.AddRow(cost.Name, $"{cost.Calls:N0}", $"{cost.Seconds:F3}", $"{cost.Seconds / total:P1}",
                cost.Flops > 0 ? $"{cost.Flops / cost.Seconds / 1e9:F1}" : "", $"{cost.Bytes / cost.Seconds / 1e9:F1}");
        }
        _console.Write(table);
    }
}
