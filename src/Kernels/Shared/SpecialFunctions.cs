namespace BareBert.Kernels;

/// <summary>Functions that .NET lacks, in double precision: the truth that the fast approximations are tested against.</summary>
public static class SpecialFunctions
{
    private const double SeriesLimit = 3;

    /// <summary>The error function, 2/√π·∫₀ˣ exp(−t²) dt, to about 1e-15.</summary>
    /// <remarks>
    /// Near zero the series erf x = 2/√π·exp(−x²)·Σ 2ⁿ·x²ⁿ⁺¹/(1·3·…·(2n+1)), all of whose terms are positive; beyond,
    /// 1 − erfc x with erfc's continued fraction (Abramowitz and Stegun 7.1.6 and 7.1.14).
    /// </remarks>
    public static double Erf(double x)
    {
        if (double.IsNaN(x))
            return x;
        double a = Math.Abs(x);
        double value = a < SeriesLimit ? ErfSeries(a) : 1 - ErfcFraction(a);
        return Math.CopySign(value, x);
    }

    /// <summary>1 − erf x, with a relative accuracy of 3e-11 for large x too, where the difference would have none.</summary>
    public static double Erfc(double x) => x < SeriesLimit ? 1 - Erf(x) : ErfcFraction(x);

    /// <summary>The standard normal distribution function, erfc(−x/√2)/2.</summary>
    public static double NormalCdf(double x) => double.IsNaN(x) ? x : 0.5 * Erfc(-x / Math.Sqrt(2));

    /// <summary>The standard normal density, exp(−x²/2)/√(2π).</summary>
    public static double NormalPdf(double x) => Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI);

    /// <summary>log(1 + exp x) = −log σ(−x), without overflow.</summary>
    internal static double Softplus(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));

    private static double ErfSeries(double x)
    {
        double term = x, sum = x;
        for (int n = 1; term > sum * 1e-17; n++)
        {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    private static double ErfcFraction(double x)
    {
        double fraction = x;
        for (int n = 60; n >= 1; n--)
            fraction = x + n / 2.0 / fraction;
        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / fraction;
    }
}
