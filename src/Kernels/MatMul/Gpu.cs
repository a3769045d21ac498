using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    private const int MaxGridZ = 65535;

    void IKernel<MatrixMultiply>.Run(in MatrixMultiply call)
    {
        (int batch, int m, int n, int k) = call.Sizes;
        Multiply(new MatMulCall(Floats(call.C), Floats(call.A), Floats(call.B), m, n, k)
        {
            TransposeA = call.TransposeA, TransposeB = call.TransposeB, Accumulate = call.Accumulate, Batch = batch,
        });
    }

    private void Multiply(in MatMulCall call) => Multiply(call, MatMulLadder.Choose(call, Precision));

    /// <summary>One multiply by a given rung.</summary>
    internal void Multiply(in MatMulCall call, MatMulRung rung) => Multiply(call, rung, MatMulLadder.Parts(call, rung));

    /// <summary>One multiply by a given rung, its k cut into parts.</summary>
    internal void Multiply(in MatMulCall call, MatMulRung rung, int parts)
    {
        if (call.M == 0 || call.N == 0 || call.Batch == 0)
            return;
        if (rung.NeedsAlignment && !call.IsAligned)
            throw new ArgumentException($"{rung} needs rows that start at multiples of 16 bytes: {call}");
        MatMulOperands operands = rung.IsPacked ? Pack(call, rung) : MatMulOperands.Of(call);
        if (parts > 1)
            MultiplyParts(call, rung, operands, parts);
        else
            LaunchMultiply(call, rung, operands, call.Batch, (long)call.M * call.N, MatMulPart.Whole);
    }

    // Each part writes a matrix of its own; then they are added in order.
    private void MultiplyParts(in MatMulCall call, MatMulRung rung, in MatMulOperands operands, int parts)
    {
        int part = Bf16Panel.Padded(Divide(operands.K, parts), MatMulPart.Multiple), ld = 4 * Divide(call.N, 4);
        parts = Divide(operands.K, part);
        _partials.Begin(GpuScratch.FloatBytes((long)parts * call.M * ld));
        ArrayView<float> partials = _partials.Take((long)parts * call.M * ld);
        LaunchMultiply(
            call with { C = partials, StrideC = ld, Accumulate = false }, rung, operands.Part(part), parts, (long)call.M * ld, operands.K);
        bool aligned = (call.N | call.Ldc) % 4 == 0 && DeviceView.AddressOf(call.C) % 16 == 0;
        LaunchElements(aligned ? MatMulPartKernels.Sum<AlignedRows> : MatMulPartKernels.Sum<AnyRows>, (long)call.M * (ld / 4),
            call.C, partials, parts, call.M, call.N, call.Ldc, ld, call.Accumulate ? 1 : 0);
    }

    // A group for each tile of each of count matrices or parts.
    private void LaunchMultiply(in MatMulCall call, MatMulRung rung, in MatMulOperands operands, int count, long strideC, long totalK)
    {
        GpuKernel kernel = _kernels.Of(rung.Of(call.TransposeA, call.TransposeB, call.Activation));
        for (int first = 0; first < count; first += MaxGridZ)
        {
            _device.Launch(
                kernel.Code, (Divide(call.N, rung.TileN), Divide(call.M, rung.TileM), Math.Min(count - first, MaxGridZ)), kernel.Group, kernel.SharedBytes,
                call.C.SubView(first * strideC), operands.A.SubView(first * operands.StrideA), operands.B.SubView(first * operands.StrideB),
                call.Bias, call.PreActivation, call.M, call.N, operands.K, operands.Lda, operands.Ldb, call.Ldc,
                operands.StrideA, operands.StrideB, strideC, totalK, call.Accumulate ? 1 : 0);
        }
    }

    // Both operands in bfloat16, padded, k contiguous.
    private MatMulOperands Pack(in MatMulCall call, MatMulRung rung)
    {
        int k = Bf16Panel.Padded(call.K, Bf16Panel.Ks), rows = Bf16Panel.Padded(call.M, rung.TileM), cols = Bf16Panel.Padded(call.N, rung.TileN);
        // A word holds two numbers.
        long wordsA = (long)rows * k / 2, wordsB = (long)cols * k / 2;
        _packed.Begin(GpuScratch.FloatBytes(call.Batch * wordsA) + GpuScratch.FloatBytes(call.Batch * wordsB));
        ArrayView<float> a = _packed.Take(call.Batch * wordsA), b = _packed.Take(call.Batch * wordsB);
        Pack(a, call.A, call.M, call.K, call.Lda, call.TransposeA, call.Batch, rows, k);
        Pack(b, call.B, call.N, call.K, call.Ldb, !call.TransposeB, call.Batch, cols, k);
        return MatMulOperands.Packed(a, b, k, wordsA, wordsB);
    }

    private void Pack(ArrayView<float> packed, ArrayView<float> x, int outers, int k, int ld, bool kOuter, int batch, int paddedOuters, int paddedK)
    {
        Delegate kernel = kOuter ? Bf16Panel.Pack<KOuter> : Bf16Panel.Pack<KInner>;
        for (int first = 0; first < batch; first += MaxGridZ)
        {
            Launch(kernel, (Divide(paddedK, Bf16Panel.TileKs), paddedOuters / Bf16Panel.TileOuters, Math.Min(batch - first, MaxGridZ)),
                packed.SubView((long)first * paddedOuters * paddedK / 2).Cast<uint>(), x.SubView((long)first * outers * k),
                outers, k, ld, (long)outers * k, paddedOuters, paddedK);
        }
    }
}
