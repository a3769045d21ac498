using System.Runtime.Intrinsics;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

public sealed unsafe class SimdLanesTests
{
    private const float Untouched = -7;

    [Fact]
    public void FourLanes() => LoadsAndStoresTheFirst<Simd128, Vector128<float>>();

    [Fact]
    public void EightLanes() => LoadsAndStoresTheFirst<Simd256, Vector256<float>>();

    [Fact]
    public void SixteenLanes() => LoadsAndStoresTheFirst<Simd512, Vector512<float>>();

    private static void LoadsAndStoresTheFirst<TSimd, V>() where TSimd : ISimd<V> where V : struct
    {
        float[] row = [.. Enumerable.Range(1, 2 * TSimd.Width).Select(i => (float)i)], loaded = new float[TSimd.Width], stored = new float[2 * TSimd.Width];
        for (int count = 0; count <= TSimd.Width + 1; count++)
        {
            int first = Math.Min(count, TSimd.Width);
            stored.AsSpan().Fill(Untouched);
            fixed (float* from = row, all = loaded, to = stored)
            {
                V value = Lanes.Load<TSimd, V>(from, count);
                TSimd.Store(all, value);
                Lanes.Store<TSimd, V>(to, TSimd.Load(from), count);
            }
            Assert.Equal([.. row.Take(first), .. new float[TSimd.Width - first]], loaded);
            Assert.Equal([.. row.Take(first), .. Enumerable.Repeat(Untouched, stored.Length - first)], stored);
        }
    }
}
