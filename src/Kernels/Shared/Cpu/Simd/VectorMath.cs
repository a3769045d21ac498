using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>
/// Elementary functions, a whole vector at a time and without branches, for every width. NaN goes through, infinities give
/// the limits, subnormal results come out.
/// </summary>
/// <remarks>
/// The polynomials are minimax fits of relative error, found by weighted least squares (Lawson 1961) in extended precision.
/// Errors stated are the largest found against double precision: see the tests of this class.
/// </remarks>
public static class VectorMath
{
    private const float Log2E = 1.44269504f;

    // ln 2 in two parts: n·Ln2High is exact for |n| < 2⁹, so that x − n·ln 2 loses nothing (Cody and Waite 1980).
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;

    // Beyond these exp is infinite, or less than half of the smallest subnormal.
    private const float ExpMax = 89f;
    private const float ExpMin = -104f;

    // From here on exp is a normal number.
    private const float ExpNormalMin = -87.3f;

    private const float InverseSqrtTwoPi = 0.398942280f;

    // Beyond this Φ(−a) is below the smallest subnormal.
    private const float CdfMax = 14.5f;
    private const float CdfPole = 3f;

    /// <summary>eˣ, within 1.5 units in the last place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct
    {
        V fraction = ExpM1Reduced<TSimd, V>(Clamp<TSimd, V>(x, ExpMin, ExpMax), out V n);
        return TSimd.ScaleByPowerOfTwo(TSimd.Add(TSimd.Broadcast(1), fraction), n);
    }

    /// <summary>The same to the bit for x from −87.3 to 88, in fewer instructions; 0 below, where a softmax, whose largest exponential is 1, sees nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ExpOrZero<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct
    {
        V least = TSimd.Broadcast(ExpNormalMin);
        V fraction = ExpM1Reduced<TSimd, V>(TSimd.Max(least, x), out V n);
        return TSimd.SelectPositive(TSimd.Subtract(least, x), TSimd.Zero, TSimd.TimesPowerOfTwo(TSimd.Add(TSimd.Broadcast(1), fraction), n));
    }

    /// <summary>The hyperbolic tangent, within 3 units in the last place.</summary>
    /// <remarks>With e = e^(2|x|) − 1, tanh|x| = e/(e + 2): nothing cancels, also near zero.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct
    {
        // At 10 tanh has long been 1.
        V magnitude = TSimd.Min(TSimd.Broadcast(10), TSimd.Abs(x));
        V fraction = ExpM1Reduced<TSimd, V>(TSimd.Add(magnitude, magnitude), out V n);
        V power = TSimd.TimesPowerOfTwo(TSimd.Broadcast(1), n);
        V e = TSimd.MultiplyAdd(power, fraction, TSimd.Subtract(power, TSimd.Broadcast(1)));
        return TSimd.CopySign(TSimd.Divide(e, TSimd.Add(e, TSimd.Broadcast(2))), x);
    }

    /// <summary>Φ(x), the standard normal distribution function, and its density φ(x).</summary>
    /// <remarks>
    /// Φ(−a) = exp(−a²/2)·R(a) for a ≥ 0, R smooth and slowly falling: a polynomial of degree 9 in a/(a + 3), exact at 0.
    /// So the left tail has a relative accuracy, which GELU needs there. Absolute error below 1e-7, relative below 7e-6.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V NormalCdf<TSimd, V>(V x, out V density) where TSimd : ISimd<V> where V : struct
    {
        V a = TSimd.Min(TSimd.Broadcast(CdfMax), TSimd.Abs(x));
        V gauss = Exp<TSimd, V>(TSimd.Multiply(TSimd.Multiply(a, TSimd.Broadcast(-0.5f)), a));
        density = TSimd.Multiply(gauss, TSimd.Broadcast(InverseSqrtTwoPi));
        V u = TSimd.Divide(a, TSimd.Add(a, TSimd.Broadcast(CdfPole)));
        V r = TSimd.Broadcast(0.027234232053160667f);
        r = TSimd.MultiplyAdd(r, u, TSimd.Broadcast(-0.09311099350452423f));
        r = TSimd.MultiplyAdd(r, u, TSimd.Broadcast(0.08393749594688416f));
        r = TSimd.MultiplyAdd(r, u, TSimd.Broadcast(0.009106199257075787f));
        r = TSimd.MultiplyAdd(r, u, TSimd.Broadcast(0.06225776672363281f));
        r = TSimd.MultiplyAdd(r, u, TSimd.Broadcast(-0.15878237783908844f));
        r = TSimd.MultiplyAdd(r, u, TSimd.Broadcast(-0.2869652509689331f));
        r = TSimd.MultiplyAdd(r, u, TSimd.Broadcast(1.0531548261642456f));
        r = TSimd.MultiplyAdd(r, u, TSimd.Broadcast(-1.1968265771865845f));
        r = TSimd.MultiplyAdd(r, u, TSimd.Broadcast(0.5f));
        V tail = TSimd.Multiply(gauss, r);
        return TSimd.SelectPositive(x, TSimd.Subtract(TSimd.Broadcast(1), tail), tail);
    }

    /// <summary>x within [min, max]; NaN stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Clamp<TSimd, V>(V x, float min, float max) where TSimd : ISimd<V> where V : struct =>
        TSimd.Min(TSimd.Broadcast(max), TSimd.Max(TSimd.Broadcast(min), x));

    // With x = n·ln 2 + r, |r| ≤ ln 2/2: n, and eʳ − 1 = r + r²·Q(r).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V ExpM1Reduced<TSimd, V>(V x, out V n) where TSimd : ISimd<V> where V : struct
    {
        n = TSimd.Round(TSimd.Multiply(x, TSimd.Broadcast(Log2E)));
        V r = TSimd.MultiplyAdd(n, TSimd.Broadcast(-Ln2High), x);
        r = TSimd.MultiplyAdd(n, TSimd.Broadcast(-Ln2Low), r);
        V q = TSimd.Broadcast(1.3882496859878302e-03f);
        q = TSimd.MultiplyAdd(q, r, TSimd.Broadcast(8.36664717644453e-03f));
        q = TSimd.MultiplyAdd(q, r, TSimd.Broadcast(4.166720435023308e-02f));
        q = TSimd.MultiplyAdd(q, r, TSimd.Broadcast(0.16666541993618011f));
        q = TSimd.MultiplyAdd(q, r, TSimd.Broadcast(0.4999999701976776f));
        return TSimd.MultiplyAdd(TSimd.Multiply(r, r), q, r);
    }
}
