namespace BareBert.Bert.Tasks;

/// <summary>The end of question answering's fine-tuning: metrics by epoch and at the best step.</summary>
internal static class QaResult
{
    private static readonly (string Title, string Metric)[] Columns =
    [
        ("valid loss", "loss"), ("EM", "em"), ("F1", "f1"), ("BLEU", "bleu"), ("ROUGE-1", "rouge1"), ("ROUGE-2", "rouge2"), ("ROUGE-L", "rougeL"), ("METEOR", "meteor"),
    ];

    private static readonly (string Title, string Metric)[] V2Columns =
    [
        ("answerable EM", "has_answer_em"), ("answerable F1", "has_answer_f1"), ("unanswerable EM", "no_answer_em"), ("threshold", "no_answer_threshold"),
    ];

    private const string Meaning = "EM and F1 in per cent by SQuAD's rules; BLEU (of all answers as one corpus), ROUGE and METEOR from 0 to 1, over the questions that have an answer. "
        + "METEOR compares words and stems: synonyms are left out.";

    /// <summary>Metrics by epoch.</summary>
    public static ReportTable Table(TrainerState state) => Table("Metrics by epoch, on the validation questions", state.History, Meaning);

    /// <summary>The best model's figures.</summary>
    public static ReportTable Table(TrainerState state, EvaluationRecord final) =>
        Table($"At the end, {state.ModelName}", [final],
            final.Metrics.ContainsKey("no_answer_threshold") ? "The threshold was chosen on these very questions, for the best F1." : null);

    private static ReportTable Table(string title, IReadOnlyList<EvaluationRecord> records, string? caption)
    {
        (string Title, string Metric)[] columns = records.Any(e => e.Metrics.ContainsKey("has_answer_em")) ? [.. Columns, .. V2Columns] : Columns;
        return new ReportTable(title, ["epoch", "step", "training loss", .. columns.Select(c => c.Title)],
            [.. records.Select(e => (IReadOnlyList<string>)
                [$"{e.Epoch:0.##}", $"{e.Step:N0}", EvaluationText.Cell(e, "train_loss"), .. columns.Select(c => EvaluationText.Cell(e, c.Metric))])], caption);
    }

    /// <summary>What the model says of the test questions.</summary>
    public static ReportTable Test(Evaluation test)
    {
        (string Title, string Metric)[] columns = [.. Columns.Concat(V2Columns).Where(c => test.Metrics.Any(m => m.Name == c.Metric))];
        return new("The test questions", [.. columns.Select(c => c.Metric == "loss" ? "test loss" : c.Title)],
            [[.. columns.Select(c => EvaluationText.Value(new Metric(c.Metric, test[c.Metric])))]]);
    }

    /// <summary>Loss and scores over the epochs.</summary>
    public static IReadOnlyList<LineChart> Charts(TrainerState state) =>
    [
        .. RunCharts.Losses(state),
        new("Validation", "epoch", "per cent", [RunCharts.Curve(state, "EM", "valid", "em"), RunCharts.Curve(state, "F1", "valid", "f1")]),
        new("Answer texts", "epoch", "0 to 1", [.. new[] { "bleu", "rouge1", "rouge2", "rougeL", "meteor" }.Select(m => RunCharts.Curve(state, m, "valid", m))]),
    ];

    /// <summary>The figures that matter most.</summary>
    public static IReadOnlyList<ReportEntry> Headline(EvaluationRecord final) =>
        [.. new[] { ("valid EM", "em"), ("valid F1", "f1"), ("valid loss", "loss"), ("valid METEOR", "meteor") }
            .Select(m => new ReportEntry(m.Item1, EvaluationText.Cell(final, m.Item2)))];
}
