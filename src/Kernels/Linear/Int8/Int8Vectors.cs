using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace BareBert.Kernels;

/// <summary>One width of vector as the multiply of whole numbers needs it: V holds sums of 32 bits, or pairs of factors of 16.</summary>
/// <remarks>
/// Codes are multiplied 16 bits by 16 bits and added in pairs of 32, which is exact. The instructions for bytes are not: two products of an unsigned and a signed
/// byte overflow 16 bits, unless one factor gives up a bit; and without VNNI they multiply no more numbers a cycle.
/// </remarks>
internal unsafe interface IInt8Vectors<V> where V : struct
{
    /// <summary>Sums in a vector: columns of y.</summary>
    static abstract int Columns { get; }

    /// <summary>Rows of a tile of y, two vectors wide, that the registers hold.</summary>
    static abstract int Rows { get; }

    /// <summary>Pairs of codes of <see cref="Columns"/> columns, each widened to 16 bits.</summary>
    static abstract V Load(sbyte* codes);

    /// <summary>One pair of codes for all columns.</summary>
    static abstract V Broadcast(int pair);

    /// <summary>sums + the sum of each pair's two products.</summary>
    static abstract V Add(V sums, V left, V right);

    /// <summary>Writes the sums as floats, rounded to nearest.</summary>
    static abstract void Store(float* target, V sums);
}

/// <summary>AVX-512: 16 columns.</summary>
internal readonly unsafe struct Int8Vectors512 : IInt8Vectors<Vector512<int>>
{
    public static bool IsSupported => Avx512BW.IsSupported && VectorWidth.Is512;

    public static int Columns => 16;

    public static int Rows => 12;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Load(sbyte* codes) => Avx512BW.ConvertToVector512Int16(Vector256.Load(codes)).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Broadcast(int pair) => Vector512.Create(pair);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Add(Vector512<int> sums, Vector512<int> left, Vector512<int> right) =>
        sums + Avx512BW.MultiplyAddAdjacent(left.AsInt16(), right.AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, Vector512<int> sums) => Vector512.ConvertToSingle(sums).Store(target);
}

/// <summary>AVX2, with AVX-VNNI where there is: 8 columns.</summary>
internal readonly unsafe struct Int8Vectors256 : IInt8Vectors<Vector256<int>>
{
    public static bool IsSupported => Avx2.IsSupported;

    public static int Columns => 8;

    public static int Rows => 6;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(sbyte* codes) => Avx2.ConvertToVector256Int16(codes).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Broadcast(int pair) => Vector256.Create(pair);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sums, Vector256<int> left, Vector256<int> right) => AvxVnni.IsSupported
        ? AvxVnni.MultiplyWideningAndAdd(sums, left.AsInt16(), right.AsInt16())
        : sums + Avx2.MultiplyAddAdjacent(left.AsInt16(), right.AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, Vector256<int> sums) => Vector256.ConvertToSingle(sums).Store(target);
}

/// <summary>Every other processor: 4 columns.</summary>
internal readonly unsafe struct Int8Vectors128 : IInt8Vectors<Vector128<int>>
{
    public static int Columns => 4;

    public static int Rows => 6;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Load(sbyte* codes) => Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)codes).AsSByte()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Broadcast(int pair) => Vector128.Create(pair);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Add(Vector128<int> sums, Vector128<int> left, Vector128<int> right)
    {
        if (Sse2.IsSupported)
            return sums + Sse2.MultiplyAddAdjacent(left.AsInt16(), right.AsInt16());
        if (!AdvSimd.Arm64.IsSupported)
            return sums + Products(left << 16, right << 16) + Products(left, right);
        Vector128<int> low = AdvSimd.MultiplyWideningLower(left.AsInt16().GetLower(), right.AsInt16().GetLower());
        return sums + AdvSimd.Arm64.AddPairwise(low, AdvSimd.MultiplyWideningUpper(left.AsInt16(), right.AsInt16()));
    }

    // Of the upper 16 bits.
    private static Vector128<int> Products(Vector128<int> left, Vector128<int> right) => (left >> 16) * (right >> 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, Vector128<int> sums) => Vector128.ConvertToSingle(sums).Store(target);
}
