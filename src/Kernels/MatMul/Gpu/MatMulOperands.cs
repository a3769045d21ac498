using ILGPU;

namespace BareBert.Kernels;

/// <summary>The operands of a multiply as its kernel takes them: as they are, or packed.</summary>
/// <param name="A">In units of four bytes: float32, or two bfloat16.</param>
/// <param name="B">As A.</param>
/// <param name="K">Of a matrix, or of a part.</param>
/// <param name="Lda">Elements from row to row.</param>
/// <param name="Ldb">Elements from row to row.</param>
/// <param name="StrideA">Units from one matrix, or part, to the next.</param>
/// <param name="StrideB">Units from one matrix, or part, to the next.</param>
internal readonly record struct MatMulOperands(ArrayView<float> A, ArrayView<float> B, int K, int Lda, int Ldb, long StrideA, long StrideB)
{
    // Units from one k to the next, doubled: packed neighbours share one.
    private int HalvesA { get; init; }

    private int HalvesB { get; init; }

    /// <summary>A call's own.</summary>
    public static MatMulOperands Of(in MatMulCall call) =>
        new(call.A, call.B, call.K, call.Lda, call.Ldb, (long)call.M * call.K, (long)call.N * call.K)
        {
            HalvesA = call.TransposeA ? 2 * call.Lda : 2, HalvesB = call.TransposeB ? 2 : 2 * call.Ldb,
        };

    /// <summary>Both in bfloat16, k contiguous, padded.</summary>
    public static MatMulOperands Packed(ArrayView<float> a, ArrayView<float> b, int k, long wordsA, long wordsB) =>
        new(a, b, k, k, k, wordsA, wordsB) { HalvesA = 1, HalvesB = 1 };

    /// <summary>Cut into parts of k.</summary>
    public MatMulOperands Part(int k) => this with { K = k, StrideA = (long)k * HalvesA / 2, StrideB = (long)k * HalvesB / 2 };
}
