namespace BareBert.Bert.Evaluations;

/// <summary>One point of a ROC curve: the rates when every example scored at or above the threshold is called positive.</summary>
public readonly record struct RocPoint(double FalsePositiveRate, double TruePositiveRate, double Threshold);

/// <summary>The receiver operating characteristic of a score for one class, and the area below it.</summary>
/// <remarks>
/// Agrees with scikit-learn's <c>roc_curve</c> and <c>auc</c>: equal scores share one point (so ties count one half in the area),
/// and the first point is (0, 0) at threshold +∞. Where all examples are of one class neither the curve nor the area is
/// defined: then there are no points and the area is null.
/// </remarks>
public sealed class RocCurve
{
    private RocCurve(IReadOnlyList<RocPoint> points, double? auc) => (Points, Auc) = (points, auc);

    /// <summary>From (0, 0) to (1, 1), thresholds falling; empty where the curve is undefined.</summary>
    public IReadOnlyList<RocPoint> Points { get; }

    /// <summary>The area under the curve by the trapezoidal rule; null where it is undefined.</summary>
    public double? Auc { get; }

    /// <summary>Draws the curve.</summary>
    /// <param name="positive">[n] whether each example is of the positive class.</param>
    /// <param name="scores">[n] higher means more likely positive; any scale.</param>
    /// <param name="dropIntermediate">
    /// Leaves out points on the straight line between their neighbours, as scikit-learn does by default. The area is the same.
    /// </param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="InputException">A score is not a number.</exception>
    public static RocCurve Compute(ReadOnlySpan<bool> positive, ReadOnlySpan<double> scores, bool dropIntermediate = true)
    {
        if (positive.Length != scores.Length)
            throw new ArgumentException($"{positive.Length} labels but {scores.Length} scores");
        RefuseNaN(scores);
        var steps = CumulativeCounts(positive.ToArray(), scores.ToArray());
        if (steps.Count == 0 || steps[^1].Tp == 0 || steps[^1].Fp == 0)
            return new RocCurve([], null);

        double positives = steps[^1].Tp, negatives = steps[^1].Fp;
        if (dropIntermediate)
            steps = DropCollinear(steps);
        List<RocPoint> points = [new(0, 0, double.PositiveInfinity)];
        points.AddRange(steps.Select(s => new RocPoint(s.Fp / negatives, s.Tp / positives, s.Threshold)));
        return new RocCurve(points, Area(points));
    }

    private static void RefuseNaN(ReadOnlySpan<double> scores)
    {
        for (int i = 0; i < scores.Length; i++)
        {
            if (double.IsNaN(scores[i]))
                throw new InputException($"a score is not a number: example {i}; a ROC curve needs every score");
        }
    }

    /// <summary>True and false positives at or above each distinct score, highest first.</summary>
    private static List<(double Threshold, long Tp, long Fp)> CumulativeCounts(bool[] positive, double[] scores)
    {
        Array.Sort(scores, positive);
        List<(double Threshold, long Tp, long Fp)> steps = [];
        long tp = 0, fp = 0;
        for (int i = scores.Length - 1; i >= 0; i--)
        {
            if (positive[i]) tp++;
            else fp++;
            if (i == 0 || scores[i - 1] != scores[i])
                steps.Add((scores[i], tp, fp));
        }
        return steps;
    }

    /// <summary>Keeps the ends and every step at which the counts' second difference is not zero.</summary>
    private static List<(double Threshold, long Tp, long Fp)> DropCollinear(List<(double Threshold, long Tp, long Fp)> steps)
    {
        bool Bends(int i) =>
            steps[i + 1].Tp - 2 * steps[i].Tp + steps[i - 1].Tp != 0 || steps[i + 1].Fp - 2 * steps[i].Fp + steps[i - 1].Fp != 0;
        return [.. Enumerable.Range(0, steps.Count).Where(i => i == 0 || i == steps.Count - 1 || Bends(i)).Select(i => steps[i])];
    }

    private static double Area(List<RocPoint> points)
    {
        double area = 0;
        for (int i = 1; i < points.Count; i++)
        {
            var (a, b) = (points[i - 1], points[i]);
            area += (b.FalsePositiveRate - a.FalsePositiveRate) * (a.TruePositiveRate + b.TruePositiveRate) / 2;
        }
        return area;
    }
}
