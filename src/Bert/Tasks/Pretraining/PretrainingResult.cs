namespace BareBert.Bert.Tasks;

/// <summary>The end of a pretraining run: perplexity by epoch beside its baselines.</summary>
internal static class PretrainingResult
{
    private static readonly (string Title, string Metric)[] Baselines = [("unigram", "unigram_perplexity"), ("best reachable", "optimal_perplexity")];

    private static readonly (string Title, string Metric)[] Measures = [("perplexity", "mlm_perplexity"), ("MLM acc", "mlm_accuracy"), ("NSP acc", "nsp_accuracy"), ("SOP acc", "sop_accuracy")];

    /// <summary>A row for each evaluation, then the baselines.</summary>
    public static ReportTable Table(TrainerState state)
    {
        string[] splits = SplitsOf(state);
        (string Title, string Metric)[] measures = [.. Measures.Where(m => Has(state, m.Metric))];
        bool isStaged = state.History.Any(e => e.Stage is not null);
        List<string> columns = ["epoch", "step", .. isStaged ? ["stage"] : Array.Empty<string>(), "training loss", .. splits.SelectMany(split => measures.Select(m => $"{split} {m.Title}"))];
        var rows = new List<IReadOnlyList<string>>();
        foreach (IGrouping<int, EvaluationRecord> step in state.History.GroupBy(e => e.Step))
        {
            List<string> cells = [$"{step.First().Epoch:0.##}", $"{step.Key:N0}", .. isStaged ? [step.First().Stage ?? ""] : Array.Empty<string>(), EvaluationText.Cell(step.First(), "train_loss")];
            foreach (string split in splits)
            {
                EvaluationRecord? record = step.FirstOrDefault(e => e.Split == split);
                cells.AddRange(measures.Select(m => EvaluationText.Cell(record, m.Metric)));
            }
            rows.Add(cells);
        }
        rows.AddRange(Baselines.Where(b => Has(state, b.Metric)).Select(b => Baseline(state, splits, columns.Count, b.Title, b.Metric)));
        return new ReportTable("Perplexity by epoch", columns, rows);
    }

    /// <summary>A line that says which steps were taken in which stage; none where there are no stages.</summary>
    public static IReadOnlyList<string> Stages(TrainerState state, IReadOnlyList<TrainingStage> stages)
    {
        if (stages.Count == 0)
            return [];
        IEnumerable<string> taken = state.StageStarts.Select((start, stage) =>
            FormattableString.Invariant($"{stages[stage].Name} from step {start + 1:N0} to {(stage < state.Stage ? state.StageStarts[stage + 1] : state.Step):N0}"));
        return [$"stages: {string.Join(", ", taken)}; evaluated at {stages[^1].Name} throughout"];
    }

    /// <summary>The perplexity curve with its baselines, and the losses.</summary>
    public static IReadOnlyList<LineChart> Charts(TrainerState state)
    {
        string[] splits = SplitsOf(state);
        if (splits.Length == 0)
            return [];
        ReferenceLine[] references = [.. Baselines.Where(b => Has(state, b.Metric))
            .Select(b => new ReferenceLine($"{b.Title} ({splits[0]})", First(state, splits[0], b.Metric)))];
        return
        [
            new LineChart("Perplexity of the masked words", "epoch", "perplexity", [.. splits.Select(s => RunCharts.Curve(state, s, s, "mlm_perplexity"))])
            {
                References = references, LogY = true,
            },
            Losses(state, splits, "Loss of the masked words", "mlm_loss"),
            .. Has(state, "nsp_loss") ? (LineChart[])[Losses(state, splits, "Loss of the next sentence", "nsp_loss")] : [],
            .. Has(state, "sop_loss") ? (LineChart[])[Losses(state, splits, "Loss of the sentences' order", "sop_loss")] : [],
        ];
    }

    private static LineChart Losses(TrainerState state, string[] splits, string title, string metric) => new(title, "epoch", "nats",
        [RunCharts.Curve(state, "training", splits[0], "train_" + metric), .. splits.Select(s => RunCharts.Curve(state, s, s, metric))]);

    private static string[] SplitsOf(TrainerState state) => [.. state.History.Select(e => e.Split).Distinct()];

    private static bool Has(TrainerState state, string metric) => state.History.Any(e => e.Metrics.ContainsKey(metric));

    private static double First(TrainerState state, string split, string metric) =>
        state.History.First(e => e.Split == split).Metrics.GetValueOrDefault(metric, double.NaN);

    private static List<string> Baseline(TrainerState state, string[] splits, int columns, string title, string metric)
    {
        int measures = Measures.Count(m => Has(state, m.Metric));
        List<string> cells = [title, .. Enumerable.Repeat("", columns - 1 - splits.Length * measures)];
        foreach (string split in splits)
            cells.AddRange([EvaluationText.Cell(state.History.First(e => e.Split == split), metric), .. Enumerable.Repeat("", measures - 1)]);
        return cells;
    }
}
