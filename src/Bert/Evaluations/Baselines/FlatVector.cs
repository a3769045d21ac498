namespace BareBert.Bert.Evaluations;

/// <summary>The handful of sums over long vectors that the optimiser needs, in float64 and in order.</summary>
internal static class FlatVector
{
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    /// <summary>y += scale·x.</summary>
    public static void AddScaled(ReadOnlySpan<double> x, double scale, Span<double> y)
    {
        for (int i = 0; i < x.Length; i++) y[i] += scale * x[i];
    }

    /// <summary>y *= scale.</summary>
    public static void Scale(Span<double> y, double scale)
    {
        foreach (ref double v in y) v *= scale;
    }

    /// <summary>The largest magnitude; NaN where there is one.</summary>
    public static double MaxMagnitude(ReadOnlySpan<double> x)
    {
        double max = 0;
        foreach (double v in x) max = Math.Max(max, Math.Abs(v));
        return max;
    }
}
