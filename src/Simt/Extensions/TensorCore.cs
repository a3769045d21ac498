using ILGPU.IR.Intrinsics;

namespace BareBert.Simt;

/// <summary>Matrix multiply-accumulate by all 32 lanes of a warp together, and the loads that feed it (sm_80).</summary>
/// <remarks>Each lane holds a few elements of each matrix. With <c>g = lane / 4</c> and <c>t = lane % 4</c> (PTX ISA, "Warp-level matrix
/// instructions"), the 16x8 accumulator's X, Y are row g, columns 2t and 2t + 1; Z, W the same columns of row g + 8.</remarks>
public static class TensorCore
{
    /// <summary>d += a·b in TF32 (8 exponent, 10 mantissa bits), accumulated in float32. 16x8 += 16x8 · 8x8.</summary>
    /// <param name="d">16x8, as above.</param>
    /// <param name="a">16x8, rows first: X (g, t), Y (g + 8, t), Z (g, t + 4), W (g + 8, t + 4).</param>
    /// <param name="b">8x8: X (t, g), Y (t + 4, g); (k, n).</param>
    public static void MultiplyTf32(ref Float4 d, UInt4 a, UInt2 b) => d = Tf32(d, a, b);

    /// <summary>d += a·b in bfloat16, accumulated in float32. 16x8 += 16x16 · 16x8.</summary>
    /// <param name="d">16x8, as above.</param>
    /// <param name="a">16x16, two neighbours of a row in a word, the lower one in the lower half:
    /// X (g, 2t), Y (g + 8, 2t), Z (g, 2t + 8), W (g + 8, 2t + 8).</param>
    /// <param name="b">16x8, two neighbours of a column in a word: X (2t, g), Y (2t + 8, g); (k, n).</param>
    public static void MultiplyBf16(ref Float4 d, UInt4 a, UInt2 b) => d = Bf16(d, a, b);

    /// <summary>The nearest TF32 number, ties away from zero, as the bits <see cref="MultiplyTf32"/> takes.</summary>
    [IntrinsicImplementation, Ptx("cvt.rna.tf32.f32 $0, $1;")]
    public static uint ToTf32(float value) => DeviceOnly.Call<uint>();

    /// <summary>Loads two 8x8 matrices of 16-bit elements from shared memory (<c>ldmatrix.x2</c>).</summary>
    /// <param name="row">Lanes 0 … 7 point to the first matrix's rows, 8 … 15 to the second's: 16 bytes each, aligned to 16.</param>
    /// <returns>One word of each matrix: its row lane / 4, columns 2·(lane % 4) and the next.</returns>
    [IntrinsicImplementation, Ptx("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {$0, $1}, [$2];")]
    public static UInt2 LoadMatrix2<T>([Shared] ref T row) where T : unmanaged => DeviceOnly.Call<UInt2>();

    /// <summary><see cref="LoadMatrix2{T}"/>, each matrix transposed on the way.</summary>
    [IntrinsicImplementation, Ptx("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {$0, $1}, [$2];")]
    public static UInt2 LoadMatrix2Transposed<T>([Shared] ref T row) where T : unmanaged => DeviceOnly.Call<UInt2>();

    /// <summary>Loads four 8x8 matrices; all 32 lanes point to a row (<c>ldmatrix.x4</c>).</summary>
    /// <inheritdoc cref="LoadMatrix2{T}"/>
    [IntrinsicImplementation, Ptx("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {$0, $1, $2, $3}, [$4];")]
    public static UInt4 LoadMatrix4<T>([Shared] ref T row) where T : unmanaged => DeviceOnly.Call<UInt4>();

    /// <summary><see cref="LoadMatrix4{T}"/>, each matrix transposed on the way.</summary>
    [IntrinsicImplementation, Ptx("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {$0, $1, $2, $3}, [$4];")]
    public static UInt4 LoadMatrix4Transposed<T>([Shared] ref T row) where T : unmanaged => DeviceOnly.Call<UInt4>();

    [IntrinsicImplementation, Ptx("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {$0, $1, $2, $3}, {$8, $9, $10, $11}, {$12, $13}, {$4, $5, $6, $7};")]
    private static Float4 Tf32(Float4 c, UInt4 a, UInt2 b) => DeviceOnly.Call<Float4>();

    [IntrinsicImplementation, Ptx("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {$0, $1, $2, $3}, {$8, $9, $10, $11}, {$12, $13}, {$4, $5, $6, $7};")]
    private static Float4 Bf16(Float4 c, UInt4 a, UInt2 b) => DeviceOnly.Call<Float4>();
}
