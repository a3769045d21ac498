using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BareBert.Kernels;

/// <summary>−Φ(−a) and GELU′(−a) for a ≥ 0 by sixteen polynomials of degree 6, one for each stretch of ½ of a: AVX-512 holds a coefficient of all sixteen in one register and picks each lane's own in one instruction.</summary>
/// <remarks>
/// Stretch j is −j/2 ± ¼, and beyond −7¼ both are 0. Minimax fits of relative error (for the derivative, which has a zero, relative to Φ(x) + |x|·φ(x)) by weighted
/// least squares in extended precision. Φ: absolute error 2.5e-8, relative 1e-5 down to −5 and 1.2e-4 at −7¼. The derivative: absolute error 4e-8.
/// </remarks>
internal static class GeluSixteenths
{
    /// <summary>True for vectors in which this can be done; known when it is compiled.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsFor<V>() => typeof(V) == typeof(Vector512<float>) && Avx512F.IsSupported;

    /// <summary>−Φ(−a).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V MinusCdf<TSimd, V>(V a) where TSimd : ISimd<V> where V : struct
    {
        V index = Locate<TSimd, V>(a, out V r);
        V y = At(index, Vector512.Create(
            -4.56568898e-07f, -4.74079716e-05f, -3.06787188e-05f, 1.04151923e-05f,
            2.07032062e-05f, 7.725248e-06f, -1.76919684e-06f, -2.76047717e-06f,
            -1.24610779e-06f, -3.32216246e-07f, -5.95366885e-08f, -7.55000951e-09f,
            -6.95881075e-10f, -4.73761586e-11f, -2.40799243e-12f, 0));
        y = TSimd.MultiplyAdd(y, r, At(index, Vector512.Create(
            0.000307653507f, 0.000142145174f, -0.000123450751f, -0.000181522846f,
            -7.0678987e-05f, 1.99618044e-05f, 3.43445099e-05f, 1.8147919e-05f,
            5.76142247e-06f, 1.24390954e-06f, 1.91787663e-07f, 2.16558131e-08f,
            1.8179459e-09f, 1.14578805e-10f, 5.4589137e-12f, 0)));
        y = TSimd.MultiplyAdd(y, r, At(index, Vector512.Create(
            1.71243883e-07f, 0.00126058049f, 0.00126000552f, 0.000379320525f,
            -0.000281107787f, -0.000370756869f, -0.00020771072f, -7.35938665e-05f,
            -1.8140252e-05f, -3.23782683e-06f, -4.27470127e-07f, -4.22862847e-08f,
            -3.16109117e-09f, -1.79646381e-10f, -7.79567036e-12f, 0)));
        y = TSimd.MultiplyAdd(y, r, At(index, Vector512.Create(
            -0.00831079762f, -0.0055008824f, -3.16120889e-07f, 0.00337262428f,
            0.00337447971f, 0.00191726035f, 0.000738674367f, 0.000204527692f,
            4.18130476e-05f, 6.40688086e-06f, 7.42657051e-07f, 6.55275869e-08f,
            4.42023795e-09f, 2.28687139e-10f, 9.0963825e-12f, 0)));
        y = TSimd.MultiplyAdd(y, r, At(index, Vector512.Create(
            -1.60588911e-08f, -0.0220040809f, -0.0302463174f, -0.024284536f,
            -0.0134977493f, -0.00547760539f, -0.00166194665f, -0.000381797174f,
            -6.69135115e-05f, -8.99022143e-06f, -9.29050202e-07f, -7.40184518e-08f,
            -4.55428673e-09f, -2.16691415e-10f, -7.98057367e-12f, 0)));
        y = TSimd.MultiplyAdd(y, r, At(index, Vector512.Create(
            0.199471131f, 0.176032662f, 0.120985374f, 0.0647588074f,
            0.0269954819f, 0.00876414776f, 0.00221592328f, 0.000436341536f,
            6.69153305e-05f, 7.99194731e-06f, 7.43374983e-07f, 5.38507798e-08f,
            3.0381162e-09f, 1.33488443e-10f, 4.56779623e-12f, 0)));
        return TSimd.MultiplyAdd(y, r, At(index, Vector512.Create(
            -0.5f, -0.308537543f, -0.158655256f, -0.066807203f,
            -0.0227501318f, -0.00620966498f, -0.00134989794f, -0.0002326291f,
            -3.16712612e-05f, -3.39768121e-06f, -2.86653432e-07f, -1.89898497e-08f,
            -9.86618565e-10f, -4.01623942e-11f, -1.27994685e-12f, 0)));
    }

