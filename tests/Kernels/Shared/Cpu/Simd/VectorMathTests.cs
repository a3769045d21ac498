using System.Runtime.Intrinsics;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

public sealed unsafe class VectorMathTests
{
    // Every so many floats of each sign, exponents and all: prime, so that no bit pattern is favoured.
    private const uint Stride = 40_009;

    private delegate void Function(float* y, float* x, int count);

    [Fact]
    public void ExpIsWithinItsError() => WithinUlps(1.5, Math.Exp, [Exp<Simd128, Vector128<float>>, Exp<Simd256, Vector256<float>>, Exp<Simd512, Vector512<float>>]);

    [Fact]
    public void ExpOrZeroHasItsBits()
    {
        foreach ((Function f, Function exp) in ((Function, Function)[])
                 [(ExpOrZero<Simd128, Vector128<float>>, Exp<Simd128, Vector128<float>>), (ExpOrZero<Simd256, Vector256<float>>, Exp<Simd256, Vector256<float>>), (ExpOrZero<Simd512, Vector512<float>>, Exp<Simd512, Vector512<float>>)])
        {
            foreach (((float x, float y), (_, float expected)) in Sample(f).Zip(Sample(exp)).Where(p => !(p.First.X > 88)))
                Assert.Equal(x < -87.3f ? 0 : expected, y);
        }
    }

    [Fact]
    public void TanhIsWithinItsError() => WithinUlps(3, Math.Tanh, [Tanh<Simd128, Vector128<float>>, Tanh<Simd256, Vector256<float>>, Tanh<Simd512, Vector512<float>>]);

    [Fact]
    public void NormalCdfIsWithinItsError()
    {
        foreach (Function f in new Function[] { Cdf<Simd128, Vector128<float>>, Cdf<Simd256, Vector256<float>>, Cdf<Simd512, Vector512<float>> })
        {
            foreach ((float x, float y) in Sample(f).Where(p => !float.IsNaN(p.X)))
            {
                double expected = SpecialFunctions.NormalCdf(x);
                Assert.True(Math.Abs(y - expected) <= 1e-7, $"Φ({x:R}) = {expected:R}, not {y:R}");
                // In the left tail, where exp(−x²/2) takes most of the error, as long as the result is a normal float.
                if (expected > 1.2e-38)
                    Assert.True(Math.Abs(y / expected - 1) <= 7e-6, $"Φ({x:R}) = {expected:R}, not {y:R}");
            }
        }
    }

    [Fact]
    public void GeluIsAccurateInItsLeftTail()
    {
        foreach (float x in Enumerable.Range(1, 1200).Select(i => -i / 100f))
        {
            float y = GeluActivation.Apply<Simd128, Vector128<float>>(Vector128.Create(x)).ToScalar();
            double expected = x * SpecialFunctions.NormalCdf(x);
            Assert.True(Math.Abs(y / expected - 1) <= 6e-6, $"GELU({x}) = {expected:R}, not {y:R}");
        }
    }

    private static void WithinUlps(double limit, Func<double, double> exact, Function[] functions)
    {
        foreach (Function f in functions)
        {
            foreach ((float x, float y) in Sample(f))
            {
                double expected = exact(x);
                if (double.IsNaN(expected) || Math.Abs(expected) > float.MaxValue * (1 + 1e-7))
                {
                    Assert.True(((float)expected).Equals(y), $"f({x:R}) = {expected:R}, not {y:R}");
                    continue;
                }
                double ulp = Ulp((float)Math.Abs(expected));
                Assert.True(float.IsPositiveInfinity(y) && expected > float.MaxValue * 0.999999 || Math.Abs(y - expected) <= limit * ulp,
                    $"f({x:R}) = {expected:R}, not {y:R}: {Math.Abs(y - expected) / ulp:F2} units in the last place");
            }
        }
    }

    private static double Ulp(float x) => x == float.MaxValue ? Ulp(MathF.BitDecrement(x)) : (double)MathF.BitIncrement(x) - x;

    private static IEnumerable<(float X, float Y)> Sample(Function f)
    {
        const int Count = 4096;
        var x = new float[Count];
        var y = new float[Count];
        uint bits = 0;
        for (bool done = false; !done;)
        {
            int n = 0;
            for (; n < Count && !done; n++)
            {
                x[n] = BitConverter.UInt32BitsToSingle(bits);
                done = bits > uint.MaxValue - Stride;
                bits += Stride;
            }
            Apply(f, y, x);
            for (int i = 0; i < n; i++)
                yield return (x[i], y[i]);
        }
        float[] special = [0, -0f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, float.Epsilon, -float.Epsilon, float.MaxValue, float.MinValue,
            88.72283f, 88.72284f, -87.33654f, -87.33655f, -103.97207f, -103.97208f, -103.98f];
        special.CopyTo(x, 0);
        Apply(f, y, x);
        for (int i = 0; i < special.Length; i++)
            yield return (x[i], y[i]);
    }

    private static void Apply(Function f, float[] y, float[] x)
    {
        fixed (float* ys = y, xs = x)
            f(ys, xs, y.Length);
    }

    private static void Exp<TSimd, V>(float* y, float* x, int count) where TSimd : ISimd<V> where V : struct
    {
        for (int i = 0; i < count; i += TSimd.Width)
            TSimd.Store(y + i, VectorMath.Exp<TSimd, V>(TSimd.Load(x + i)));
    }

    private static void ExpOrZero<TSimd, V>(float* y, float* x, int count) where TSimd : ISimd<V> where V : struct
    {
        for (int i = 0; i < count; i += TSimd.Width)
            TSimd.Store(y + i, VectorMath.ExpOrZero<TSimd, V>(TSimd.Load(x + i)));
    }

    private static void Tanh<TSimd, V>(float* y, float* x, int count) where TSimd : ISimd<V> where V : struct
    {
        for (int i = 0; i < count; i += TSimd.Width)
            TSimd.Store(y + i, VectorMath.Tanh<TSimd, V>(TSimd.Load(x + i)));
    }

    private static void Cdf<TSimd, V>(float* y, float* x, int count) where TSimd : ISimd<V> where V : struct
    {
        for (int i = 0; i < count; i += TSimd.Width)
            TSimd.Store(y + i, VectorMath.NormalCdf<TSimd, V>(TSimd.Load(x + i), out _));
    }
}
