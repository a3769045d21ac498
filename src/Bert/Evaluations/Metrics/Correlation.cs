namespace BareBert.Bert.Evaluations;

/// <summary>How far two series of numbers go together: from −1 to 1.</summary>
public static class Correlation
{
    /// <summary>Pearson's r: the covariance over both standard deviations; NaN where a series does not vary.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static double Pearson(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length != y.Length)
            throw new ArgumentException($"{x.Length} values beside {y.Length}");
        // A mean is rounded, so that equal values may differ from theirs.
        if (!Varies(x) || !Varies(y))
            return double.NaN;
        double meanX = MeanOf(x), meanY = MeanOf(y), xy = 0, xx = 0, yy = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double dx = x[i] - meanX, dy = y[i] - meanY;
            (xy, xx, yy) = (xy + dx * dy, xx + dx * dx, yy + dy * dy);
        }
        return Math.Clamp(xy / (Math.Sqrt(xx) * Math.Sqrt(yy)), -1, 1);
    }

    /// <summary>Spearman's ρ: Pearson's r of the ranks, equal values sharing the mean of theirs; NaN where a series does not vary.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static double Spearman(ReadOnlySpan<double> x, ReadOnlySpan<double> y) => Pearson(Ranks(x), Ranks(y));

    private static bool Varies(ReadOnlySpan<double> values) => values.Length > 0 && values.ContainsAnyExcept(values[0]);

    private static double MeanOf(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values)
            sum += value;
        return sum / values.Length;
    }

    private static double[] Ranks(ReadOnlySpan<double> values)
    {
        double[] sorted = values.ToArray();
        int[] order = [.. Enumerable.Range(0, sorted.Length)];
        Array.Sort(sorted, order);
        var ranks = new double[sorted.Length];
        for (int start = 0, end; start < sorted.Length; start = end)
        {
            for (end = start + 1; end < sorted.Length && sorted[end].Equals(sorted[start]);)
                end++;
            foreach (int i in order.AsSpan(start, end - start))
                ranks[i] = (start + 1 + end) / 2.0;
        }
        return ranks;
    }
}
