using System.Runtime.Intrinsics;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>Attention's exponential.</summary>
public sealed class PowersOfTwoTests
{
    [Fact]
    public void TheyAreWithinTheirErrorAndNeverSubnormal()
    {
        for (float x = -200; x <= 127; x += 0.0173f)
        {
            float y = Exp2(x);
            if (x < -126)
                Assert.Equal(0, y);
            else
                Assert.True(Math.Abs(y / Math.Pow(2, x) - 1) <= 2 * 1.2e-7, $"2^{x:R} is not {y:R}");
        }
        Assert.Equal([0, 0], ((float[])[float.NegativeInfinity, float.MinValue]).Select(Exp2));
        Assert.True(float.IsNaN(Exp2(float.NaN)));
    }

    private static float Exp2(float x)
    {
        float y = PowersOfTwo.Exp2<Simd128, Vector128<float>>(Vector128.Create(x)).ToScalar();
        Assert.Equal(y, PowersOfTwo.Exp2<Simd256, Vector256<float>>(Vector256.Create(x)).ToScalar());
        Assert.Equal(y, PowersOfTwo.Exp2<Simd512, Vector512<float>>(Vector512.Create(x)).ToScalar());
        return y;
    }
}
