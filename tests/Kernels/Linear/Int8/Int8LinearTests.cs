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
            foreach ((float[]? added, bool fine) in ((float[]?, bool)[])[(bias, false), (null, false), (bias, true)])
            {
                using var weight = new Int8Weight(Normal(n * k, 2), n, k, fine);
                Assert.Equal(Run(_reference, _referenceArena, rows, x, weight, added, Activation.None), Run(_kernels, _arena, rows, x, weight, added, Activation.None));
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryWidthGivesTheSameBits(bool fine)
    {
        foreach ((int rows, int n, int k) in Shapes)
        {
            float[] x = Normal(rows * k, 4);
            float[] values = Normal(n * k, 5);
            using var weight = new Int8Weight(values, n, k, fine, Int8Layout.Pairs);
            float[] expected = Run(_reference, _referenceArena, rows, x, weight, null, Activation.None);
            Assert.Equal(expected, ByHand<Int8MicroKernel<Int8Vectors128, Vector128<int>>, Simd128, Vector128<float>>(rows, x, values, n, fine));
            Assert.Equal(expected, ByHand<Int8MicroKernel<SoftwareVnni256, Vector256<int>>, Simd256, Vector256<float>>(rows, x, values, n, fine));
            if (Int8Vectors256.IsSupported)
                Assert.Equal(expected, ByHand<Int8MicroKernel<Int8Vectors256, Vector256<int>>, Simd256, Vector256<float>>(rows, x, values, n, fine));
            if (Int8Vectors512.IsSupported)
                Assert.Equal(expected, ByHand<Int8MicroKernel<Int8Vectors512, Vector512<int>>, Simd512, Vector512<float>>(rows, x, values, n, fine));
            if (Int8VectorsVnni256.IsSupported)
                Assert.Equal(expected, ByHand<Int8MicroKernel<Int8VectorsVnni256, Vector256<int>>, Simd256, Vector256<float>>(rows, x, values, n, fine));
            if (Int8VnniMicroKernel.IsSupported)
                Assert.Equal(expected, ByHand<Int8VnniMicroKernel, Simd512, Vector512<float>>(rows, x, values, n, fine));
        }
    }

    [Fact]
    public void NarrowCodesGiveTheReferencesBits()
    {
        Assert.SkipUnless(Int8NarrowMicroKernel.IsSupported, "the processor has no AVX2");
        foreach ((int rows, int n, int k) in Shapes)
        {
            float[] values = Normal(n * k, 5);
            using var weight = new Int8Weight(values, n, k, hasFineInput: false, Int8Layout.NarrowBytes);
            // What adds up to most, above 0 and below it: the largest code of x beside codes of the first row with one sign, the smallest beside the others.
            float[] most = [.. Enumerable.Range(0, rows * k).Select(i => (weight.CodeAt(0, i % k) > 0) == (i / k % 2 == 0) ? 1f : 0)];
            foreach (float[] x in (float[][])[Normal(rows * k, 4), most])
            {
                Assert.Equal(
                    Run(_reference, _referenceArena, rows, x, weight, null, Activation.None),
                    ByHand<Int8NarrowMicroKernel, Simd256, Vector256<float>>(rows, x, values, n, fine: false));
            }
        }
    }

    [Theory]
    [InlineData(1, 65_536, false)]
    [InlineData(-1, 65_536, false)]
    [InlineData(1, 516, true)]
    [InlineData(-1, 516, true)]
    [InlineData(-1, 4096, true)]
    public void TheLargestCodesDoNotOverflow(float sign, int k, bool fine)
    {
        float[] ones = [.. Enumerable.Repeat(1f, k)], x = [.. Enumerable.Repeat(sign, k)];
        using var weight = new Int8Weight(ones, 1, k, fine);
        int code = weight.CodeAt(0, 0), largest = weight.InputRange.Largest - 2 * weight.InputRange.Margin;
        Assert.Equal(weight.Layout.IsNarrow ? 32 : 127, code);
        Assert.True((long)k * weight.InputRange.Largest * 127 is <= int.MaxValue and var most && (k != 4096 || most > int.MaxValue - 127L * k));
        float expected = sign * (float)(k * largest * code) * (1f / largest) * weight.ScaleOf(0);
        Assert.Equal([expected], Run(_reference, _referenceArena, 1, x, weight, null, Activation.None));
        Assert.Equal([expected], Run(_kernels, _arena, 1, x, weight, null, Activation.None));
        Assert.Throws<ArgumentException>(() => new Int8Weight(new float[65_537], 1, 65_537));
    }

    [Theory]
    [InlineData(Activation.None, false)]
    [InlineData(Activation.Gelu, false)]
    [InlineData(Activation.Tanh, false)]
    [InlineData(Activation.None, true)]
    public void ItIsCloseToTheLayerInFloats(Activation f, bool fine)
    {
        (int rows, int n, int k) = (40, 64, 384);
        float[] x = Normal(rows * k, 6), values = [.. Normal(n * k, 7).Select(w => w * 0.05f)], bias = Normal(n, 8);
        using var weight = new Int8Weight(values, n, k, fine);
        float[] actual = Run(_kernels, _arena, rows, x, weight, bias, f);
        Tensor y = _arena.Allocate(new Shape(rows, n));
        _kernels.Run(new LinearForward
        {
            Y = y, X = _arena.Upload<float>(new Shape(rows, k), x), Weight = _arena.Upload<float>(new Shape(n, k), values), Bias = _arena.Upload<float>(new Shape(n), bias), Activation = f,
        });
        float[] expected = y.ToArray<float>();
        // Rounding is uniform, its variance a twelfth of a step's square; x has variance 1 and a step of about 7/255, unless it is fine, w a variance of 0.05². The errors are independent along k.
        double weightStep = Enumerable.Range(0, n).Average(weight.ScaleOf), inputStep = fine ? 0 : 7.0 / 255;
        double expectedError = Math.Sqrt(k / 12.0 * (weightStep * weightStep + inputStep * inputStep * 0.05 * 0.05));
        double error = Math.Sqrt(actual.Zip(expected, (a, b) => (double)(a - b) * (a - b)).Average());
        Assert.True(error <= 1.2 * expectedError, $"{error}, not {expectedError}");
        Assert.True(actual.Zip(expected, (a, b) => Math.Abs(a - b)).Max() <= 6 * expectedError);
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void CodesAreTheNearest(bool fine) => Prop.ForAll(ArbMap.Default.ArbFor<float[]>(), values =>
    {
        float[] x = [.. values.Where(float.IsFinite)];
        var range = Int8Range.Of(fine, 384);
        (float scale, float factor, int zero) = Int8.ScaleOfInput(x, range);
        double all = Math.Max(0, x.Append(0).Max()) - (double)Math.Min(0, x.Append(0).Min());
        return (all < range.Largest * 1e-30 && scale == 0) || (zero % range.Step == 0 && x.All(value =>
        {
            int code = Int8.CodeOfInput(value, factor, zero, range);
            // The code of zero is whole, so that of 8 bits the largest element may be half a step beyond the last code; what is fine has room for it.
            double near = code == 255 && !fine ? 1.0001 : fine ? 0.51 : 0.5001;
            return code >= 0 && code <= range.Largest && Math.Abs(value - (double)scale * (code - zero)) <= scale * near;
        }));
    }).HoldsFor();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void CodesOfAWeightAreTheNearest(bool narrow) => Prop.ForAll(ArbMap.Default.ArbFor<float[]>(), values =>
    {
        float[] w = [.. values.Where(float.IsFinite)];
        using var weight = new Int8Weight(w, 1, w.Length, hasFineInput: false, narrow ? Int8Layout.NarrowBytes : Int8Layout.Bytes);
        float scale = weight.ScaleOf(0);
        double largest = w.Append(0).Max(v => Math.Abs((double)v));
        return (largest < 200e-30 && scale == 0) || w.Select((v, i) => (v, Code: weight.CodeAt(0, i))).All(p => Math.Abs(p.Code) <= 127 && Math.Abs(p.v - (double)scale * p.Code) <= scale * 0.5001);
    }).HoldsFor();

    [Fact]
    public void NarrowCodesAreAsWideAsSixteenBitsAllow()
    {
        int least = 128;
        for (int k = 1; k <= 70; k++)
        {
            using var weight = new Int8Weight(Normal(k, (ulong)k), 1, k, hasFineInput: false, Int8Layout.NarrowBytes);
            int[] codes = [.. Enumerable.Range(0, (k + 7) / 8 * 8).Select(i => i < k ? weight.CodeAt(0, i) : 0)];
            int largest = 0;
            foreach (int sign in (int[])[1, -1])
            {
                for (int i = 0; i < codes.Length; i += i % 8 == 0 ? 2 : 6)
                    largest = Math.Max(largest, ((int[])[i, i + 1, i + 4, i + 5]).Sum(at => Math.Max(0, sign * codes[at])));
            }
            Assert.True(largest * 255 <= short.MaxValue, $"{k}: {largest}");
            if (codes.Max(Math.Abs) < 127)
                least = Math.Min(least, largest);
        }
        Assert.InRange(least, 125, 127);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public unsafe void EveryLengthHasTheCodesOfEachElement(bool fine)
    {
        for (int n = 1; n <= 100; n++)
        {
            float[] x = Normal(n, (ulong)n);
            var range = Int8Range.Of(fine, n);
            (_, float factor, int zero) = Int8.ScaleOfInput(x, range);
            int[] expected = [.. x.Select(value => Int8.CodeOfInput(value, factor, zero, range))];
            int groups = (n + 3) / 4;
            int[] pairs = new int[2 * groups], bytes = new int[2 * groups];
            fixed (int* p = pairs, b = bytes)
            {
                Int8.QuantizeInput(x, range, new WordCodes(p));
                if (fine)
                    Int8.QuantizeInput(x, range, new SplitCodes(b, groups));
                else
                    Int8.QuantizeInput(x, range, new ByteCodes(b));
                for (int i = 0; i < n; i++)
                {
                    int upper = ((byte*)b)[i];
                    Assert.Equal((expected[i], expected[i]), (((ushort*)p)[i], fine ? (upper << 7) + ((byte*)b)[4 * groups + i] : upper));
                }
            }
        }
    }

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
    private static unsafe float[] ByHand<TMicroKernel, TSimd, V>(int rows, float[] x, float[] weights, int n, bool fine)
        where TMicroKernel : IInt8MicroKernel where TSimd : ISimd<V> where V : struct
    {
        int k = x.Length / rows;
        using var weight = new Int8Weight(weights, n, k, fine, TMicroKernel.Layout);
        var quantized = new Int8Rows(weight);
        var y = new float[rows * n];
        fixed (int* memory = new int[quantized.IntsOf(rows)], minusSums = weight.MinusSums)
        fixed (float* scales = weight.Scales, to = y)
        {
            quantized = quantized.In(memory, rows);
            for (int row = 0; row < rows; row++)
                quantized.Quantize(row, x.AsSpan(row * k, k));
            var job = new Int8LinearJob<TMicroKernel, TSimd, V, NoActivation> { X = quantized, Weight = weight, ColumnScales = scales, MinusColumnSums = minusSums, Y = to, Rows = rows };
            for (int tile = 0; tile < job.Tiles; tile++)
                job.Invoke(tile, 0);
        }
        return y;
    }

    // What AVX-VNNI does, for machines that have none.
    private readonly unsafe struct SoftwareVnni256 : IInt8Vectors<Vector256<int>>
    {
        public static int Columns => 8;

        public static int Rows => 6;

        public static int Group => 4;

        public static Vector256<int> Times(int* numbers, int factor) => Vector256.Load(numbers) * factor;

        public static Vector256<int> Shift(Vector256<int> numbers) => numbers << Int8Range.FineBits;

        public static Vector256<int> Load(sbyte* codes) => Vector256.Load(codes).AsInt32();

        public static Vector256<int> Broadcast(int group) => Vector256.Create(group);

        public static Vector256<int> Add(Vector256<int> sums, Vector256<int> x, Vector256<int> weight)
        {
            for (int i = 0; i < 32; i++)
                sums = sums.WithElement(i / 4, sums[i / 4] + x.AsByte()[i] * weight.AsSByte()[i]);
            return sums;
        }

        public static void Store(float* target, Vector256<int> sums) => Vector256.ConvertToSingle(sums).Store(target);
    }

    private static float[] Normal(int count, ulong seed)
    {
        var values = new float[count];
        NormalFill.Fill(values, 1, seed, 0);
        return values;
    }
}
