using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>Device mathematics against float64, with the errors that its comments promise.</summary>
public sealed class MathTests
{
    private const int Count = 1 << 14;

    /// <param name="which">The case in <see cref="SimtKernels.Mathematics"/>.</param>
    /// <param name="low">Smallest argument.</param>
    /// <param name="high">Largest.</param>
    /// <param name="ulps">Allowed error in units of the result's last place.</param>
    /// <param name="absolute">Error allowed in any case.</param>
    [Theory]
    [InlineData(0, -87, 88.7, 3, 0)]
    [InlineData(0, -104, -87, 0, 1.2e-38)]
    [InlineData(0, -1, 1, 3, 0)]
    [InlineData(1, 1e-40, 1e-36, 2, 0)]
    [InlineData(1, 0.5, 2, 2, 0)]
    [InlineData(1, 1e-3, 1e9, 2, 0)]
    [InlineData(2, -1, 1, 4, 0)]
    [InlineData(2, -12, 12, 4, 0)]
    [InlineData(3, -1.5, 1.5, 4, 0)]
    [InlineData(3, -5, 5, 4, 0)]
    [InlineData(3, -1e-3, 1e-3, 4, 0)]
    [InlineData(4, 1e-6, 1e6, 2, 0)]
    [InlineData(5, -10000, 10000, 0, 2e-7)]
    [InlineData(6, -10000, 10000, 0, 2e-7)]
    [InlineData(7, -125, 127, 2, 0)]
    [InlineData(8, 1e-3, 1e3, 3, 2e-7)]
    [InlineData(9, 0.01, 30, 40, 0)]
    [InlineData(10, 1e-3, 1e3, 3, 2e-7)]
    public void FloatFunctionsAreAsExactAsTheySay(int which, double low, double high, double ulps, double absolute)
    {
        var random = new Random(which);
        float[] x = [.. Enumerable.Range(0, Count).Select(i => (float)(low + (high - low) * (i < 2 ? i : random.NextDouble())))];
        float[] y = Map(x, which);
        for (int i = 0; i < Count; i++)
        {
            double exact = Exact(which, x[i]);
            double allowed = Math.Max(ulps * Ulp(exact), absolute);
            double error = Math.Abs(y[i] - exact);
            Assert.True(error <= allowed, $"f({x[i]:r}) = {y[i]:r}, exactly {exact:r}: {error / Ulp(exact):f2} ulp");
        }
    }

    [Theory]
    [InlineData(0, float.NaN, float.NaN)]
    [InlineData(0, float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(0, float.NegativeInfinity, 0)]
    [InlineData(0, 89, float.PositiveInfinity)]
    [InlineData(1, float.NaN, float.NaN)]
    [InlineData(1, 0, float.NegativeInfinity)]
    [InlineData(1, -1, float.NaN)]
    [InlineData(1, float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(1, 1, 0)]
    [InlineData(2, float.NaN, float.NaN)]
    [InlineData(2, float.PositiveInfinity, 1)]
    [InlineData(2, float.NegativeInfinity, -1)]
    [InlineData(2, 0, 0)]
    [InlineData(3, float.NaN, float.NaN)]
    [InlineData(3, float.PositiveInfinity, 1)]
    [InlineData(3, float.NegativeInfinity, -1)]
    [InlineData(3, 0, 0)]
    [InlineData(9, 0, 0)]
    [InlineData(9, -2, float.NaN)]
    public void SpecialValues(int which, float x, float expected) => Assert.Equal(expected, Map([x], which)[0]);

    [Theory]
    [InlineData(0, -700, 700)]
    [InlineData(0, -745, -700)]
    [InlineData(0, -1, 1)]
    [InlineData(1, 1e-310, 1e-300)]
    [InlineData(1, 0.5, 2)]
    [InlineData(1, 1e-3, 1e300)]
    public void DoubleFunctionsAreWithinAnUlp(int which, double low, double high)
    {
        var random = new Random(which);
        double[] x = [.. Enumerable.Range(0, 4096).Select(_ => low + (high - low) * random.NextDouble()), which == 0 ? 0 : 1];
        using var device = new EmulatedDevice();
        using var dx = new DeviceBuffer<double>(device, x.Length);
        using var dy = new DeviceBuffer<double>(device, x.Length);
        dx.Upload(x);
        device.Launch(SimtKernel.Of(SimtKernels.MathematicsDouble), x.Length, 1, 0, dx.View, dy.View, which);
        double[] y = dy.Download();
        for (int i = 0; i < x.Length; i++)
        {
            // The host's own functions are within 1 ulp too.
            double expected = which == 0 ? Math.Exp(x[i]) : Math.Log(x[i]);
            Assert.True(Math.Abs(y[i] - expected) <= 2 * Math.BitIncrement(Math.Abs(expected)) - 2 * Math.Abs(expected), $"f({x[i]:r}) = {y[i]:r}, not {expected:r}");
        }
    }

    private static float[] Map(float[] x, int which)
    {
        using var device = new EmulatedDevice();
        using var dx = new DeviceBuffer<float>(device, x.Length);
        using var dy = new DeviceBuffer<float>(device, x.Length);
        dx.Upload(x);
        device.Launch(SimtKernel.Of(SimtKernels.Mathematics), (x.Length + 127) / 128, Math.Min(x.Length, 128), 0, dx.View, dy.View, which);
        return dy.Download();
    }

    private static double Exact(int which, double x) => which switch
    {
        0 => Math.Exp(x),
        1 => Math.Log(x),
        2 => Math.Tanh(x),
        3 => Erf(x),
        4 => 1 / Math.Sqrt(x),
        5 => Math.Sin(x),
        6 => Math.Cos(x),
        7 => Math.Pow(2, x),
        8 => Math.Log2(x),
        9 => Math.Pow(x, 2.5),
        _ => Math.Log10(x),
    };

    /// <summary>erf by its Taylor series, e^-x² times all-positive terms: no cancellation, 1e-15.</summary>
    private static double Erf(double x)
    {
        double term = 2 / Math.Sqrt(Math.PI) * x * Math.Exp(-x * x), sum = 0;
        for (int n = 0; n < 300 && Math.Abs(term) > 1e-18 * Math.Abs(sum); n++)
        {
            sum += term;
            term *= 2 * x * x / (2 * n + 3);
        }
        return sum;
    }

    /// <summary>The distance between neighbouring float32 numbers at <paramref name="value"/>.</summary>
    private static double Ulp(double value) => Math.Pow(2, Math.Max(Math.Floor(Math.Log2(Math.Abs(value))), -126) - 23);
}
