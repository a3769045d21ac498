using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>What a conformance test of one step does not see.</summary>
public sealed class AdamWTests : IDisposable
{
    private const int N = 37;

    private readonly CpuKernels _kernels = new(1);
    private readonly Arena _arena;

    public AdamWTests() => _arena = new Arena(_kernels.Memory);

    public void Dispose()
    {
        _arena.Dispose();
        _kernels.Dispose();
    }

    [Fact]
    public void MomentsOfWhatIsNotSeenAgainBecomeZero()
    {
        Tensor w = Filled(0.1f), g = Filled(1e-3f), m = Filled(0), v = Filled(0);
        for (int step = 1; step <= 1000; step++)
        {
            _kernels.Run(new AdamW { Weight = w, Gradient = g, M = m, V = v, Options = new AdamWOptions(1e-3, 0.9, 0.99, 1e-8, 0.01, step) });
            Assert.DoesNotContain(m.ToArray<float>(), float.IsSubnormal);
        }
        // 0.9¹⁰⁰⁰ of 1e-4 is 1e-50, where rounding would have stopped at the fourth subnormal number; 0.99¹⁰⁰⁰ of 1e-8 is 4e-13.
        Assert.All(m.ToArray<float>(), value => Assert.Equal(0, value));
        Assert.All(v.ToArray<float>(), value => Assert.InRange(value, 4e-13f, 5e-13f));
    }

    [Fact]
    public void GradientsBelowAllMeasureCountAsZero()
    {
        Tensor w = Filled(0.1f), m = Filled(0), v = Filled(0);
        var options = new AdamWOptions(1e-3, 0.9, 0.999, 1e-8, 0, Step: 1);
        _kernels.Run(new AdamW { Weight = w, Gradient = Filled(9e-17f), M = m, V = v, Options = options });
        Assert.Equal((0f, 0f), (m.ToArray<float>()[N - 1], v.ToArray<float>()[N - 1]));
        _kernels.Run(new AdamW { Weight = w, Gradient = Filled(-2e-16f), M = m, V = v, Options = options });
        Assert.True(m.ToArray<float>()[N - 1] < 0 && float.IsNormal(v.ToArray<float>()[N - 1]));
    }

    private Tensor Filled(float value) => _arena.Upload<float>(new Shape(N), [.. Enumerable.Repeat(value, N)]);
}
