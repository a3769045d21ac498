using System.Text.Json.Nodes;

namespace BareBert.Bert.Tasks;

/// <summary>The end of a classifier's fine-tuning: metrics by epoch, confusion matrix, examples before and after.</summary>
public static class ClassificationResult
{
    private static readonly (string Title, string Metric)[] Columns =
    [
        ("valid loss", "loss"), ("accuracy", "accuracy"), ("precision", "precision"), ("recall", "recall"), ("F1", "f1"),
        ("TPR", "tpr"), ("FPR", "fpr"), ("AUC", "auc"),
    ];

    /// <summary>Metrics by epoch.</summary>
    public static ReportTable Table(TrainerState state, IReadOnlyList<string> labels) =>
        new("Metrics by epoch, on the validation split", ["epoch", "step", "training loss", .. Columns.Select(c => c.Title)],
            [.. state.History.Select(e => (IReadOnlyList<string>)[$"{e.Epoch:0.##}", $"{e.Step:N0}", EvaluationText.Cell(e, "train_loss"), .. Columns.Select(c => EvaluationText.Cell(e, c.Metric))])],
            labels.Count == 2 ? $"Precision, recall, F1, TPR and FPR are those of \"{labels[1]}\"."
                : "Precision, recall, F1, TPR and FPR are averages over the classes weighted by their size; AUC is the mean over classes, each against the rest.");

    /// <summary>The final figures, and those of other methods beside them; the confusion matrix.</summary>
    public static IReadOnlyList<ReportTable> Tables(
        IReadOnlyList<ClassificationOutcome> outcomes, IReadOnlyList<ClassificationOutcome> baselines, IReadOnlyList<string> labels, string model) =>
    [
        new($"At the end, {model}", ["split", "loss", .. Columns.Skip(1).Select(c => c.Title)], [.. outcomes.Concat(baselines).Select(Row)]),
        Confusion(outcomes[^1], labels),
    ];

    /// <summary>The examples as a table, for the screen; none where there are none.</summary>
    public static IReadOnlyList<ReportTable> ChangeTables(IReadOnlyList<ExampleChange> changes) => changes.Count == 0 ? []
        : [new("Before and after", ["text", "before", "after"], [.. changes.Select(c => (IReadOnlyList<string>)[c.Text, c.Before, c.After])])];

    /// <summary>Loss and metrics over the epochs.</summary>
    public static IReadOnlyList<LineChart> Charts(TrainerState state, ClassificationOptions options) =>
    [
        // With weights or smoothing what is learned from is another sum than what is judged by.
        .. RunCharts.Losses(state, isSame: options is { LabelSmoothing: 0, ClassWeights: ClassWeighting.None }),
        new("Validation", "epoch", "share", [.. new[] { "accuracy", "precision", "recall", "f1", "auc" }.Select(m => RunCharts.Curve(state, EvaluationText.Title(m), "valid", m))]),
    ];

    /// <summary>The figures that matter most.</summary>
    public static IReadOnlyList<ReportEntry> Headline(ClassificationOutcome outcome)
    {
        Evaluation evaluation = outcome.ToEvaluation();
        return [.. new[] { "accuracy", "f1", "auc", "loss" }.Select(name =>
            new ReportEntry($"{outcome.Split} {EvaluationText.Title(name)}", EvaluationText.Value(new Metric(name, evaluation[name]))))];
    }

    /// <summary>One curve with two classes, else one a class.</summary>
    public static IReadOnlyList<NamedRoc> Roc(ClassificationOutcome outcome, IReadOnlyList<string> labels)
    {
        IReadOnlyList<RocCurve> curves = outcome.Roc().Curves;
        IEnumerable<int> shown = labels.Count == 2 ? [1] : Enumerable.Range(0, labels.Count);
        return [.. shown.Where(c => curves[c].Auc is not null).Select(c => new NamedRoc(labels[c], curves[c]))];
    }

