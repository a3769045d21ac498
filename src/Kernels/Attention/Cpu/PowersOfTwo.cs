using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>2ˣ, the exponential of attention: its scores come multiplied by log₂e, which costs nothing where they are scaled anyway.</summary>
internal static class PowersOfTwo
{
    // Below this the result is subnormal. Processors may take 150 cycles for each vector with one of these, and scores of −∞, at the end of nearly every row, would give some.
    private const float Min = -126;

    /// <summary>2ˣ for x up to 127, within 2 units in the last place; 0 for x below −126. NaN goes through.</summary>
    /// <remarks>x = n + f with n an integer and |f| ≤ ½: 2ˣ = 2ⁿ·2ᶠ, the latter a minimax polynomial of relative error 7.5e-8.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp2<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct
    {
        V below = TSimd.Subtract(TSimd.Broadcast(Min), x);
        x = TSimd.Max(TSimd.Broadcast(Min), x);
        V n = TSimd.Round(x), f = TSimd.Subtract(x, n);
        V y = TSimd.MultiplyAdd(TSimd.Broadcast(0.0013276472f), f, TSimd.Broadcast(0.0096755415f));
        y = TSimd.MultiplyAdd(y, f, TSimd.Broadcast(0.05550713274f));
        y = TSimd.MultiplyAdd(y, f, TSimd.Broadcast(0.24022119721f));
        y = TSimd.MultiplyAdd(y, f, TSimd.Broadcast(0.69314696706f));
        y = TSimd.MultiplyAdd(y, f, TSimd.Broadcast(1.00000007166f));
        return TSimd.SelectPositive(below, TSimd.Zero, TSimd.TimesPowerOfTwo(y, n));
    }
}
