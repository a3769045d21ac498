using System.Runtime.Intrinsics;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>The SIMD multiply against plain loops in double, at every vector width the processor can run.</summary>
public sealed unsafe class GemmTests
{
    private const int Pad = 3;

    /// <summary>Vector widths: 128 and 256 bits are emulated by the runtime where the processor lacks them, 512 is not tried then.</summary>
    public static TheoryData<int> Widths
    {
        get
        {
            var widths = new TheoryData<int> { 4 };
            if (VectorWidth.Floats >= 8)
                widths.Add(8);
            if (VectorWidth.Floats >= 16)
                widths.Add(16);
            return widths;
        }
    }

    // Every dimension of the conformance list beside every other, without the full product.
    private static readonly (int M, int N, int K)[] Sizes =
    [
        (1, 1, 1), (1, 2, 31), (2, 1, 33), (1, 768, 257), (768, 1, 33), (2, 257, 1), (31, 33, 32), (32, 32, 64), (33, 31, 2),
        (64, 100, 768), (100, 64, 31), (257, 33, 100), (33, 257, 257), (13, 65, 514), (100, 100, 1025), (3, 3, 0), (257, 100, 300), (37, 50, 2049), (130, 20, 3101), (70, 600, 513),
    ];

    private sealed class Operands
    {
        public readonly int M, N, K, Lda, Ldb, Ldc;
        public readonly bool TransposeA, TransposeB;
        public readonly float[] A, B, C;

        public Operands(int m, int n, int k, bool transposeA, bool transposeB, int pad = Pad, int seed = 1)
        {
            (M, N, K, TransposeA, TransposeB) = (m, n, k, transposeA, transposeB);
            Lda = (transposeA ? m : k) + pad;
            Ldb = (transposeB ? k : n) + pad;
            Ldc = n + pad;
            var random = new Random(seed);
            A = Fill(random, (transposeA ? k : m) * Lda);
            B = Fill(random, (transposeB ? n : k) * Ldb);
            C = Fill(random, m * Ldc);
        }

        public double At(int i, int j, float[] c, bool accumulate)
        {
            double sum = accumulate ? c[i * Ldc + j] : 0;
            for (int k = 0; k < K; k++)
                sum += (double)A[TransposeA ? k * Lda + i : i * Lda + k] * B[TransposeB ? j * Ldb + k : k * Ldb + j];
            return sum;
        }

        public float[] Multiply<TEpilogue>(Gemm gemm, bool accumulate, TEpilogue epilogue) where TEpilogue : struct, IEpilogue
        {
            var c = (float[])C.Clone();
            fixed (float* a = A, b = B, to = c)
                gemm.Run(Call(a, b, to, accumulate), epilogue);
            return c;
        }

        public float[] Multiply(Gemm gemm, bool accumulate = false) => Multiply(gemm, accumulate, default(NoEpilogue));

        public GemmCall Call(float* a, float* b, float* c, bool accumulate) => new()
        {
            M = M, N = N, K = K, A = a, Lda = Lda, TransposeA = TransposeA, B = b, Ldb = Ldb, TransposeB = TransposeB,
            C = c, Ldc = Ldc, Accumulate = accumulate,
        };

        private static float[] Fill(Random random, int count) =>
            [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }

    private struct Cube : IActivation
    {
        public static V Apply<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct =>
            TSimd.Multiply(TSimd.Multiply(x, x), x);
    }

