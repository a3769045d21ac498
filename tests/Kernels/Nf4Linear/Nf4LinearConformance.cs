using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>Weights in 4 bits: the levels, the error they allow, and the multiply with them on every device.</summary>
[Collection("devices")]
public sealed class Nf4LinearConformance(DeviceFixture devices)
{
    [Fact]
    public void LevelsAreThePublishedOnes()
    {
        // Dettmers et al. 2023, appendix E.
        double[] published =
        [
            -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0.0,
            0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
        ];
        Assert.Equal(published.Select(x => (float)x), Nf4.Levels.ToArray());
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 7)]
    [InlineData(64, 64)]
    [InlineData(300, 130)]
    public void ErrorStaysWithinHalfAGapOfTheLevels(int n, int k)
    {
        var arena = new Arena(devices.Reference.Memory);
        float[] values = Random(n * k, seed: 3), read = Nf4Matrix.Quantize(arena, values, n, k).Dequantize();
        float widestScale = values.Max(Math.Abs), largestGap = Nf4.Levels[1] - Nf4.Levels[0];
        for (int i = 0; i < values.Length; i++)
        {
            float scale = values.Skip(i / Nf4.Block * Nf4.Block).Take(Nf4.Block).Max(Math.Abs);
            // Half a gap of the levels, and half the widest step of the 8-bit scales: 2·127 − 1 of 127² to the largest deviation from the mean.
            Assert.True(Math.Abs(values[i] - read[i]) <= scale * largestGap / 2 + widestScale / 127 + 1e-6, $"element {i}: {values[i]} became {read[i]}");
        }
        arena.Dispose();
    }

    /// <summary>One block's large weight must not make the scales of its group's other blocks coarse, nor turn signs.</summary>
    [Theory]
    [InlineData(0.04, 8)]
    [InlineData(0.5, 30)]
    public void OneLargeWeightSpoilsItsOwnBlockAlone(double spread, float outlier)
    {
        using var arena = new Arena(devices.Reference.Memory);
        float[] plain = [.. Random(Nf4.Block * Nf4.Group, seed: 3).Select(x => (float)(x * spread))];
        plain.AsSpan(Nf4.Block, Nf4.Block).Fill(0.0005f);
        float[] spoilt = [.. plain];
        spoilt[100 * Nf4.Block] = outlier;
        float[] read = Nf4Matrix.Quantize(arena, plain, Nf4.Group, Nf4.Block).Dequantize(), readSpoilt = Nf4Matrix.Quantize(arena, spoilt, Nf4.Group, Nf4.Block).Dequantize();
        double Error(float[] values) => Math.Sqrt(Enumerable.Range(0, plain.Length).Where(i => i / Nf4.Block != 100).Sum(i => Math.Pow(values[i] - plain[i], 2)));
        Assert.True(Error(readSpoilt) <= 1.05 * Error(read), $"{Error(readSpoilt)} against {Error(read)}");
        Assert.Equal(outlier, readSpoilt[100 * Nf4.Block], 0.02f * outlier);
        Assert.All(spoilt.Zip(readSpoilt), pair => Assert.True(pair.First * pair.Second >= 0));
    }

    [Fact]
    public void ZerosStayZerosAndFourBitsSuffice()
    {
        using var arena = new Arena(devices.Reference.Memory);
        Nf4Matrix zeros = Nf4Matrix.Quantize(arena, new float[256 * 256], 256, 256);
        Assert.All(zeros.Dequantize(), x => Assert.Equal(0, x));
        Assert.True(zeros.Bytes * 8.0 / (256 * 256) <= 4.15);
    }

    public static TheoryData<string, int, int, int> Cases()
    {
        var cases = new TheoryData<string, int, int, int>();
        foreach (Device device in Devices.All)
        {
            foreach ((int rows, int n, int k) in new[] { (1, 1, 1), (3, 33, 31), (5, 64, 32), (9, 96, 768), (2, 768, 33), (4, 50, 4099) })
                cases.Add(device.Name, rows, n, k);
        }
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void MultipliesAsReference(string device, int rows, int n, int k)
    {
        float[] weight = Random(n * k, seed: 5);
        foreach (bool hasBias in new[] { true, false })
        {
            using Trial trial = devices.On(device);
            Operand y = trial.Output(new Shape(rows, n)), x = trial.Normal(new Shape(rows, k)), bias = hasBias ? trial.Normal(new Shape(n)) : default;
            Operand dx = trial.Normal(new Shape(rows, k)), dy = trial.Normal(new Shape(rows, n));
            trial.Run((kernels, tensor) =>
            {
                using var arena = new Arena(kernels.Memory);
                Nf4Matrix matrix = Nf4Matrix.Quantize(arena, weight, n, k);
                kernels.Run(new Nf4LinearForward { Y = tensor(y), X = tensor(x), Weight = matrix, Bias = tensor(bias) });
                kernels.Run(new Nf4LinearBackward { DX = tensor(dx), DY = tensor(dy), Weight = matrix });
            });
            trial.Matches(y, Tolerance.Sum(k), "y");
            trial.Matches(dx, Tolerance.Sum(n), "dx");
        }
    }

    [Theory]
    [MemberData(nameof(Devices.Names), MemberType = typeof(Devices))]
    public void RefusesWhatDoesNotFit(string device)
    {
        using Trial trial = devices.On(device);
        Operand y = trial.Output(new Shape(2, 3)), x = trial.Normal(new Shape(2, 5));
        trial.Rejects((kernels, tensor) =>
        {
            using var arena = new Arena(kernels.Memory);
            kernels.Run(new Nf4LinearForward { Y = tensor(y), X = tensor(x), Weight = Nf4Matrix.Quantize(arena, new float[12], 3, 4) });
        });
        trial.Rejects((kernels, tensor) =>
        {
            using var arena = new Arena(kernels.Memory);
            Nf4Matrix tooSmall = Nf4Matrix.Quantize(arena, new float[5], 1, 5) with { N = 3 };
            kernels.Run(new Nf4LinearForward { Y = tensor(y), X = tensor(x), Weight = tooSmall });
        });
    }

    private static float[] Random(int count, ulong seed)
    {
        var random = new PhiloxStream(seed, 6);
        return [.. Enumerable.Range(0, count).Select(_ => (float)random.NextNormal())];
    }
}
