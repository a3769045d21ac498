using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    private const int MaxGridZ = 65535;

    /// <inheritdoc/>
    public void MatMul(Tensor c, Tensor a, Tensor b, bool transposeA = false, bool transposeB = false, bool accumulate = false)
    {
        (int batch, int m, int n, int k) = MatMulShape.Of(c, a, b, transposeA, transposeB);
        Multiply(new MatMulCall(Floats(c), Floats(a), Floats(b), m, n, k)
        {
            TransposeA = transposeA, TransposeB = transposeB, Accumulate = accumulate, Batch = batch,
        });
    }

    private void Multiply(in MatMulCall call) => Multiply(call, MatMulLadder.Choose(call, Precision));

    /// <summary>One multiply by a given rung.</summary>
    internal void Multiply(in MatMulCall call, MatMulRung rung)
    {
        if (call.M == 0 || call.N == 0 || call.Batch == 0)
            return;
        if (rung.NeedsAlignment && !call.IsAligned)
            throw new ArgumentException($"{rung} needs rows that start at multiples of 16 bytes: {call}");
        SimtKernel kernel = _kernels.Of(rung.Of(call.TransposeA, call.TransposeB, call.Activation));
        long strideA = (long)call.M * call.K, strideB = (long)call.N * call.K, strideC = (long)call.M * call.N;
        (ArrayView<float> a, ArrayView<float> b, int k) = (call.A, call.B, call.K);
        if (rung == MatMulLadder.TensorCoreBf16)
        {
            (a, b) = Pack(call);
            k = Bf16Panel.Padded(k, Bf16Panel.Ks);
            strideA = PackedWords(call.M, k);
            strideB = PackedWords(call.N, k);
        }
        for (int first = 0; first < call.Batch; first += MaxGridZ)
        {
            _device.Launch(
                kernel, (Divide(call.N, rung.TileN), Divide(call.M, rung.TileM), Math.Min(call.Batch - first, MaxGridZ)), rung.Group, rung.SharedBytes,
                call.C.SubView(first * strideC), a.SubView(first * strideA), b.SubView(first * strideB), call.Bias, call.PreActivation,
                call.M, call.N, k, call.Lda, call.Ldb, call.Ldc, strideA, strideB, strideC, call.Accumulate ? 1 : 0);
        }
    }

    // Both operands in bfloat16, padded, k contiguous.
    private (ArrayView<float> A, ArrayView<float> B) Pack(in MatMulCall call)
    {
        int k = Bf16Panel.Padded(call.K, Bf16Panel.Ks);
        long wordsA = call.Batch * PackedWords(call.M, k), wordsB = call.Batch * PackedWords(call.N, k);
        _packed.Begin(GpuScratch.FloatBytes(wordsA) + GpuScratch.FloatBytes(wordsB));
        ArrayView<float> a = _packed.Take(wordsA), b = _packed.Take(wordsB);
        Pack(a, call.A, call.M, call.K, call.Lda, call.TransposeA, call.Batch);
        Pack(b, call.B, call.N, call.K, call.Ldb, !call.TransposeB, call.Batch);
        return (a, b);
    }

    private void Pack(ArrayView<float> packed, ArrayView<float> x, int outers, int k, int ld, bool kOuter, int batch)
    {
        int paddedOuters = Bf16Panel.Padded(outers, Bf16Panel.Outers), paddedK = Bf16Panel.Padded(k, Bf16Panel.Ks);
        Delegate kernel = kOuter ? Bf16Panel.Pack<KOuter> : Bf16Panel.Pack<KInner>;
        for (int first = 0; first < batch; first += MaxGridZ)
        {
            Launch(kernel, (Divide(paddedK, Bf16Panel.TileKs), paddedOuters / Bf16Panel.TileOuters, Math.Min(batch - first, MaxGridZ)), Bf16Panel.Threads,
                packed.SubView(first * PackedWords(outers, paddedK)).Cast<uint>(), x.SubView((long)first * outers * k),
                outers, k, ld, (long)outers * k, paddedOuters, paddedK);
        }
    }

    // A word holds two numbers.
    private static long PackedWords(int outers, int paddedK) => (long)Bf16Panel.Padded(outers, Bf16Panel.Outers) * paddedK / 2;
}
