using static System.FormattableString;

namespace BareBert.Bert.Evaluations;

/// <summary>What a classifier said about a set of examples.</summary>
/// <param name="Split">"train", "valid" or "test".</param>
/// <param name="Loss">Mean cross-entropy, without weights or smoothing.</param>
/// <param name="Labels">[n] true classes.</param>
/// <param name="Probabilities">[n, classes].</param>
/// <param name="Classes">Number of classes.</param>
public sealed record ClassificationOutcome(string Split, double Loss, int[] Labels, float[] Probabilities, int Classes) : TextOutcome(Split, Loss)
{
    /// <summary>Of more classes than these nobody can read a confusion matrix: the most frequent mistakes are listed in its place.</summary>
    internal const int MostInMatrix = 40;

    private const int MistakesShown = 20;

    /// <inheritdoc/>
    public override int Count => Labels.Length;

    /// <summary>[n] the likeliest classes, the first where two are equal.</summary>
    public int[] Predictions => [.. Enumerable.Range(0, Labels.Length).Select(i => ArgMax(Probabilities.AsSpan(i * Classes, Classes)))];

    /// <summary>Precision, recall and the rest.</summary>
    public ClassificationReport Report() => ClassificationReport.Of(Labels, Predictions, Classes);

    /// <summary>ROC curves, one against the rest.</summary>
    public RocOneVsRest Roc() => RocOneVsRest.Compute(Labels, Probabilities, Classes);

    /// <inheritdoc/>
    public override Evaluation ToEvaluation()
    {
        List<Metric> metrics = [new("loss", Loss), .. Report().ToMetrics().Select(m => new Metric(m.Key, m.Value))];
        metrics.Add(new Metric("auc", Roc().HeadlineAuc ?? double.NaN));
        return new Evaluation(Split, metrics);
    }

    /// <summary>Counts by true class, a row, and predicted class, a column; of many classes the most frequent mistakes.</summary>
    public override IReadOnlyList<ReportTable> Details(IReadOnlyList<string> labels)
    {
        ConfusionMatrix matrix = Report().Confusion;
        if (Classes > MostInMatrix)
            return [Mistakes(matrix, labels)];
        return [new ReportTable($"Confusion matrix, {Split}: rows are true, columns predicted", ["", .. labels],
            [.. labels.Select((name, row) => (IReadOnlyList<string>)[name, .. labels.Select((_, col) => Invariant($"{matrix[row, col]:N0}"))])])];
    }

    private ReportTable Mistakes(ConfusionMatrix matrix, IReadOnlyList<string> labels) => new(
        $"Most frequent mistakes, {Split}", ["true", "taken for", "texts", "of the class"],
        [.. matrix.Mistakes.Take(MistakesShown).Select(m => (IReadOnlyList<string>)[labels[m.Label], labels[m.Prediction], Invariant($"{m.Count:N0}"), Invariant($"{100.0 * m.Count / matrix.Support(m.Label):0.0} %")])]);

    /// <summary>The confusion matrix unless there are many classes, and one ROC curve with two classes, else one a class.</summary>
    public override Report AddTo(Report report, IReadOnlyList<string> labels)
    {
        IReadOnlyList<RocCurve> curves = Roc().Curves;
        IEnumerable<int> shown = labels.Count == 2 ? [1] : Enumerable.Range(0, labels.Count);
        Report whole = report with
        {
            Confusion = Classes > MostInMatrix ? null : Report().Confusion,
            LabelNames = labels,
        };
        return whole.WithRoc([.. shown.Where(c => curves[c].Auc is not null).Select(c => new NamedRoc(labels[c], curves[c]))]);
    }

    internal static int ArgMax(ReadOnlySpan<float> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best])
                best = i;
        }
        return best;
    }
}
