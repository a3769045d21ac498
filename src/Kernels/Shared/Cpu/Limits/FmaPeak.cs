using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace BareBert.Kernels;

/// <summary>The most multiply-adds that this machine does: independent chains of FMA in registers, no memory at all.</summary>
public static class FmaPeak
{
    private const int Chains = 12;
    private const int Rounds = 2_000_000;

    /// <summary>GFLOP/s of <paramref name="team"/>'s threads together (an FMA of 16 floats is 32 FLOP): the best of a few short runs.</summary>
    public static double Measure(ThreadTeam team, int runs = 7)
    {
        double best = 0;
        team.RunTiles(team.Count, new Job());
        for (int i = 0; i < runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            team.RunTiles(team.Count, new Job());
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            best = Math.Max(best, 2.0 * VectorWidth.Floats * Chains * Rounds * team.Count / seconds / 1e9);
        }
        return best;
    }

    private static float _sink;

    private struct Job : ITileJob
    {
        public readonly void Invoke(int tile, int worker)
        {
            float sum = VectorWidth.Floats switch
            {
                16 => Vector512.Sum(Spin<Simd512, Vector512<float>>(Vector512.Create(0.5f))),
                8 => Vector256.Sum(Spin<Simd256, Vector256<float>>(Vector256.Create(0.5f))),
                _ => Vector128.Sum(Spin<Simd128, Vector128<float>>(Vector128.Create(0.5f))),
            };
            Volatile.Write(ref _sink, sum);
        }
    }

    // Twelve chains cover the latency of an FMA (4 or 5 cycles) at two a cycle; x → x/2 + 1 stays near 2 for ever.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static V Spin<TSimd, V>(V half) where TSimd : ISimd<V> where V : struct
    {
        V one = TSimd.Broadcast(1), a = one, b = one, c = one, d = one, e = one, f = one;
        V g = one, h = one, i = one, j = one, k = one, l = one;
        for (int round = 0; round < Rounds; round++)
        {
            a = TSimd.MultiplyAdd(a, half, one);
            b = TSimd.MultiplyAdd(b, half, one);
            c = TSimd.MultiplyAdd(c, half, one);
            d = TSimd.MultiplyAdd(d, half, one);
            e = TSimd.MultiplyAdd(e, half, one);
            f = TSimd.MultiplyAdd(f, half, one);
            g = TSimd.MultiplyAdd(g, half, one);
            h = TSimd.MultiplyAdd(h, half, one);
            i = TSimd.MultiplyAdd(i, half, one);
            j = TSimd.MultiplyAdd(j, half, one);
            k = TSimd.MultiplyAdd(k, half, one);
            l = TSimd.MultiplyAdd(l, half, one);
        }
        V left = TSimd.Add(TSimd.Add(TSimd.Add(a, b), TSimd.Add(c, d)), TSimd.Add(e, f));
        return TSimd.Add(left, TSimd.Add(TSimd.Add(TSimd.Add(g, h), TSimd.Add(i, j)), TSimd.Add(k, l)));
    }
}
