namespace BareBert.Bert.Evaluations;

/// <summary>A ROC curve for each class against the rest.</summary>
/// <remarks>With every class present the averages agree with scikit-learn's <c>roc_auc_score(…, multi_class="ovr")</c>.</remarks>
public sealed class RocOneVsRest
{
    private readonly long[] _support;

    private RocOneVsRest(IReadOnlyList<RocCurve> curves, long[] support) => (Curves, _support) = (curves, support);

    /// <summary>One curve a class.</summary>
    public IReadOnlyList<RocCurve> Curves { get; }

    /// <summary>The classes with no example, or with all of them: their curves are undefined and stand outside the averages.</summary>
    public IEnumerable<int> UndefinedClasses => Enumerable.Range(0, Curves.Count).Where(c => Curves[c].Auc is null);

    /// <summary>The mean area over the classes whose curve is defined; null where there is none.</summary>
    public double? MacroAuc => Average(_ => 1);

    /// <summary>The mean area weighted by how many examples each class has; null where no curve is defined.</summary>
    public double? WeightedAuc => Average(c => _support[c]);

    /// <summary>The area to show as "the" AUC: class 1's with two classes, else the macro average.</summary>
    public double? HeadlineAuc => Curves.Count == 2 ? Curves[1].Auc : MacroAuc;

    /// <summary>Draws the curves.</summary>
    /// <param name="labels">[n] true classes.</param>
    /// <param name="scores">[n, classes] row-major; probabilities or logits.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    /// <exception cref="InputException">A score is not a number.</exception>
    public static RocOneVsRest Compute(ReadOnlySpan<int> labels, ReadOnlySpan<float> scores, int classes)
    {
        if (scores.Length != labels.Length * classes)
            throw new ArgumentException($"{labels.Length} labels of {classes} classes need {labels.Length * classes} scores, got {scores.Length}");
        var curves = new RocCurve[classes];
        var support = new long[classes];
        var positive = new bool[labels.Length];
        var column = new double[labels.Length];
        for (int c = 0; c < classes; c++)
        {
            for (int i = 0; i < labels.Length; i++)
            {
                positive[i] = labels[i] == c;
                column[i] = scores[i * classes + c];
                support[c] += positive[i] ? 1 : 0;
            }
            curves[c] = RocCurve.Compute(positive, column);
        }
        return new RocOneVsRest(curves, support);
    }

    private double? Average(Func<int, double> weight)
    {
        var defined = Enumerable.Range(0, Curves.Count).Where(c => Curves[c].Auc is not null).ToArray();
        double total = defined.Sum(weight);
        return total == 0 ? null : defined.Sum(c => weight(c) * Curves[c].Auc!.Value) / total;
    }
}
