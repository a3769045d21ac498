using BareBert.Kernels;
using BareBert.Simt;
using ILGPU;
using Xunit;

namespace BareBert.Tests;

/// <summary>Every rung of the GPU's ladder of multiplies against sums in double precision, on the interpreter.</summary>
public sealed class MatMulLadderTests : IDisposable
{
    private readonly EmulatedDevice _device = new();
    private readonly GpuKernels _kernels;
    private readonly Random _random = new(11);

    public MatMulLadderTests() => _kernels = new GpuKernels(_device, "emulated");

    public void Dispose() => _kernels.Dispose();

    public static TheoryData<string> Rungs => [.. MatMulLadder.Rungs.Select(rung => rung.ToString())];

    [Theory, MemberData(nameof(Rungs))]
    public void AllTransposesOfAnyShapeAreRight(string name)
    {
        MatMulRung rung = Rung(name);
        // Multiples of 4, as 16-byte accesses need; the others take every shape.
        (int, int, int)[] shapes = rung.NeedsAlignment ? [(4, 4, 4), (132, 72, 36), (64, 200, 20)] : [(1, 1, 1), (130, 67, 37), (33, 140, 65)];
        foreach ((int m, int n, int k) in shapes)
        {
            for (int flags = 0; flags < 4; flags++)
                Check(rung, m, n, k, (flags & 1) != 0, (flags & 2) != 0, Activation.None, batch: 1, accumulate: flags % 3 == 0);
        }
    }

    [Theory, MemberData(nameof(Rungs))]
    public void BatchesAndEpiloguesAreRight(string name)
    {
        Check(Rung(name), 36, 20, 24, false, true, Activation.None, batch: 3, accumulate: false);
        Check(Rung(name), 36, 132, 24, false, true, Activation.Gelu, batch: 1, accumulate: false);
    }

    [Theory, MemberData(nameof(Rungs))]
    public void PartsOfKAddUp(string name)
    {
        MatMulRung rung = Rung(name);
        for (int flags = 0; flags < 4; flags++)
        {
            Check(rung, 36, 20, 100, (flags & 1) != 0, (flags & 2) != 0, Activation.None, batch: 1, accumulate: flags % 3 == 0, parts: 3);
            if (!rung.NeedsAlignment)
                Check(rung, 5, 33, 67, (flags & 1) != 0, (flags & 2) != 0, Activation.None, batch: 1, accumulate: flags % 3 != 0, parts: 8);
        }
    }

    [Fact]
    public void BandsOfTilesCoverResultsOfEveryShape()
    {
        // Nine and eight rows of tiles: a band of eight and a rest, with several columns.
        foreach (MatMulRung rung in MatMulLadder.Rungs.Where(rung => rung.IsPacked))
        {
            Check(rung, 9 * 128 - 5, rung.TileN + 3, 8, false, true, Activation.None, batch: 1, accumulate: false);
            Check(rung, 8 * 128, 3, 8, false, true, Activation.None, batch: 1, accumulate: false);
        }
    }

    [Fact]
    public void SmallResultsOfLongSumsAreCutIntoParts()
    {
        using var x = new DeviceBuffer<float>(_device, 64);
        MatMulCall gradient = new(x.View, x.View, x.View, 256, 256, 4096) { TransposeA = true, Accumulate = true };
        Assert.Equal(16, MatMulLadder.Parts(gradient, MatMulLadder.TensorCoreBf16));
        Assert.Equal(8, MatMulLadder.Parts(gradient, MatMulLadder.Choose(gradient, Precision.Fp32)));
        Assert.Equal(3, MatMulLadder.Parts(gradient with { M = 768, N = 768, K = 8192 }, MatMulLadder.TensorCoreTf32));
        Assert.Equal(1, MatMulLadder.Parts(gradient with { M = 2304, N = 768, K = 8192 }, MatMulLadder.TensorCoreTf32));
        Assert.Equal(1, MatMulLadder.Parts(gradient with { K = 300 }, MatMulLadder.TensorCoreBf16));
        Assert.Equal(1, MatMulLadder.Parts(gradient with { Activation = Activation.Gelu }, MatMulLadder.TensorCoreBf16));
        Assert.Equal(1, MatMulLadder.Parts(gradient with { Batch = 2 }, MatMulLadder.TensorCoreBf16));
    }

    [Theory]
    [InlineData(nameof(MatMul6TensorCoreTf32))]
    [InlineData(nameof(MatMul7TensorCoreBf16))]
    [InlineData(nameof(MatMul8WideBf16))]
    public void TensorCoreTilesLieInDifferentBanks(string name)
    {
        var device = new RecordingDevice(new EmulatorOptions { CountBankConflicts = true });
        using var counted = new GpuKernels(device, "emulated");
        using var x = new DeviceBuffer<float>(device, 128 * 128);
        x.Clear();
        for (int flags = 0; flags < 4; flags++)
            counted.Multiply(new MatMulCall(x.View, x.View, x.View, 128, 128, 64) { TransposeA = (flags & 1) != 0, TransposeB = (flags & 2) != 0 }, Rung(name), parts: 1);
        RecordingDevice.Launched[] multiplies = [.. device.Launches.Where(launch => launch.Kernel.Method.DeclaringType!.Name == name)];
        Assert.Equal(4, multiplies.Length);
        Assert.All(multiplies, launch => Assert.Empty(launch.Statistics.BankConflicts));
    }

