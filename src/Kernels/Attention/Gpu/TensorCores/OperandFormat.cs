using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>16 rows by 16 ks of a left operand, as a lane holds them. Where <see cref="First"/> has all ks, Second is unused.</summary>
internal struct LeftFragment(UInt4 first, UInt4 second)
{
    public UInt4 First = first, Second = second;
}

/// <summary>16 ks by 16 columns of a right operand: columns 0 … 7 in X, Y, columns 8 … 15 in Z, W.</summary>
internal struct RightFragment(UInt4 first, UInt4 second)
{
    public UInt4 First = first, Second = second;
}

/// <summary>
/// What tensor cores multiply: how numbers lie in a tile of 64 columns in shared memory, and how a warp's lanes take fragments from it.
/// A type, so that a kernel is compiled for it.
/// </summary>
/// <remarks>
/// Seen in words the two formats are alike: a fragment of eight words of k has word t and t + 4 of its row in lane (g, t). So ldmatrix, made
/// for 16-bit numbers, serves both where k runs along a tile's rows. Rows are 4 words off the banks' period: eight rows of an ldmatrix,
/// and the four rows of a plain read, lie in 32 different banks.
/// </remarks>
internal interface IOperandFormat
{
    /// <summary>Words from row to row of a tile.</summary>
    static abstract int Stride { get; }

    /// <summary>Rounds four neighbours of a row, columns 4·quad … 4·quad + 3, into a tile.</summary>
    static abstract void Put(ArrayView<uint> tile, int row, int quad, Float4 values);

    /// <summary>Rows row … row + 15 and ks k … k + 15 of a tile [row][k].</summary>
    static abstract LeftFragment Left(ArrayView<uint> tile, int row, int k);

    /// <summary>The sums of columns k … k + 7 and k + 8 … k + 15 of a product, rounded, as the left operand of the next.</summary>
    static abstract LeftFragment LeftOf(Float4 low, Float4 high);

    /// <summary>Columns col … col + 15 and ks k … k + 15 of a tile [col][k].</summary>
    static abstract RightFragment Right(ArrayView<uint> tile, int col, int k);

    /// <summary>Columns col … col + 15 and ks k … k + 15 of a tile [k][col], the ks in the order of <see cref="LeftOf"/>.</summary>
    static abstract RightFragment RightTransposed(ArrayView<uint> tile, int col, int k);

    /// <summary>Adds the product: columns 0 … 7 to low, 8 … 15 to high.</summary>
    static abstract void Multiply(ref Float4 low, ref Float4 high, LeftFragment a, RightFragment b);
}

/// <summary>bfloat16, two neighbours to a word.</summary>
internal readonly struct Bf16Operands : IOperandFormat
{
    public static int Stride => 32 + 4;

    public static void Put(ArrayView<uint> tile, int row, int quad, Float4 values) =>
        tile.AsUInt2()[row * (Stride / 2) + quad] = new UInt2(Bf16.Pack(values.X, values.Y), Bf16.Pack(values.Z, values.W));

    public static LeftFragment Left(ArrayView<uint> tile, int row, int k) =>
        new(TensorCore.LoadMatrix4(ref tile[Warp.LaneIdx % 16 * Stride + Warp.LaneIdx / 16 * 4 + (row * Stride + k / 2)]), default);

    public static LeftFragment LeftOf(Float4 low, Float4 high) =>
        new(new UInt4(Bf16.Pack(low.X, low.Y), Bf16.Pack(low.Z, low.W), Bf16.Pack(high.X, high.Y), Bf16.Pack(high.Z, high.W)), default);

    public static RightFragment Right(ArrayView<uint> tile, int col, int k) =>
        new(TensorCore.LoadMatrix4(ref tile[(Warp.LaneIdx % 8 + Warp.LaneIdx / 16 * 8) * Stride + Warp.LaneIdx / 8 % 2 * 4 + (col * Stride + k / 2)]), default);

    public static RightFragment RightTransposed(ArrayView<uint> tile, int col, int k) =>
        new(TensorCore.LoadMatrix4Transposed(ref tile[Warp.LaneIdx % 16 * Stride + Warp.LaneIdx / 16 * 4 + (k * Stride + col / 2)]), default);

    public static void Multiply(ref Float4 low, ref Float4 high, LeftFragment a, RightFragment b)
    {
        TensorCore.MultiplyBf16(ref low, a.First, new UInt2(b.First.X, b.First.Y));
        TensorCore.MultiplyBf16(ref high, a.First, new UInt2(b.First.Z, b.First.W));
    }
}

/// <summary>TF32, a number to a word. ks 0 … 7 are in the fragments' First, 8 … 15 in Second.</summary>
/// <remarks>
/// A lane has columns 2t and 2t + 1 of its sums, but would need ks t and t + 4 of a left operand. The order of ks does not matter, as long as it
/// is the same on both sides: <see cref="LeftOf"/> calls column 2t the t-th k and column 2t + 1 the (t + 4)-th, and <see cref="RightTransposed"/>
/// reads its rows in that order.
/// </remarks>
internal readonly struct Tf32Operands : IOperandFormat
{
    public static int Stride => 64 + 4;

    public static void Put(ArrayView<uint> tile, int row, int quad, Float4 values) =>
        tile.AsUInt4()[row * (Stride / 4) + quad] =
            new UInt4(TensorCore.ToTf32(values.X), TensorCore.ToTf32(values.Y), TensorCore.ToTf32(values.Z), TensorCore.ToTf32(values.W));

    public static LeftFragment Left(ArrayView<uint> tile, int row, int k)
    {
        int at = Warp.LaneIdx % 16 * Stride + Warp.LaneIdx / 16 * 4 + (row * Stride + k);
        return new(TensorCore.LoadMatrix4(ref tile[at]), TensorCore.LoadMatrix4(ref tile[at + 8]));
    }

    public static LeftFragment LeftOf(Float4 low, Float4 high) => new(Turned(low), Turned(high));

    public static RightFragment Right(ArrayView<uint> tile, int col, int k)
    {
        int at = (Warp.LaneIdx % 8 + Warp.LaneIdx / 16 * 8) * Stride + Warp.LaneIdx / 8 % 2 * 4 + (col * Stride + k);
        return new(TensorCore.LoadMatrix4(ref tile[at]), TensorCore.LoadMatrix4(ref tile[at + 8]));
    }

    public static RightFragment RightTransposed(ArrayView<uint> tile, int col, int k)
    {
        int at = Warp.LaneIdx % 4 * 2 * Stride + Warp.LaneIdx / 4 + (k * Stride + col);
        return new(FourOf(tile, at), FourOf(tile, at + 8 * Stride));
    }

    public static void Multiply(ref Float4 low, ref Float4 high, LeftFragment a, RightFragment b)
    {
        TensorCore.MultiplyTf32(ref low, a.First, new UInt2(b.First.X, b.First.Y));
        TensorCore.MultiplyTf32(ref high, a.First, new UInt2(b.First.Z, b.First.W));
        TensorCore.MultiplyTf32(ref low, a.Second, new UInt2(b.Second.X, b.Second.Y));
        TensorCore.MultiplyTf32(ref high, a.Second, new UInt2(b.Second.Z, b.Second.W));
    }

    private static UInt4 Turned(Float4 sums) =>
        new(TensorCore.ToTf32(sums.X), TensorCore.ToTf32(sums.Z), TensorCore.ToTf32(sums.Y), TensorCore.ToTf32(sums.W));

    private static UInt4 FourOf(ArrayView<uint> tile, int at) => new(tile[at], tile[at + Stride], tile[at + 8], tile[at + Stride + 8]);
}
