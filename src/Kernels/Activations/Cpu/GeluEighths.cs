using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BareBert.Kernels;

/// <summary>−Φ(−a) and GELU′(−a) for a ≥ 0 by eight polynomials of degree 8, one for each stretch of 1 of a: AVX2 holds a coefficient of all eight in one register and picks each lane's own in one instruction.</summary>
/// <remarks>
/// Stretch j is a from j to j + 1, and beyond 7 both are 0. Fits as in <see cref="GeluSixteenths"/>. Φ: absolute error 3e-8, relative 4e-6 down to −5 and 2e-4 at −7.
/// The derivative: absolute error 4e-8.
/// </remarks>
internal static unsafe class GeluEighths
{
    private const int Count = 8;

    /// <summary>True for vectors in which this can be done; known when it is compiled.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsFor<V>() => typeof(V) == typeof(Vector256<float>) && Avx2.IsSupported;

    /// <summary>−Φ(−a).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V MinusCdf<TSimd, V>(V a) where TSimd : ISimd<V> where V : struct => Polynomial<TSimd, V>(a, MinusCdfs);

    /// <summary>Φ(−a) − a·φ(a).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<TSimd, V>(V a) where TSimd : ISimd<V> where V : struct => Polynomial<TSimd, V>(a, Derivatives);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Polynomial<TSimd, V>(V a, ReadOnlySpan<float> coefficients) where TSimd : ISimd<V> where V : struct
    {
        // The stretch in the lowest three bits, and where in it: r in [−½, ½]. NaN stays in r.
        V rounder = TSimd.Broadcast(GeluTables.Rounder);
        V middle = TSimd.Subtract(TSimd.Min(TSimd.Broadcast(GeluTables.Bound), a), TSimd.Broadcast(0.5f));
        V index = TSimd.Add(middle, rounder), r = TSimd.Subtract(middle, TSimd.Subtract(index, rounder));
        // They lie in the program's file, which does not move.
        float* c = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(coefficients));
        V y = At(index, c);
        y = TSimd.MultiplyAdd(y, r, At(index, c + Count));
        y = TSimd.MultiplyAdd(y, r, At(index, c + 2 * Count));
        y = TSimd.MultiplyAdd(y, r, At(index, c + 3 * Count));
        y = TSimd.MultiplyAdd(y, r, At(index, c + 4 * Count));
        y = TSimd.MultiplyAdd(y, r, At(index, c + 5 * Count));
        y = TSimd.MultiplyAdd(y, r, At(index, c + 6 * Count));
        y = TSimd.MultiplyAdd(y, r, At(index, c + 7 * Count));
        return TSimd.MultiplyAdd(y, r, At(index, c + 8 * Count));
    }

    // A load of its own: vpermps with its table in memory takes Zen 3 two cycles, one in a register 1.3.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V At<V>(V index, float* coefficients) where V : struct => Unsafe.BitCast<Vector256<float>, V>(
        Avx2.PermuteVar8x32(Avx.LoadDquVector256((int*)coefficients).AsSingle(), Unsafe.BitCast<V, Vector256<int>>(index)));

    // Of r⁸ down to r⁰, for each the stretches in order.
    private static ReadOnlySpan<float> MinusCdfs =>
    [
        0.000330459938f, -0.000167795341f, 2.84348916e-05f, 8.14353371e-06f, -2.72163015e-06f, -1.38375952e-07f, -1.36646117e-09f, 0,
        -0.000319409417f, 0.00054388959f, -0.000253422215f, 1.86221332e-05f, 9.89561704e-06f, 3.53567145e-07f, 3.02390246e-09f, 0,
        -0.00306734722f, 0.000657388591f, 0.000511739752f, -0.000179511917f, -2.23814823e-05f, -5.32902391e-07f, -3.56877794e-09f, 0,
        0.00458289357f, -0.00586625654f, 0.000664896041f, 0.000578994979f, 3.88149201e-05f, 6.59230011e-07f, 3.40535022e-09f, 0,
        0.0201700572f, 0.00607101945f, -0.00593373692f, -0.00117737032f, -5.16780528e-05f, -6.70376039e-07f, -2.80785173e-09f, 0,
        -0.0440080762f, 0.0269826669f, 0.0153373508f, 0.00163626473f, 5.12808583e-05f, 5.24908842e-07f, 1.83196902e-09f, 0,
        -0.0880163237f, -0.0971381888f, -0.0219103917f, -0.00152718776f, -3.59641417e-05f, -2.96241723e-07f, -8.684089e-10f, 0,
        0.352065325f, 0.1295176f, 0.0175282992f, 0.000872682722f, 1.59837819e-05f, 1.07704011e-07f, 2.67069589e-10f, 0,
        -0.308537543f, -0.066807203f, -0.00620966498f, -0.000232629129f, -3.39766984e-06f, -1.89893363e-08f, -4.0159525e-11f, 0,
    ];

    private static ReadOnlySpan<float> Derivatives =>
    [
        -0.00298427418f, 0.00177849422f, -0.000606236397f, 9.31365357e-05f, 2.20871925e-06f, -1.71412751e-06f, -3.49231293e-08f, 0,
        0.0012272977f, -0.0023744686f, 0.00155281916f, -0.000440904492f, 2.98438736e-05f, 5.0707099e-06f, 8.11199357e-08f, 0,
        0.0225934032f, -0.0104278158f, 0.000994500704f, 0.000739162788f, -0.000147911443f, -9.12519135e-06f, -1.04092905e-07f, 0,
        -0.0182930585f, 0.0292947851f, -0.0116999522f, 0.000318421226f, 0.000367669301f, 1.30544622e-05f, 1.08704057e-07f, 0,
        -0.112308003f, 0.01365689f, 0.0213405062f, -0.00423933938f, -0.000615474535f, -1.47964956e-05f, -9.60761071e-08f, 0,
        0.135691971f, -0.144358203f, -0.00200856314f, 0.00993595365f, 0.000725416932f, 1.26951045e-05f, 6.63756126e-08f, 0,
        0.330061108f, 0.169991955f, -0.0492983647f, -0.0125993695f, -0.000584398455f, -7.7751065e-06f, -3.32057439e-08f, 0,
        -0.616114318f, 0.0323794f, 0.0744952783f, 0.00894499663f, 0.000291703182f, 3.0425108e-06f, 1.07474296e-08f, 0,
        0.13250488f, -0.127469197f, -0.0376110859f, -0.00282176025f, -6.85292034e-05f, -5.73344835e-07f, -1.69502334e-09f, 0,
    ];
}