    [Fact]
    public void UnalignedRowsAreRefusedByRungsThatNeedThem()
    {
        using var x = new DeviceBuffer<float>(_device, 64);
        foreach (MatMulRung rung in MatMulLadder.Rungs.Where(rung => rung.NeedsAlignment))
            Assert.Throws<ArgumentException>(() => _kernels.Multiply(new MatMulCall(x.View, x.View, x.View, 4, 4, 3), rung));
    }

    [Fact]
    public void TheHighestRungThatFitsIsChosen()
    {
        using var x = new DeviceBuffer<float>(_device, 64);
        MatMulCall large = new(x.View, x.View, x.View, 4096, 4096, 1024), ragged = large with { K = 1023 };
        Assert.Equal(MatMulLadder.DoubleBuffered, MatMulLadder.Choose(large, Precision.Fp32));
        Assert.Equal(MatMulLadder.RegisterTile, MatMulLadder.Choose(ragged, Precision.Fp32));
        Assert.Equal(MatMulLadder.RegisterTile, MatMulLadder.Choose(large with { M = 100, N = 100 }, Precision.Fp32));
        Assert.Equal(MatMulLadder.TensorCoreTf32, MatMulLadder.Choose(large, Precision.Tf32));
        Assert.Equal(MatMulLadder.WideBf16, MatMulLadder.Choose(ragged, Precision.Bf16));
        Assert.Equal(MatMulLadder.TensorCoreBf16, MatMulLadder.Choose(ragged with { M = 1024, N = 256 }, Precision.Bf16));
        Assert.Equal(MatMulLadder.RegisterTile, MatMulLadder.Choose(large with { N = 2 }, Precision.Bf16));
    }

    private static MatMulRung Rung(string name) => MatMulLadder.Rungs.Single(rung => rung.ToString() == name);

    // Half a unit of the operands' last place, each: 2^-24, 2^-11 for TF32, 2^-8 for bfloat16.
    private static double OperandError(MatMulRung rung) =>
        rung.IsPacked ? 1.0 / 256 : rung == MatMulLadder.TensorCoreTf32 ? 1.0 / 2048 : 1.0 / (1 << 24);

    private void Check(MatMulRung rung, int m, int n, int k, bool transposeA, bool transposeB, Activation f, int batch, bool accumulate, int parts = 1)
    {
        float[] a = Draw(batch * m * k), b = Draw(batch * k * n), c = Draw(batch * m * n), bias = Draw(n);
        using DeviceBuffer<float> da = Buffer(a), db = Buffer(b), dc = Buffer(c), dbias = Buffer(bias), du = Buffer(c);
        bool epilogue = f != Activation.None;
        _kernels.Multiply(new MatMulCall(dc.View, da.View, db.View, m, n, k)
        {
            TransposeA = transposeA, TransposeB = transposeB, Batch = batch, Accumulate = accumulate, Activation = f,
            Bias = epilogue ? dbias.View : default, PreActivation = epilogue ? du.View : default,
        }, rung, parts);
        float[] actual = dc.Download(), before = du.Download();
        for (int i = 0; i < actual.Length; i++)
        {
            (int entry, int row, int col) = (i / (m * n), i / n % m, i % n);
            double sum = accumulate ? c[i] : epilogue ? bias[col] : 0, size = Math.Abs(sum);
            for (int j = 0; j < k; j++)
            {
                double term = (double)a[entry * m * k + (transposeA ? j * m + row : row * k + j)] * b[entry * k * n + (transposeB ? col * k + j : j * n + col)];
                sum += term;
                size += Math.Abs(term);
            }
            // Each product is off by two roundings of operands, each addition by one of float32.
            double allowed = size * (2 * OperandError(rung) + (k + 2) / (double)(1 << 24)) + 1e-6;
            double error = Math.Abs(actual[i] - ActivationFunctions.Value(f, sum));
            Assert.True(error <= allowed * (epilogue ? 1.2 : 1), $"{rung}, {m}x{n}x{k}, {transposeA}, {transposeB}: element {i} is {actual[i]}, off by {error:G3}");
            if (epilogue)
                Assert.True(Math.Abs(before[i] - sum) <= allowed, $"{rung}: before the activation element {i} is {before[i]}, not {sum}");
        }
    }

    private float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => 2 * _random.NextSingle() - 1)];

    private DeviceBuffer<float> Buffer(float[] values)
    {
        var buffer = new DeviceBuffer<float>(_device, values.Length);
        buffer.Upload(values);
        return buffer;
    }
}
