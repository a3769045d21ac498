namespace BareBert.Bert.Data;

/// <summary>Draws rows so that each class keeps its share, as exactly as whole rows allow.</summary>
/// <remarks>
/// A class's share of the rows is n·fraction; it gets the whole part, and the rows left over go to the classes with the largest
/// remainders (Hamilton's method; the lower class first where two are equal). Which rows are drawn depends on the seed alone.
/// </remarks>
internal static class StratifiedSplit
{
    private const uint Stream = 0x5472_6174; // draws of this file share no numbers with any other use of the seed

    /// <summary>Splits rows in two.</summary>
    /// <param name="labels">[n] the class of each row.</param>
    /// <param name="fraction">The share of the second part, above 0 and below 1.</param>
    /// <param name="seed">Says which rows are drawn.</param>
    /// <returns>Indices in rising order. A class never moves to the second part whole, so a single row of its class stays in the first.</returns>
    /// <exception cref="InputException"><paramref name="fraction"/> is out of range, or one of the parts would be empty.</exception>
    public static (int[] First, int[] Second) Indices(IReadOnlyList<int> labels, double fraction, ulong seed)
    {
        if (!(fraction > 0 && fraction < 1))
            throw new InputException($"a split must be above 0 and below 1: {fraction}; 0.2 sets a fifth of the rows aside");
        int[] second = Draw(labels, fraction, seed, n => Math.Max(0, n - 1), _ => 0);
        if (second.Length == 0 && labels.Count > 1 && labels.Distinct().Count() == labels.Count)
            throw new InputException($"a split of {fraction} leaves one part empty: each of {labels.Count} rows has a class of its own; is the column of labels the right one?");
        if (second.Length == 0 || second.Length == labels.Count)
            throw new InputException($"a split of {fraction} leaves one part empty: {labels.Count} rows; give more rows or another share");
        var drawn = second.ToHashSet();
        return ([.. Enumerable.Range(0, labels.Count).Where(i => !drawn.Contains(i))], second);
    }

    /// <summary>Sets one of several folds aside: the rows of each class are dealt to them in turn.</summary>
    /// <param name="labels">[n] the class of each row.</param>
    /// <param name="holdout">Which fold.</param>
    /// <param name="seed">Says which rows are in which.</param>
    /// <returns>Indices in rising order.</returns>
    /// <exception cref="InputException">There are fewer rows than folds.</exception>
    public static (int[] First, int[] Second) Fold(IReadOnlyList<int> labels, Holdout holdout, ulong seed) =>
        holdout.Of([.. Enumerable.Range(0, labels.Count).GroupBy(i => labels[i]).OrderBy(g => g.Key).SelectMany(g => Shuffled([.. g], g.Key, seed))]);

    /// <summary>Keeps a share of the rows, and at least one row of every class that has any.</summary>
    /// <param name="labels">[n] the class of each row.</param>
    /// <param name="fraction">The share to keep, above 0 and at most 1.</param>
    /// <param name="seed">Says which rows are kept.</param>
    /// <returns>Indices in rising order.</returns>
    /// <exception cref="InputException"><paramref name="fraction"/> is out of range.</exception>
    public static int[] Sample(IReadOnlyList<int> labels, double fraction, ulong seed)
    {
        if (!(fraction > 0 && fraction <= 1))
            throw new InputException($"a fraction of the rows must be above 0 and at most 1: {fraction}; 0.1 keeps a tenth");
        return Draw(labels, fraction, seed, n => n, n => Math.Min(1, n));
    }

    private static int[] Draw(IReadOnlyList<int> labels, double fraction, ulong seed, Func<int, int> most, Func<int, int> least)
    {
        var classes = Enumerable.Range(0, labels.Count).GroupBy(i => labels[i]).OrderBy(g => g.Key).Select(g => (Class: g.Key, Rows: g.ToArray())).ToArray();
        int[] counts = LargestRemainder([.. classes.Select(c => c.Rows.Length)], fraction);
        List<int> drawn = [];
        for (int c = 0; c < classes.Length; c++)
        {
            int[] rows = Shuffled(classes[c].Rows, classes[c].Class, seed);
            drawn.AddRange(rows.Take(Math.Clamp(counts[c], least(rows.Length), most(rows.Length))));
        }
        return [.. drawn.Order()];
    }

    private static int[] Shuffled(int[] rows, int @class, ulong seed)
    {
        new PhiloxStream(seed, Stream, (uint)@class).Shuffle<int>(rows);
        return rows;
    }

    private static int[] LargestRemainder(int[] sizes, double fraction)
    {
        // A remainder that is zero but for rounding must not outrank a true one: 0.29·100 is 28.999999999999996.
        double[] quota = [.. sizes.Select(n => Math.Round(n * fraction, 9))];
        int[] counts = [.. quota.Select(q => (int)q)];
        int left = (int)Math.Round(sizes.Sum() * fraction, MidpointRounding.AwayFromZero) - counts.Sum();
        foreach (int c in Enumerable.Range(0, sizes.Length).OrderByDescending(c => quota[c] - counts[c]).Take(left))
            counts[c]++;
        return counts;
    }
}
