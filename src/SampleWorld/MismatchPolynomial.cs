namespace BareBert.Sample;

/// <summary>
/// Probabilities sorted by how many visible words differ from what was written: coefficient d of a polynomial is the
/// probability mass with d differences. Polynomials are cut off where more words would differ than can have been replaced.
/// </summary>
internal static class MismatchPolynomial
{
    /// <summary>a := 1.</summary>
    public static void SetOne(Span<double> a)
    {
        a.Clear();
        a[0] = 1;
    }

    /// <summary>a := a · (p + (1 − p) z): a word is seen that was written with probability p.</summary>
    /// <returns>Whether anything is left of a.</returns>
    public static bool See(Span<double> a, double p)
    {
        bool any = false;
        for (int d = a.Length - 1; d > 0; d--)
        {
            a[d] = p * a[d] + (1 - p) * a[d - 1];
            any |= a[d] != 0;
        }
        a[0] *= p;
        return any | a[0] != 0;
    }

    /// <summary>a := a · b, cut off at their common length.</summary>
    public static void Multiply(Span<double> a, ReadOnlySpan<double> b)
    {
        for (int d = a.Length - 1; d >= 0; d--)
        {
            double sum = 0;
            for (int k = 0; k <= d; k++)
                sum += a[k] * b[d - k];
            a[d] = sum;
        }
    }

    /// <summary>a := a + scale · b.</summary>
    public static void Add(Span<double> a, double scale, ReadOnlySpan<double> b)
    {
        for (int d = 0; d < a.Length; d++)
            a[d] += scale * b[d];
    }
}