    /// <summary>Each text's label and score before and after.</summary>
    public static IReadOnlyList<ExampleChange> Changes(IReadOnlyList<TextPrediction> before, IReadOnlyList<TextPrediction> after) =>
        [.. before.Zip(after, (b, a) => new ExampleChange(a.Text, Said(b), Said(a), b.Label != a.Label))];

    /// <summary>What summary.json says of the end.</summary>
    public static JsonObject Facts(
        IReadOnlyList<ClassificationOutcome> outcomes, IReadOnlyList<TextPrediction> before, IReadOnlyList<TextPrediction> after, IReadOnlyList<string> labels)
    {
        var facts = new JsonObject { ["labels"] = Array(labels.Select(name => (JsonNode)name)) };
        foreach (ClassificationOutcome outcome in outcomes)
            facts[outcome.Split] = JsonOf(outcome, labels);
        facts["examples"] = Array(before.Zip(after, (b, a) => (JsonNode)new JsonObject { ["text"] = a.Text, ["before"] = JsonOf(b, labels), ["after"] = JsonOf(a, labels) }));
        return facts;
    }

    /// <summary>All figures of a split, with its confusion matrix.</summary>
    public static JsonObject JsonOf(ClassificationOutcome outcome, IReadOnlyList<string> labels)
    {
        var json = new JsonObject { ["examples"] = outcome.Labels.Length };
        foreach (Metric metric in outcome.ToEvaluation().Metrics)
            json[metric.Name] = double.IsFinite(metric.Value) ? metric.Value : null;
        ConfusionMatrix matrix = outcome.Report().Confusion;
        json["confusion"] = Array(Enumerable.Range(0, labels.Count).Select(row => (JsonNode)Array(Enumerable.Range(0, labels.Count).Select(col => (JsonNode)matrix[row, col]))));
        return json;
    }

    /// <summary>A prediction with all its probabilities.</summary>
    public static JsonObject JsonOf(TextPrediction prediction, IReadOnlyList<string> labels)
    {
        var json = new JsonObject { ["text"] = prediction.Text };
        if (prediction.Text2 is not null)
            json["text2"] = prediction.Text2;
        json["label"] = prediction.Label;
        json["score"] = prediction.Score;
        if (prediction.Kind == ScoreKind.Sigmoid && labels.Count > 1)
            json["labels"] = Array(prediction.Labels.Select(name => (JsonNode)name));
        json[prediction.Kind == ScoreKind.Plain ? "scores" : "probabilities"] = new JsonObject(labels.Select((name, c) => KeyValuePair.Create(name, (JsonNode?)prediction.Probabilities[c])));
        return json;
    }

    /// <summary>The predictions that run.json holds from before training.</summary>
    public static IReadOnlyList<TextPrediction> ExamplesOf(JsonObject run) => [.. (run["examples_before"] as JsonArray ?? []).OfType<JsonObject>().Select(item =>
        new TextPrediction(item["text"]!.GetValue<string>(), item["text2"]?.GetValue<string>(), item["label"]!.GetValue<string>(), item["score"]!.GetValue<double>(),
            [.. item["probabilities"]!.AsObject().Select(p => p.Value!.GetValue<float>())]))];

    /// <summary>Counts by true class, a row, and predicted class, a column.</summary>
    public static ReportTable Confusion(ClassificationOutcome outcome, IReadOnlyList<string> labels)
    {
        ConfusionMatrix matrix = outcome.Report().Confusion;
        return new ReportTable($"Confusion matrix, {outcome.Split}: rows are true, columns predicted", ["", .. labels],
            [.. labels.Select((name, row) => (IReadOnlyList<string>)[name, .. labels.Select((_, col) => $"{matrix[row, col]:N0}")])]);
    }

    private static IReadOnlyList<string> Row(ClassificationOutcome outcome)
    {
        Evaluation evaluation = outcome.ToEvaluation();
        return [outcome.Split, .. Columns.Select(c => EvaluationText.Value(new Metric(c.Metric, evaluation[c.Metric])))];
    }

    private static string Said(TextPrediction prediction) => $"{prediction.Label} {prediction.Score:F2}";

    private static JsonArray Array(IEnumerable<JsonNode> items) => new([.. items]);
}
