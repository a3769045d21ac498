using System.Text.Json.Nodes;

namespace BareBert.Bert.Tasks;

/// <summary>The end of a classifier's fine-tuning: metrics by epoch, confusion matrix, examples before and after.</summary>
public static class ClassificationResult
{
    /// <summary>Metrics by epoch.</summary>
    internal static ReportTable Table(TrainerState state, ProblemType type, ProblemMetrics metrics, IReadOnlyList<string> labels)
    {
        (string Title, string Metric)[] columns = metrics.Columns;
        return new("Metrics by epoch, on the validation split", ["epoch", "step", "training loss", .. columns.Select(c => c.Title)],
            [.. state.History.Select(e => (IReadOnlyList<string>)[$"{e.Epoch:0.##}", $"{e.Step:N0}", EvaluationText.Cell(e, "train_loss"), .. columns.Select(c => EvaluationText.Cell(e, c.Metric))])],
            ProblemMetrics.Caption(type, labels));
    }

    /// <summary>The final figures, and those of other methods beside them; what the last ones are made of.</summary>
    internal static IReadOnlyList<ReportTable> Tables(
        IReadOnlyList<TextOutcome> outcomes, IReadOnlyList<TextOutcome> baselines, ProblemMetrics metrics, IReadOnlyList<string> labels, string model)
    {
        (string Title, string Metric)[] columns = metrics.Columns;
        IReadOnlyList<string> Row(TextOutcome outcome)
        {
            Evaluation evaluation = outcome.ToEvaluation();
            return [outcome.Split, .. columns.Select(c => EvaluationText.Value(new Metric(c.Metric, evaluation[c.Metric])))];
        }
        return [new($"At the end, {model}", ["split", "loss", .. columns.Skip(1).Select(c => c.Title)], [.. outcomes.Concat(baselines).Select(Row)]), .. outcomes[^1].Details(labels)];
    }

    /// <summary>The examples as a table, for the screen; none where there are none.</summary>
    public static IReadOnlyList<ReportTable> ChangeTables(IReadOnlyList<ExampleChange> changes) => changes.Count == 0 ? []
        : [new("Before and after", ["text", "before", "after"], [.. changes.Select(c => (IReadOnlyList<string>)[c.Text, c.Before, c.After])])];

    /// <summary>Loss and metrics over the epochs.</summary>
    internal static IReadOnlyList<LineChart> Charts(TrainerState state, ProblemMetrics metrics, ClassificationOptions options) =>
    [
        // With weights or smoothing what is learned from is another sum than what is judged by.
        .. RunCharts.Losses(state, isSame: options is { LabelSmoothing: 0, ClassWeights: ClassWeighting.None }),
        new("Validation", "epoch", metrics.Unit, [.. metrics.Curves.Select(m => RunCharts.Curve(state, EvaluationText.Title(m), "valid", m))]),
    ];

    /// <summary>The figures that matter most.</summary>
    internal static IReadOnlyList<ReportEntry> Headline(TextOutcome outcome, ProblemMetrics metrics)
    {
        Evaluation evaluation = outcome.ToEvaluation();
        return [.. metrics.Headline.Select(name =>
            new ReportEntry($"{outcome.Split} {EvaluationText.Title(name)}", EvaluationText.Value(new Metric(name, evaluation[name]))))];
    }

    /// <summary>Each text's label and score before and after.</summary>
    public static IReadOnlyList<ExampleChange> Changes(IReadOnlyList<TextPrediction> before, IReadOnlyList<TextPrediction> after) =>
        [.. before.Zip(after, (b, a) => new ExampleChange(a.Text, Said(b), Said(a), !b.Labels.SequenceEqual(a.Labels)))];

    /// <summary>What summary.json says of the end.</summary>
    public static JsonObject Facts(
        IReadOnlyList<TextOutcome> outcomes, IReadOnlyList<TextPrediction> before, IReadOnlyList<TextPrediction> after, IReadOnlyList<string> labels)
    {
        var facts = new JsonObject { ["labels"] = Array(labels.Select(name => (JsonNode)name)) };
        foreach (TextOutcome outcome in outcomes)
            facts[outcome.Split] = JsonOf(outcome, labels);
        facts["examples"] = Array(before.Zip(after, (b, a) => (JsonNode)new JsonObject { ["text"] = a.Text, ["before"] = JsonOf(b, labels), ["after"] = JsonOf(a, labels) }));
        return facts;
    }

    /// <summary>All figures of a split, with its confusion matrix (of many classes: its mistakes) or the scores of each label or number.</summary>
    public static JsonObject JsonOf(TextOutcome outcome, IReadOnlyList<string> labels)
    {
        var json = new JsonObject { ["examples"] = outcome.Count };
        foreach (Metric metric in outcome.ToEvaluation().Metrics)
            json[metric.Name] = Number(metric.Value);
        switch (outcome)
        {
            case ClassificationOutcome classes:
                ConfusionMatrix matrix = classes.Report().Confusion;
                if (labels.Count > ClassificationOutcome.MostInMatrix)
                    json["mistakes"] = Array(matrix.Mistakes.Select(m => (JsonNode)new JsonObject { ["label"] = labels[m.Label], ["prediction"] = labels[m.Prediction], ["texts"] = m.Count }));
                else
                    json["confusion"] = Array(Enumerable.Range(0, labels.Count).Select(row => (JsonNode)Array(Enumerable.Range(0, labels.Count).Select(col => (JsonNode)matrix[row, col]))));
                break;
            case MultiLabelOutcome multiple:
                (json["threshold"], json["best_threshold"]) = (multiple.Threshold, multiple.BestThreshold().Threshold);
                json["labels"] = new JsonObject(labels.Zip(multiple.Report().PerLabel, (name, s) => KeyValuePair.Create(name, (JsonNode?)new JsonObject
                {
                    ["precision"] = s.Precision, ["recall"] = s.Recall, ["f1"] = s.F1, ["texts"] = s.Support,
                })));
                break;
            case RegressionOutcome { Outputs: > 1 } numbers:
                json["numbers"] = new JsonObject(labels.Zip(numbers.Each(), (name, s) => KeyValuePair.Create(name, (JsonNode?)new JsonObject
                {
                    ["mse"] = Number(s.MeanSquaredError), ["mae"] = Number(s.MeanAbsoluteError), ["r2"] = Number(s.R2), ["pearson"] = Number(s.Pearson), ["spearman"] = Number(s.Spearman),
                })));
                break;
        }
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
            [.. (item["probabilities"] ?? item["scores"])!.AsObject().Select(p => p.Value!.GetValue<float>())])
        {
            Kind = item["scores"] is not null ? ScoreKind.Plain : item["labels"] is not null ? ScoreKind.Sigmoid : ScoreKind.Softmax,
            Labels = item["labels"] is JsonArray held ? [.. held.Select(name => name!.GetValue<string>())] : [item["label"]!.GetValue<string>()],
        })];

    private static string Said(TextPrediction prediction) => prediction.Kind switch
    {
        ScoreKind.Plain => string.Join(' ', prediction.Probabilities.Select(score => $"{score:F2}")),
        ScoreKind.Sigmoid when prediction.Probabilities.Length > 1 => prediction.Labels.Count == 0 ? "–" : string.Join(", ", prediction.Labels),
        _ => $"{prediction.Label} {prediction.Score:F2}",
    };

    private static JsonNode? Number(double value) => double.IsFinite(value) ? value : null;

    private static JsonArray Array(IEnumerable<JsonNode> items) => new([.. items]);
}