    /// <summary>Φ(−a) − a·φ(a).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<TSimd, V>(V a) where TSimd : ISimd<V> where V : struct
    {
        V index = Locate<TSimd, V>(a, out V r);
        V y = At(index, Vector512.Create(
            5.58220101e-08f, 0.000346993445f, 0.000133818365f, -0.000160546202f,
            -0.00011883166f, 1.59061528e-05f, 3.88494263e-05f, 1.10657566e-05f,
            -2.14516422e-06f, -2.25183294e-06f, -7.130879e-07f, -1.32289841e-07f,
            -1.63442504e-08f, -1.41689249e-09f, -8.86140605e-11f, 0));
        y = TSimd.MultiplyAdd(y, r, At(index, Vector512.Create(
            -0.00183789944f, -0.000567474053f, 0.0011101939f, 0.000907337293f,
            -7.506158e-05f, -0.000360421807f, -0.000146599952f, 8.53052734e-06f,
            2.75500115e-05f, 1.15789526e-05f, 2.72550687e-06f, 4.23349746e-07f,
            4.60847218e-08f, 3.62392671e-09f, 2.0958206e-10f, 0)));
        y = TSimd.MultiplyAdd(y, r, At(index, Vector512.Create(
            -1.97698427e-08f, -0.00701834634f, -0.00504016411f, 0.000853481179f,
            0.00281105749f, 0.00133337791f, 2.65041479e-07f, -0.000264750241f,
            -0.000136589864f, -3.84829364e-05f, -7.13822556e-06f, -9.29663315e-07f,
            -8.77256525e-08f, -6.10852124e-09f, -3.17605942e-10f, 0)));
        y = TSimd.MultiplyAdd(y, r, At(index, Vector512.Create(
            0.0332411863f, 0.0169609729f, -0.0100791175f, -0.0180437602f,
            -0.00899963267f, -0.000251697609f, 0.0020314008f, 0.00124215416f,
            0.000412673748f, 9.06676942e-05f, 1.40553893e-05f, 1.58546266e-06f,
            1.32438885e-07f, 8.2845224e-09f, 3.91045918e-10f, 0)));
        y = TSimd.MultiplyAdd(y, r, At(index, Vector512.Create(
            1.67143632e-09f, 0.0825152397f, 0.0907389447f, 0.0424979627f,
            8.57585434e-08f, -0.0123245446f, -0.00830973685f, -0.00314986054f,
            -0.000802984752f, -0.000146099119f, -1.95118646e-05f, -1.94326367e-06f,
            -1.45767629e-07f, -8.29084801e-09f, -3.59264507e-10f, 0)));
        y = TSimd.MultiplyAdd(y, r, At(index, Vector512.Create(
            -0.398942143f, -0.308057159f, -0.120985456f, 0.0161896683f,
            0.0539910011f, 0.0372476578f, 0.0155114653f, 0.00447249413f,
            0.000936810742f, 0.000145851896f, 1.70974217e-05f, 1.52126086e-06f,
            1.03294099e-07f, 5.37281686e-09f, 2.14683896e-10f, 0)));
        return TSimd.MultiplyAdd(y, r, At(index, Vector512.Create(
            0.5f, 0.13250488f, -0.0833154693f, -0.127469197f,
            -0.0852318034f, -0.0376110859f, -0.0119456472f, -0.00282176002f,
            -0.000503649586f, -6.85291889e-05f, -7.14696262e-06f, -5.73351429e-07f,
            -3.54693519e-08f, -1.69511716e-09f, -6.2667864e-11f, 0)));
    }

    // The stretch that −a lies in, in the lowest four bits, and where: r in [−½, ½]. NaN stays in r.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Locate<TSimd, V>(V a, out V r) where TSimd : ISimd<V> where V : struct
    {
        V two = TSimd.Broadcast(2), rounder = TSimd.Broadcast(GeluTables.Rounder);
        V bounded = TSimd.Min(TSimd.Broadcast(GeluTables.Bound), a);
        V shifted = TSimd.MultiplyAdd(bounded, two, rounder);
        r = TSimd.MultiplyAdd(bounded, two, TSimd.Subtract(rounder, shifted));
        return shifted;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V At<V>(V index, Vector512<float> coefficients) where V : struct =>
        Unsafe.BitCast<Vector512<float>, V>(Avx512F.PermuteVar16x32(coefficients, Unsafe.BitCast<V, Vector512<int>>(index)));
}
