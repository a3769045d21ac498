using System.Globalization;

namespace BareBert.Bert.Data;

/// <summary>How many examples each class has, and what follows from it.</summary>
public sealed class ClassBalance
{
    // Of more classes than these the largest half as many are named.
    private const int MostNamed = 20;

    private ClassBalance(int[] counts) => Counts = counts;

    /// <summary>[classes] examples of each class.</summary>
    public IReadOnlyList<int> Counts { get; }

    /// <summary>Classes that have a name but no example.</summary>
    public IEnumerable<int> Missing => Enumerable.Range(0, Counts.Count).Where(c => Counts[c] == 0);

    /// <summary>The largest class's size over the smallest's, of those that occur; 1 is balanced, and where there is no example.</summary>
    public double Imbalance => Present.Any() ? (double)Present.Max() / Present.Min() : 1;

    /// <summary>
    /// Weights that let every class count the same in the loss: n / (classes · n_c), over the classes that occur, as
    /// scikit-learn's "balanced". A class without examples has weight 0.
    /// </summary>
    public float[] BalancedWeights
    {
        get
        {
            double share = (double)Counts.Sum() / Math.Max(1, Present.Count());
            return [.. Counts.Select(n => n == 0 ? 0 : (float)(share / n))];
        }
    }

    /// <summary>Of labels that hold or not, weights that let both count the same in a label's loss: how many do not hold over how many do.</summary>
    /// <param name="examples">How many there are.</param>
    public float[] PositiveWeights(int examples) => [.. Counts.Select(n => n == 0 || n == examples ? 1 : (float)((double)(examples - n) / n))];

    private IEnumerable<int> Present => Counts.Where(n => n > 0);

    /// <summary>Counts.</summary>
    public static ClassBalance Of(IEnumerable<int> labels, int classes)
    {
        var counts = new int[classes];
        foreach (int label in labels)
            counts[label]++;
        return new ClassBalance(counts);
    }

    /// <summary>One line: "negative 12,500 (50.0 %), positive 12,500 (50.0 %)", of many classes the largest, and the imbalance where it is 1.5 or more.</summary>
    public string Describe(IReadOnlyList<string> names)
    {
        double total = Math.Max(1, Counts.Sum());
        (int Class, int Count)[] shown = Counts.Count <= MostNamed ? [.. Counts.Index()] : [.. Counts.Index().OrderByDescending(c => c.Item).Take(MostNamed / 2)];
        string classes = string.Join(", ", shown.Select(c => string.Create(CultureInfo.InvariantCulture, $"{names[c.Class]} {c.Count:N0} ({100 * c.Count / total:F1} %)")));
        if (shown.Length < Counts.Count)
            classes += string.Create(CultureInfo.InvariantCulture, $" and {Counts.Count - shown.Length:N0} more");
        return Imbalance < 1.5 ? classes : classes + string.Create(CultureInfo.InvariantCulture, $"; the largest class is {Imbalance:F1} times the smallest");
    }
}
