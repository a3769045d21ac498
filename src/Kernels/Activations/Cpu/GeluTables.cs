using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>GELU and its derivative by polynomials of stretches of |x|, of which each lane has its own: neither exp nor a division is needed.</summary>
/// <remarks>Φ and the derivative are f(x) = 1 − f(−x), so the polynomials are of what lies left of zero; right of it the rounding of 1 − f comes on top.</remarks>
internal static class GeluTables
{
    /// <summary>From here on Φ(−|x|) and the derivative are 0: the last stretch.</summary>
    public const float Bound = 7.5f;

    /// <summary>Added to a float below 2²², it leaves the nearest whole number in the lowest bits of the sum.</summary>
    public const float Rounder = 1.5f * (1 << 23);

    /// <summary>True where the processor can pick each lane's coefficients; known when this is compiled.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreFor<V>() where V : struct => GeluSixteenths.IsFor<V>() || GeluEighths.IsFor<V>();

    /// <summary>x·Φ(x), which is max(x, 0) − |x|·Φ(−|x|): one rounding, and no case for the sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Gelu<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct
    {
        // Without the bound above, ∞·0 would spoil f(∞) = ∞; at −∞ it is the definition's own NaN.
        V a = TSimd.Abs(TSimd.Min(TSimd.Broadcast(Bound), x));
        V y = GeluSixteenths.IsFor<V>() ? GeluSixteenths.MinusCdf<TSimd, V>(a) : GeluEighths.MinusCdf<TSimd, V>(a);
        return TSimd.MultiplyAdd(a, y, TSimd.Max(x, TSimd.Zero));
    }

    /// <summary>Φ(x) + x·φ(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V GeluDerivative<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct
    {
        V a = TSimd.Abs(x);
        V y = GeluSixteenths.IsFor<V>() ? GeluSixteenths.Derivative<TSimd, V>(a) : GeluEighths.Derivative<TSimd, V>(a);
        return TSimd.SelectPositive(x, TSimd.Subtract(TSimd.Broadcast(1), y), y);
    }
}
