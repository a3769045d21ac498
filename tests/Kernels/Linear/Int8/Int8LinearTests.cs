using System.Runtime.Intrinsics;
using BareBert.Kernels;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

/// <summary>The layer in 8 bits: exact sums, the same on every path, close to the layer in 32.</summary>
public sealed class Int8LinearTests : IDisposable
{
    private static readonly (int Rows, int N, int K)[] Shapes =
        [(1, 1, 1), (1, 33, 768), (12, 96, 384), (13, 31, 32), (97, 40, 65), (25, 8, 31), (7, 16, 2), (31, 129, 1537), (200, 17, 3)];

    private readonly CpuKernels _kernels = new(2);
    private readonly ReferenceKernels<float> _reference = new();
    private readonly Arena _arena, _referenceArena;

    public Int8LinearTests() => (_arena, _referenceArena) = (new Arena(_kernels.Memory), new Arena(_reference.Memory));

    public void Dispose()
    {
        _arena.Dispose();
        _referenceArena.Dispose();
        _kernels.Dispose();
        _reference.Dispose();
    }

    [Fact]
    public void TheProcessorGivesTheReferencesBits()
    {
        foreach ((int rows, int n, int k) in Shapes)
        {
            float[] x = Normal(rows * k, 1), bias = Normal(n, 3);
            using var weight = new Int8Weight(Normal(n * k, 2), n, k);
            foreach (float[]? added in (float[]?[])[bias, null])
                Assert.Equal(Run(_reference, _referenceArena, rows, x, weight, added, Activation.None), Run(_kernels, _arena, rows, x, weight, added, Activation.None));
        }
    }

    [Fact]
    public void EveryWidthGivesTheSameBits()
    {
        foreach ((int rows, int n, int k) in Shapes)
        {
            float[] x = Normal(rows * k, 4);
            using var weight = new Int8Weight(Normal(n * k, 5), n, k);
            float[] expected = Run(_reference, _referenceArena, rows, x, weight, null, Activation.None);
            Assert.Equal(expected, ByHand<Int8MicroKernel<Int8Vectors128, Vector128<int>>, Simd128, Vector128<float>>(rows, x, weight));
            if (Int8Vectors256.IsSupported)
                Assert.Equal(expected, ByHand<Int8MicroKernel<Int8Vectors256, Vector256<int>>, Simd256, Vector256<float>>(rows, x, weight));
            if (Int8Vectors512.IsSupported)
                Assert.Equal(expected, ByHand<Int8MicroKernel<Int8Vectors512, Vector512<int>>, Simd512, Vector512<float>>(rows, x, weight));
            if (Int8VnniMicroKernel.IsSupported)
                Assert.Equal(expected, ByHand<Int8VnniMicroKernel, Simd512, Vector512<float>>(rows, x, weight));
        }
    }

    [Fact]
    public void TheLargestCodesDoNotOverflow()
    {
        const int K = 4096;
        float[] ones = [.. Enumerable.Repeat(1f, K)], minus = [.. Enumerable.Repeat(-1f, K)];
        using var weight = new Int8Weight(ones, 1, K);
        int largest = Int8.LargestInput(K);
        Assert.InRange((long)K * largest * 127, int.MaxValue - 127 * K, int.MaxValue);
        float expected = (float)(K * largest * 127) * (1f / largest) * (1f / 127);
        Assert.Equal([expected], Run(_kernels, _arena, 1, ones, weight, null, Activation.None));
        Assert.Equal([-expected], Run(_kernels, _arena, 1, minus, weight, null, Activation.None));
    }