    [Theory, MemberData(nameof(Widths))]
    public void Agrees_with_loops_at_every_size_transpose_and_accumulation(int width)
    {
        using var team = new ThreadTeam(2);
        using var gemm = new Gemm(team, width);
        foreach ((int m, int n, int k) in Sizes)
        {
            for (int flags = 0; flags < 8; flags++)
            {
                var x = new Operands(m, n, k, (flags & 1) != 0, (flags & 2) != 0, seed: flags);
                bool accumulate = (flags & 4) != 0;
                CheckAll(x, x.Multiply(gemm, accumulate), accumulate, (v, _) => v);
            }
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Epilogues_add_the_bias_and_apply_the_activation(int width)
    {
        using var team = new ThreadTeam(2);
        using var gemm = new Gemm(team, width);
        foreach ((int m, int n, int k) in ((int, int, int)[])[(1, 1, 1), (31, 33, 32), (33, 100, 300), (64, 64, 64), (15, 7, 0)])
        {
            var x = new Operands(m, n, k, false, true);
            float[] bias = [.. Enumerable.Range(0, n).Select(j => j * 0.01f - 0.3f)];
            var pre = new float[m * (n + 1)];
            fixed (float* b = bias, p = pre)
            {
                CheckAll(x, x.Multiply(gemm, false, new BiasEpilogue(b)), false, (v, j) => v + bias[j]);
                CheckAll(x, x.Multiply(gemm, true, new BiasEpilogue(b)), true, (v, j) => v + bias[j]);
                float[] c = x.Multiply(gemm, false, new BiasActivationEpilogue<Cube>(b, p, n + 1));
                CheckAll(x, c, false, (v, j) => Math.Pow(v + bias[j], 3));
            }
            for (int i = 0; i < m; i++)
            {
                for (int j = 0; j < n; j++)
                    Close(x.At(i, j, x.C, false) + bias[j], pre[i * (n + 1) + j], k);
                Assert.Equal(0, pre[i * (n + 1) + n]);
            }
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Any_number_of_threads_gives_the_same_bits(int width)
    {
        foreach ((int m, int n, int k, bool ta, bool tb) in ((int, int, int, bool, bool)[])
                 [(257, 100, 300, false, true), (100, 257, 600, true, false), (300, 70, 33, false, false), (7, 400, 300, false, true), (130, 100, 2049, true, false), (70, 900, 600, true, false), (300, 120, 4100, true, true)])
        {
            var x = new Operands(m, n, k, ta, tb);
            float[]? expected = null;
            for (int threads = 1; threads <= 4; threads++)
            {
                using var team = new ThreadTeam(threads);
                using var gemm = new Gemm(team, width);
                float[] c = x.Multiply(gemm, accumulate: true);
                expected ??= c;
                Assert.Equal(Bits(expected), Bits(c));
            }
        }
    }

    [Fact]
    public void Only_gradients_of_weights_with_many_terms_come_in_parts()
    {
        foreach ((int m, int n, int k, bool ta, int parts) in ((int, int, int, bool, int)[])
                 [(256, 256, 4096, true, 2), (1024, 256, 4096, true, 2), (256, 256, 2048, true, 2), (256, 256, 2047, true, 1), (1024, 256, 2048, true, 1), (768, 768, 4096, true, 1), (1, 256, 4096, false, 1)])
        {
            var x = new Operands(m, n, k, ta, false);
            Assert.Equal(parts, GemmPlan.PartsOf(x.Call(null, null, null, false)));
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void A_worker_alone_gives_the_same_bits(int width)
    {
        using var team = new ThreadTeam(2);
        using var gemm = new Gemm(team, width);
        foreach (int k in (int[])[300, 2100])
        {
            var x = new Operands(100, 70, k, true, false);
            var c = (float[])x.C.Clone();
            fixed (float* a = x.A, b = x.B, to = c)
            {
                GemmCall call = x.Call(a, b, to, accumulate: true);
                switch (width)
                {
                    case 16: gemm.RunOn<Simd512, Vector512<float>, NoEpilogue>(1, call, default); break;
                    case 8: gemm.RunOn<Simd256, Vector256<float>, NoEpilogue>(1, call, default); break;
                    default: gemm.RunOn<Simd128, Vector128<float>, NoEpilogue>(1, call, default); break;
                }
            }
            Assert.Equal(Bits(x.Multiply(gemm, accumulate: true)), Bits(c));
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void A_row_does_not_depend_on_the_rows_beside_it(int width)
    {
        using var team = new ThreadTeam(2);
        using var gemm = new Gemm(team, width);
        var x = new Operands(61, 70, 300, false, true);
        float[] all = x.Multiply(gemm);
        var row = new float[x.Ldc];
        for (int i = 0; i < x.M; i += 7)
        {
            fixed (float* a = x.A, b = x.B, c = row)
                gemm.Run(new GemmCall { M = 1, N = x.N, K = x.K, A = a + i * x.Lda, Lda = x.Lda, B = b, Ldb = x.Ldb, TransposeB = true, C = c, Ldc = x.Ldc });
            Assert.Equal(Bits(all[(i * x.Ldc)..(i * x.Ldc + x.N)]), Bits(row[..x.N]));
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Not_a_number_and_infinity_propagate_as_in_loops(int width)
    {
        using var team = new ThreadTeam(2);
        using var gemm = new Gemm(team, width);
        for (int flags = 0; flags < 4; flags++)
        {
            var x = new Operands(33, 35, 40, (flags & 1) != 0, (flags & 2) != 0);
            Array.Clear(x.A); // 0·NaN is NaN: no zero may be skipped.
            x.B[5] = float.NaN;
            x.B[2 * x.Ldb + 7] = float.PositiveInfinity;
            x.A[3] = float.NegativeInfinity;
            float[] c = x.Multiply(gemm);
            int special = 0;
            for (int i = 0; i < x.M; i++)
            {
                for (int j = 0; j < x.N; j++)
                {
                    double expected = x.At(i, j, x.C, false);
                    special += double.IsFinite(expected) ? 0 : 1;
                    Assert.Equal((float)expected, c[i * x.Ldc + j]);
                }
            }
            Assert.True(special >= x.M);
        }
    }

    [Fact]
    public void After_the_first_call_nothing_is_allocated()
    {
        using var team = new ThreadTeam(2);
        using var gemm = new Gemm(team);
        foreach (Operands x in (Operands[])[new(300, 200, 300, false, true), new(100, 200, 2100, true, false)])
        {
            fixed (float* a = x.A, b = x.B, c = x.C)
            {
                GemmCall call = x.Call(a, b, c, false);
                gemm.Run(call);
                Assert.Equal(0, Allocations.Of(() => gemm.Run(call)));
            }
        }
    }

    [Fact]
    public void Sizes_that_cannot_be_are_refused()
    {
        using var team = new ThreadTeam(1);
        using var gemm = new Gemm(team);
        Assert.Throws<ArgumentException>(() => gemm.Run(new GemmCall { M = -1, N = 1, K = 1, A = null, Lda = 1, B = null, Ldb = 1, C = null, Ldc = 1 }));
        Assert.Throws<ArgumentException>(() => gemm.Run(new GemmCall { M = 1, N = 2, K = 1, A = null, Lda = 1, B = null, Ldb = 1, C = null, Ldc = 2 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Gemm(team, 5));
        gemm.Run(new GemmCall { M = 0, N = 2, K = 1, A = null, Lda = 1, B = null, Ldb = 2, C = null, Ldc = 2 });
    }

    private static void CheckAll(Operands x, float[] c, bool accumulate, Func<double, int, double> finish)
    {
        for (int i = 0; i < x.M; i++)
        {
            for (int j = 0; j < x.N; j++)
                Close(finish(x.At(i, j, x.C, accumulate), j), c[i * x.Ldc + j], x.K);
            for (int j = x.N; j < x.Ldc; j++)
                Assert.Equal(x.C[i * x.Ldc + j], c[i * x.Ldc + j]); // Beyond the edge nothing is written.
        }
    }

    // |x|, |y| ≤ 0.5: the sum of k products is off by at most about k/4 half-ulps; in practice √k.
    private static void Close(double expected, float actual, int k) =>
        Assert.True(Math.Abs(expected - actual) <= 1e-6 * (4 + Math.Sqrt(k)) * (1 + Math.Abs(expected)), $"{expected} but {actual} at K={k}");

    private static int[] Bits(float[] values) => [.. values.Select(BitConverter.SingleToInt32Bits)];
}
