namespace BareBert.Bert.Tasks;

/// <summary>The metrics by which a model of texts is shown and judged, for what its labels mean.</summary>
/// <param name="Columns">Of tables: title and metric, the loss first.</param>
/// <param name="Curves">Drawn over the epochs.</param>
/// <param name="Unit">Of the curves.</param>
/// <param name="Headline">Shown large.</param>
/// <param name="BestBy">Those that can say which model is the best, the usual one first.</param>
internal sealed record ProblemMetrics(
    (string Title, string Metric)[] Columns, string[] Curves, string Unit, string[] Headline, string[] BestBy)
{
    private static readonly ProblemMetrics Classes = new(
        [("valid loss", "loss"), ("accuracy", "accuracy"), ("precision", "precision"), ("recall", "recall"), ("F1", "f1"), ("TPR", "tpr"), ("FPR", "fpr"), ("AUC", "auc")],
        ["accuracy", "precision", "recall", "f1", "auc"], "share", ["accuracy", "f1", "auc", "loss"], ["loss", "accuracy", "f1", "matthews"]);

    private static readonly ProblemMetrics Labels = new(
        [("valid loss", "loss"), ("micro F1", "micro_f1"), ("macro F1", "macro_f1"), ("micro precision", "micro_precision"), ("micro recall", "micro_recall"),
            ("all labels right", "subset_accuracy"), ("labels wrong", "hamming_loss"), ("AUC", "auc")],
        ["micro_f1", "macro_f1", "subset_accuracy", "auc"], "share", ["micro_f1", "macro_f1", "auc", "loss"], ["loss", "micro_f1", "macro_f1"]);

    private static readonly ProblemMetrics Numbers = new(
        [("valid loss", "loss"), ("RMSE", "rmse"), ("MAE", "mae"), ("R²", "r2"), ("Pearson", "pearson"), ("Spearman", "spearman")],
        ["r2", "pearson", "spearman"], "correlation", ["pearson", "spearman", "rmse", "loss"], ["loss", "pearson", "spearman"]);

    /// <summary>All that can say which model is the best.</summary>
    public static IReadOnlyList<string> AllBestBy { get; } = [.. new[] { Classes, Labels, Numbers }.SelectMany(m => m.BestBy).Distinct()];

    /// <summary>Of labels that mean something.</summary>
    public static ProblemMetrics Of(ProblemType type) => type switch
    {
        ProblemType.MultiLabel => Labels,
        ProblemType.Regression => Numbers,
        _ => Classes,
    };

    /// <summary>The same with a benchmark's own metrics before the others; the first of them says which model is the best.</summary>
    public ProblemMetrics With(string[] own) => this with
    {
        Columns = [.. Columns, .. own.Where(m => Columns.All(c => c.Metric != m)).Select(m => (EvaluationText.Title(m), m))],
        Headline = [.. own, .. Headline.Except(own)],
        BestBy = [.. own, .. BestBy.Except(own)],
    };

    /// <summary>What the columns mean.</summary>
    /// <param name="type">What the labels mean.</param>
    /// <param name="labels">Their names.</param>
    public static string? Caption(ProblemType type, IReadOnlyList<string> labels) => type switch
    {
        ProblemType.MultiLabel => "Micro averages are over all decisions together, macro averages and AUC over labels; labels of a probability over 0.5 are said to hold.",
        ProblemType.Regression => labels.Count == 1 ? null : "The loss is the mean squared error over all numbers; the others are means over the numbers of a text.",
        _ => labels.Count == 2 ? $"Precision, recall, F1, TPR and FPR are those of \"{labels[1]}\"."
            : "Precision, recall, F1, TPR and FPR are averages over the classes weighted by their size; AUC is the mean over classes, each against the rest.",
    };
}
