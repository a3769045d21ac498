namespace BareBert.Bert.Evaluations;

/// <summary>Precision, recall, F1 and the two rates of ROC analysis, of one class or of an average over classes.</summary>
/// <param name="Precision">TP / (TP + FP).</param>
/// <param name="Recall">TP / (TP + FN): the true positive rate.</param>
/// <param name="F1">Harmonic mean of the two (for an average: the average of the classes' F1).</param>
/// <param name="FalsePositiveRate">FP / (FP + TN).</param>
/// <param name="Support">How many examples it is about.</param>
public readonly record struct ClassScores(double Precision, double Recall, double F1, double FalsePositiveRate, long Support)
{
    /// <summary>TP / (TP + FN): another name for recall.</summary>
    public double TruePositiveRate => Recall;
}

/// <summary>What a classifier got right: accuracy, and the scores of each class and of their averages.</summary>
/// <remarks>
/// Agrees with scikit-learn's <c>precision_recall_fscore_support(…, zero_division=0)</c>. The macro average runs over the
/// classes that occur as a label or as a prediction, as scikit-learn's does when no list of labels is given.
/// </remarks>
public sealed class ClassificationReport
{
    /// <summary>Scores <paramref name="matrix"/>.</summary>
    /// <param name="matrix">The counts.</param>
    /// <param name="positiveClass">The class that is "positive" where there are two.</param>
    public ClassificationReport(ConfusionMatrix matrix, int positiveClass = 1)
    {
        Confusion = matrix;
        PerClass = [.. Enumerable.Range(0, matrix.Classes).Select(c => OneClass(matrix, c))];
        Macro = Average([.. Enumerable.Range(0, matrix.Classes).Select(c => matrix.Occurs(c) ? 1.0 : 0.0)]);
        Weighted = Average([.. PerClass.Select(s => (double)s.Support)]);
        Binary = matrix.Classes == 2 ? PerClass[positiveClass] : null;
    }

    /// <summary>The counts behind the scores.</summary>
    public ConfusionMatrix Confusion { get; }

    public double Accuracy => Confusion.Accuracy;

    /// <summary>One entry a class, against the rest; a class that never occurs has zeros.</summary>
    public IReadOnlyList<ClassScores> PerClass { get; }

    /// <summary>The plain mean over the classes that occur.</summary>
    public ClassScores Macro { get; }

    /// <summary>The mean over classes, each weighted by its support.</summary>
    public ClassScores Weighted { get; }

    /// <summary>The positive class's scores where there are two classes, else null.</summary>
    public ClassScores? Binary { get; }

    /// <summary>The scores to show as "the" precision, recall and F1: binary with two classes, else weighted.</summary>
    public ClassScores Headline => Binary ?? Weighted;

    /// <summary>Scores predictions in one call.</summary>
    /// <inheritdoc cref="ConfusionMatrix(ReadOnlySpan{int}, ReadOnlySpan{int}, int)"/>
    public static ClassificationReport Of(ReadOnlySpan<int> labels, ReadOnlySpan<int> predictions, int classes, int positiveClass = 1) =>
        new(new ConfusionMatrix(labels, predictions, classes), positiveClass);

    /// <summary>The figures by the names they have in <c>metrics.jsonl</c>.</summary>
    public IReadOnlyDictionary<string, double> ToMetrics() => new Dictionary<string, double>
    {
        ["accuracy"] = Accuracy,
        ["precision"] = Headline.Precision,
        ["recall"] = Headline.Recall,
        ["f1"] = Headline.F1,
        ["tpr"] = Headline.TruePositiveRate,
        ["fpr"] = Headline.FalsePositiveRate,
        ["matthews"] = Confusion.Matthews,
        ["macro_precision"] = Macro.Precision,
        ["macro_recall"] = Macro.Recall,
        ["macro_f1"] = Macro.F1,
        ["weighted_precision"] = Weighted.Precision,
        ["weighted_recall"] = Weighted.Recall,
        ["weighted_f1"] = Weighted.F1,
    };

    private static ClassScores OneClass(ConfusionMatrix m, int c) =>
        new(m.Precision(c), m.Recall(c), m.F1(c), m.FalsePositiveRate(c), m.Support(c));

    private ClassScores Average(double[] weights)
    {
        double total = weights.Sum();
        double Mean(Func<ClassScores, double> score) =>
            total == 0 ? 0 : PerClass.Zip(weights, (s, w) => w * score(s)).Sum() / total;
        return new ClassScores(Mean(s => s.Precision), Mean(s => s.Recall), Mean(s => s.F1), Mean(s => s.FalsePositiveRate), Confusion.Total);
    }
}
