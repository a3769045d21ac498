using System.Text.Json.Nodes;
using BareBert.Bert;
using BareBert.Kernels;
using Spectre.Console;

namespace BareBert.Cli.Display;

/// <summary>
/// Where a training verb's words go. With --json stdout holds one object and everything else goes to stderr; with --quiet
/// there is no progress.
/// </summary>
internal sealed class RunOutput(bool isJson, bool isQuiet)
{
    private readonly IAnsiConsole _console = Plain.Console(onError: isJson);

    private TextWriter Writer => isJson ? Console.Error : Console.Out;

    /// <summary>Something worth knowing, not an error.</summary>
    public void Notice(string line)
    {
        if (!isQuiet)
            Console.Error.WriteLine($"note: {line}");
    }

    /// <summary>What is about to run.</summary>
    public void Title(string line)
    {
        if (!isQuiet)
            Writer.WriteLine(line);
    }

    /// <summary>A bar on a terminal, plain lines elsewhere, nothing with --quiet.</summary>
    public ITrainingDisplay Progress() => isQuiet ? new SilentDisplay()
        : _console.Profile.Capabilities.Interactive ? new BarDisplay(_console)
        : new PlainDisplay(Writer);

    /// <summary>The end of a pretraining run: perplexity by epoch.</summary>
    public void PretrainingResult(PretrainSession session, TrainingEnd end)
    {
        TrainerState state = session.Final;
        if (isJson)
        {
            JsonOutput.Print(ResultJson(session, end));
            return;
        }
        _console.Write(PerplexityTable(state));
        if (state.History.Any(e => e.Metrics.ContainsKey("optimal_perplexity")))
            Writer.WriteLine(OptimalLoss.Meaning);
        Writer.WriteLine(end switch
        {
            TrainingEnd.Interrupted => $"interrupted after step {state.Step:N0}; saved. Go on with: barebert pretrain --resume {Path.GetRelativePath(".", session.Run.Path)}",
            TrainingEnd.StoppedEarly => $"stopped early after step {state.Step:N0}: validation no longer improved",
            _ => $"{state.Step:N0} steps, {state.Tokens:N0} tokens in {Durations.Format(state.Seconds)}; the best model is in {Path.GetRelativePath(".", session.Run.Best)}",
        });
    }

    /// <summary>Where the time went.</summary>
    public void Profile(IReadOnlyList<KernelCost> costs)
    {
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

    private static Table PerplexityTable(TrainerState state)
    {
        var table = new Table().Border(TableBorder.Simple);
        string[] splits = [.. state.History.Select(e => e.Split).Distinct()];
        bool hasOptimum = state.History.Any(e => e.Metrics.ContainsKey("optimal_perplexity"));
        table.AddColumn(new TableColumn("epoch").RightAligned());
        table.AddColumn(new TableColumn("step").RightAligned());
        foreach (string split in splits)
        {
            foreach (string title in new[] { "perplexity", "MLM acc", "NSP acc" })
                table.AddColumn(new TableColumn($"{split}\n{title}").RightAligned());
        }
        foreach (IGrouping<int, EvaluationRecord> step in state.History.GroupBy(e => e.Step))
        {
            List<string> cells = [$"{step.First().Epoch:0.##}", $"{step.Key:N0}"];
            foreach (string split in splits)
            {
                EvaluationRecord? record = step.FirstOrDefault(e => e.Split == split);
                cells.AddRange(record is null ? ["", "", ""] : Cells(record));
            }
            table.AddRow([.. cells]);
        }
        AddBaseline(table, state, splits, "unigram", "unigram_perplexity");
        if (hasOptimum)
            AddBaseline(table, state, splits, "best reachable", "optimal_perplexity");
        return table;
    }

    private static string[] Cells(EvaluationRecord record) =>
    [
        Cell(record, "mlm_perplexity"), Cell(record, "mlm_accuracy"), Cell(record, "nsp_accuracy"),
    ];

    private static string Cell(EvaluationRecord record, string name) =>
        record.Metrics.TryGetValue(name, out double value) ? EvaluationText.Value(new Metric(name, value)) : "n/a";

    private static void AddBaseline(Table table, TrainerState state, string[] splits, string title, string metric)
    {
        List<string> cells = [title, ""];
        foreach (string split in splits)
        {
            EvaluationRecord record = state.History.First(e => e.Split == split);
            cells.AddRange([Cell(record, metric), "", ""]);
        }
        table.AddRow([.. cells.Select((cell, i) => i == 0 || cell != "" ? $"[grey]{cell}[/]" : "")]);
    }

    private static JsonObject ResultJson(PretrainSession session, TrainingEnd end) => new()
    {
        ["run"] = session.Run.Path,
        ["end"] = end.ToString().ToLowerInvariant(),
        ["steps"] = session.Final.Step,
        ["tokens"] = session.Final.Tokens,
        ["seconds"] = Math.Round(session.Final.Seconds, 3),
        ["best_step"] = session.Final.BestStep,
        ["evaluations"] = new JsonArray([.. session.Final.History.Select(e =>
        {
            var item = new JsonObject { ["epoch"] = e.Epoch, ["step"] = e.Step, ["split"] = e.Split };
            foreach ((string name, double value) in e.Metrics)
                item[name] = value;
            return (JsonNode)item;
        })]),
    };
}
