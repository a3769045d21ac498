using static System.FormattableString;

namespace BareBert.Bert.Evaluations;

/// <summary>What a classifier said about texts each of whose labels holds or not.</summary>
/// <param name="Split">"train", "valid" or "test".</param>
/// <param name="Loss">Mean sigmoid cross-entropy over texts and labels.</param>
/// <param name="Targets">[n, labels] 1 where a label holds.</param>
/// <param name="Probabilities">[n, labels].</param>
/// <param name="Labels">Number of labels.</param>
/// <param name="Threshold">Labels of a higher probability are said to hold.</param>
public sealed record MultiLabelOutcome(string Split, double Loss, float[] Targets, float[] Probabilities, int Labels, double Threshold = 0.5) : TextOutcome(Split, Loss)
{
    /// <inheritdoc/>
    public override int Count => Targets.Length / Labels;

    /// <summary>Precision, recall and the rest, at the threshold.</summary>
    public MultiLabelReport Report() => MultiLabelReport.Of(Targets, Probabilities, Labels, Threshold);

    /// <summary>A ROC curve for each label.</summary>
    public IReadOnlyList<RocCurve> Roc() => [.. Enumerable.Range(0, Labels).Select(label =>
        RocCurve.Compute([.. Column(Targets, label).Select(t => t > 0.5f)], [.. Column(Probabilities, label).Select(p => (double)p)]))];

    /// <summary>The threshold, the same for all labels, with the best micro F1 on these texts.</summary>
    public (double Threshold, double F1) BestThreshold()
    {
        (float Probability, bool Holds)[] ordered = [.. Probabilities.Zip(Targets, (p, t) => (p, t > 0.5f)).OrderByDescending(pair => pair.p)];
        int wanted = ordered.Count(pair => pair.Holds), right = 0;
        (double Threshold, double F1) best = (1, 0);
        for (int i = 0; i < ordered.Length; i++)
        {
            right += ordered[i].Holds ? 1 : 0;
            double f1 = 2.0 * right / (i + 1 + wanted);
            bool isLastOfEquals = i + 1 == ordered.Length || ordered[i + 1].Probability < ordered[i].Probability;
            // Between this probability and the next one below.
            if (isLastOfEquals && f1 > best.F1)
                best = (i + 1 == ordered.Length ? 0 : (ordered[i].Probability + (double)ordered[i + 1].Probability) / 2, f1);
        }
        return best;
    }

    /// <inheritdoc/>
    public override Evaluation ToEvaluation()
    {
        MultiLabelReport report = Report();
        double[] areas = [.. Roc().Select(curve => curve.Auc).OfType<double>()];
        return new Evaluation(Split,
        [
            new("loss", Loss), new("micro_f1", report.Micro.F1), new("macro_f1", report.Macro.F1), new("weighted_f1", report.Weighted.F1),
            new("micro_precision", report.Micro.Precision), new("micro_recall", report.Micro.Recall),
            new("subset_accuracy", report.SubsetAccuracy), new("hamming_loss", report.HammingLoss),
            new("auc", areas.Length > 0 ? areas.Average() : double.NaN),
        ]);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ReportTable> Details(IReadOnlyList<string> labels)
    {
        MultiLabelReport report = Report();
        IReadOnlyList<RocCurve> curves = Roc();
        (double threshold, double f1) = BestThreshold();
        IReadOnlyList<string> Row(string name, ClassScores scores, string auc) =>
            [name, Invariant($"{scores.Precision:F4}"), Invariant($"{scores.Recall:F4}"), Invariant($"{scores.F1:F4}"), auc, Invariant($"{scores.Support:N0}")];
        return
        [
            new($"Labels, {Split}", ["label", "precision", "recall", "F1", "AUC", "texts"],
            [
                .. labels.Select((name, label) => Row(name, report.PerLabel[label], curves[label].Auc is { } auc ? Invariant($"{auc:F4}") : "n/a")),
                Row("micro average", report.Micro, ""), Row("macro average", report.Macro, ""), Row("weighted average", report.Weighted, ""),
            ],
            Invariant($"Labels of a probability over {Threshold:0.##} are said to hold. The best micro F1 on these very texts, {f1:F4}, is at {threshold:F3}.")),
        ];
    }

    /// <inheritdoc/>
    public override Report AddTo(Report report, IReadOnlyList<string> labels)
    {
        IReadOnlyList<RocCurve> curves = Roc();
        return report.WithRoc([.. labels.Select((name, label) => new NamedRoc(name, curves[label])).Where(roc => roc.Curve.Auc is not null)]);
    }

    private IEnumerable<float> Column(float[] values, int label) => Enumerable.Range(0, Count).Select(row => values[row * Labels + label]);
}
