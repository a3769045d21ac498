using System.Runtime.InteropServices;

namespace BareBert.Bert.Evaluations;

/// <summary>Counts of examples by true class (row) and predicted class (column).</summary>
/// <remarks>Every figure that divides by zero is 0, as scikit-learn's <c>zero_division=0</c>.</remarks>
public sealed class ConfusionMatrix
{
    // What was counted: of many classes nearly all pairs never occur.
    private readonly Dictionary<(int Label, int Prediction), long> _counts = [];
    private readonly long[] _labels, _predictions;

    /// <summary>Counts each (label, prediction) pair.</summary>
    /// <param name="labels">[n] true classes, each in 0 … <paramref name="classes"/> − 1.</param>
    /// <param name="predictions">[n] predicted classes, the same range.</param>
    /// <param name="classes">How many classes there are, at least 1.</param>
    /// <exception cref="ArgumentException">The lengths differ, or <paramref name="classes"/> is below 1.</exception>
    /// <exception cref="InputException">A label or a prediction is out of range.</exception>
    public ConfusionMatrix(ReadOnlySpan<int> labels, ReadOnlySpan<int> predictions, int classes)
    {
        if (labels.Length != predictions.Length)
            throw new ArgumentException($"{labels.Length} labels but {predictions.Length} predictions");
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        Classes = classes;
        (_labels, _predictions, Total) = (new long[classes], new long[classes], labels.Length);
        for (int i = 0; i < labels.Length; i++)
        {
            (int label, int prediction) = (Check(labels[i], "label", i), Check(predictions[i], "prediction", i));
            CollectionsMarshal.GetValueRefOrAddDefault(_counts, (label, prediction), out _)++;
            _labels[label]++;
            _predictions[prediction]++;
        }
    }

    /// <summary>How many classes there are.</summary>
    public int Classes { get; }

    /// <summary>How many examples of class <paramref name="label"/> were taken for <paramref name="prediction"/>.</summary>
    public long this[int label, int prediction] => _counts.GetValueOrDefault((label, prediction));

    /// <summary>How many examples were counted.</summary>
    public long Total { get; }

    /// <summary>The share of examples on the diagonal.</summary>
    public double Accuracy => Ratio(Enumerable.Range(0, Classes).Sum(TruePositives), Total);

    /// <summary>How many examples truly are of class <paramref name="c"/>.</summary>
    public long Support(int c) => _labels[c];

    /// <summary>How many examples were predicted to be of class <paramref name="c"/>.</summary>
    public long Predicted(int c) => _predictions[c];

    /// <summary>The pairs of different classes that occur, the most frequent first, then in their order.</summary>
    public IReadOnlyList<(int Label, int Prediction, long Count)> Mistakes =>
        [.. _counts.Where(pair => pair.Key.Label != pair.Key.Prediction).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).Select(pair => (pair.Key.Label, pair.Key.Prediction, pair.Value))];

    public long TruePositives(int c) => this[c, c];

    public long FalsePositives(int c) => Predicted(c) - this[c, c];

    public long FalseNegatives(int c) => Support(c) - this[c, c];

    public long TrueNegatives(int c) => Total - Support(c) - FalsePositives(c);

    /// <summary>TP / (TP + FP) of class <paramref name="c"/> against the rest.</summary>
    public double Precision(int c) => Ratio(TruePositives(c), Predicted(c));

    /// <summary>TP / (TP + FN) of class <paramref name="c"/> against the rest; the same number as its true positive rate.</summary>
    public double Recall(int c) => Ratio(TruePositives(c), Support(c));

    /// <summary>FP / (FP + TN) of class <paramref name="c"/> against the rest.</summary>
    public double FalsePositiveRate(int c) => Ratio(FalsePositives(c), FalsePositives(c) + TrueNegatives(c));

    /// <summary>The harmonic mean of precision and recall of class <paramref name="c"/>.</summary>
    public double F1(int c) => Ratio(2 * TruePositives(c), Predicted(c) + Support(c));

    /// <summary>Matthews' correlation of labels and predictions, −1 to 1, with more than two classes Gorodkin's (2004); 0 where either is all one class.</summary>
    public double Matthews
    {
        get
        {
            double n = Total, right = 0, both = 0, said = 0, wanted = 0;
            for (int c = 0; c < Classes; c++)
            {
                double p = Predicted(c), t = Support(c);
                (right, both, said, wanted) = (right + TruePositives(c), both + p * t, said + p * p, wanted + t * t);
            }
            double spread = Math.Sqrt(n * n - said) * Math.Sqrt(n * n - wanted);
            return spread > 0 ? (right * n - both) / spread : 0;
        }
    }

    /// <summary>Whether class <paramref name="c"/> was ever seen, as a label or as a prediction.</summary>
    public bool Occurs(int c) => Support(c) + Predicted(c) > 0;

    private static double Ratio(long part, long whole) => whole == 0 ? 0 : (double)part / whole;

    private int Check(int value, string what, int index) => (uint)value < (uint)Classes
        ? value
        : throw new InputException($"{what} {value} is not one of the {Classes} classes: example {index}; classes count from 0");
}