    [Theory]
    [InlineData(Activation.None)]
    [InlineData(Activation.Gelu)]
    [InlineData(Activation.Tanh)]
    public void ItIsCloseToTheLayerInFloats(Activation f)
    {
        (int rows, int n, int k) = (40, 64, 384);
        float[] x = Normal(rows * k, 6), values = [.. Normal(n * k, 7).Select(w => w * 0.05f)], bias = Normal(n, 8);
        using var weight = new Int8Weight(values, n, k);
        float[] actual = Run(_kernels, _arena, rows, x, weight, bias, f);
        Tensor y = _arena.Allocate(new Shape(rows, n));
        _kernels.Run(new LinearForward
        {
            Y = y, X = _arena.Upload<float>(new Shape(rows, k), x), Weight = _arena.Upload<float>(new Shape(n, k), values), Bias = _arena.Upload<float>(new Shape(n), bias), Activation = f,
        });
        float[] expected = y.ToArray<float>();
        // Up to half a step of a weight, 0.05·3/127, the errors independent along k.
        double error = Math.Sqrt(actual.Zip(expected, (a, b) => (double)(a - b) * (a - b)).Average());
        Assert.True(error <= 0.01, $"{error}");
        Assert.True(actual.Zip(expected, (a, b) => Math.Abs(a - b)).Max() <= 0.05);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void WhatIsNoNumberStaysInItsRow(float value)
    {
        float[] x = Normal(20 * 31, 9);
        x[19 * 31 + 30] = value;
        using var weight = new Int8Weight(Normal(33 * 31, 10), 33, 31);
        float[] y = Run(_kernels, _arena, 20, x, weight, null, Activation.None);
        Assert.All(y[..(19 * 33)], v => Assert.True(float.IsFinite(v)));
        Assert.All(y[(19 * 33)..], v => Assert.True(float.IsNaN(v)));
    }

    [Fact]
    public void ZerosStayZeros()
    {
        using var weight = new Int8Weight(new float[3 * 5], 3, 5);
        Assert.Equal(new float[6], Run(_kernels, _arena, 2, new float[10], weight, null, Activation.None));
        Assert.Equal(new float[6], Run(_kernels, _arena, 2, [.. Enumerable.Repeat(1e-38f, 10)], weight, null, Activation.None));
    }

    [Fact]
    public void CodesAreTheNearest() => Prop.ForAll(ArbMap.Default.ArbFor<float[]>(), values =>
    {
        float[] x = [.. values.Where(float.IsFinite)];
        var codes = new short[x.Length];
        float scale = Int8.Quantize(x, 127, codes);
        double largest = x.Length == 0 ? 0 : x.Max(v => Math.Abs((double)v));
        return codes.All(code => Math.Abs((int)code) <= 127) && (largest < 1e-30 ? scale == 0 : x.Zip(codes).All(p => Math.Abs(p.First - (double)scale * p.Second) <= scale * 0.5001));
    }).HoldsFor();

    [Fact]
    public void AGpuHasNoKernelForIt()
    {
        using var weight = new Int8Weight(new float[4], 2, 2);
        using IKernels emulated = BareBert.Kernels.Devices.Open("emulated");
        using var arena = new Arena(emulated.Memory);
        Tensor x = arena.Zeros(new Shape(1, 2)), y = arena.Zeros(new Shape(1, 2));
        Assert.Throws<NotSupportedException>(() => emulated.Run(new Int8LinearForward { Y = y, X = x, Weight = weight }));
    }

    private static float[] Run(IKernels kernels, Arena arena, int rows, float[] x, Int8Weight weight, float[]? bias, Activation f)
    {
        Tensor y = arena.Allocate(new Shape(rows, weight.N));
        kernels.Run(new Int8LinearForward
        {
            Y = y, X = arena.Upload<float>(new Shape(rows, weight.K), x), Weight = weight, Bias = bias is null ? default : arena.Upload<float>(new Shape(weight.N), bias), Activation = f,
        });
        return y.ToArray<float>();
    }

    // The job of one width, whichever the processor's widest is.
    private static unsafe float[] ByHand<TMicroKernel, TSimd, V>(int rows, float[] x, Int8Weight weight)
        where TMicroKernel : IInt8MicroKernel where TSimd : ISimd<V> where V : struct
    {
        var y = new float[rows * weight.N];
        var codes = new int[rows * weight.Pairs];
        var scales = new float[rows];
        for (int row = 0; row < rows; row++)
            scales[row] = Int8.Quantize(x.AsSpan(row * weight.K, weight.K), Int8.LargestInput(weight.K), System.Runtime.InteropServices.MemoryMarshal.Cast<int, short>(codes.AsSpan(row * weight.Pairs, weight.Pairs)));
        fixed (int* c = codes)
        fixed (float* r = scales, s = weight.Scales, to = y)
        {
            var job = new Int8LinearJob<TMicroKernel, TSimd, V, NoActivation> { Codes = c, RowScales = r, ColumnScales = s, Weight = weight, Y = to, Rows = rows };
            for (int tile = 0; tile < job.Tiles; tile++)
                job.Invoke(tile, 0);
        }
        return y;
    }

    private static float[] Normal(int count, ulong seed)
    {
        var values = new float[count];
        NormalFill.Fill(values, 1, seed, 0);
        return values;
    }
}
