using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace BareBert.Kernels;

/// <summary>One width of vector as the multiply of whole numbers needs it: V holds sums of 32 bits, or groups of factors, pairs of 16 bits or four bytes.</summary>
/// <remarks>
/// Without VNNI codes are multiplied 16 bits by 16 bits and added in pairs of 32, which is exact. The instruction for bytes is only where one factor gives something up:
/// <see cref="Int8NarrowMicroKernel"/>.
/// </remarks>
internal unsafe interface IInt8Vectors<V> where V : struct
{
    /// <summary>Sums in a vector: columns of y.</summary>
    static abstract int Columns { get; }

    /// <summary>Rows of a tile of y, two vectors wide, that the registers hold.</summary>
    static abstract int Rows { get; }

    /// <summary><see cref="Int8Layout.Group"/>.</summary>
    static abstract int Group { get; }

    /// <summary>factor·numbers, of <see cref="Columns"/> columns.</summary>
    static abstract V Times(int* numbers, int factor);

    /// <summary>numbers·2^<see cref="Int8Range.FineBits"/>.</summary>
    static abstract V Shift(V numbers);

    /// <summary>Groups of a weight's codes of <see cref="Columns"/> columns; pairs are widened to 16 bits.</summary>
    static abstract V Load(sbyte* codes);

    /// <summary>One group of codes for all columns.</summary>
    static abstract V Broadcast(int group);

    /// <summary>sums + the sum of each group's products.</summary>
    /// <param name="sums">So far.</param>
    /// <param name="x">Codes of x, without a sign.</param>
    /// <param name="weight">Codes of the weight.</param>
    static abstract V Add(V sums, V x, V weight);

    /// <summary>Writes the sums as floats, rounded to nearest.</summary>
    static abstract void Store(float* target, V sums);
}

/// <summary>AVX-512: 16 columns.</summary>
internal readonly unsafe struct Int8Vectors512 : IInt8Vectors<Vector512<int>>
{
    public static bool IsSupported => Avx512BW.IsSupported && VectorWidth.Is512;

    public static int Columns => 16;

    public static int Rows => 12;

    public static int Group => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Times(int* numbers, int factor) => Vector512.Load(numbers) * factor;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Shift(Vector512<int> numbers) => numbers << Int8Range.FineBits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Load(sbyte* codes) => Avx512BW.ConvertToVector512Int16(Vector256.Load(codes)).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Broadcast(int group) => Vector512.Create(group);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Add(Vector512<int> sums, Vector512<int> x, Vector512<int> weight) =>
        sums + Avx512BW.MultiplyAddAdjacent(x.AsInt16(), weight.AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, Vector512<int> sums) => Vector512.ConvertToSingle(sums).Store(target);
}

/// <summary>AVX2: 8 columns.</summary>
internal readonly unsafe struct Int8Vectors256 : IInt8Vectors<Vector256<int>>
{
    public static bool IsSupported => Avx2.IsSupported;

    public static int Columns => 8;

    public static int Rows => 6;

    public static int Group => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Times(int* numbers, int factor) => Vector256.Load(numbers) * factor;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Shift(Vector256<int> numbers) => numbers << Int8Range.FineBits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(sbyte* codes) => Avx2.ConvertToVector256Int16(codes).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Broadcast(int group) => Vector256.Create(group);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sums, Vector256<int> x, Vector256<int> weight) =>
        sums + Avx2.MultiplyAddAdjacent(x.AsInt16(), weight.AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, Vector256<int> sums) => Vector256.ConvertToSingle(sums).Store(target);
}

/// <summary>AVX-VNNI: 8 columns, and four bytes at a time.</summary>
internal readonly unsafe struct Int8VectorsVnni256 : IInt8Vectors<Vector256<int>>
{
    public static bool IsSupported => AvxVnni.IsSupported;

    public static int Columns => 8;

    public static int Rows => 6;

    public static int Group => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Times(int* numbers, int factor) => Int8Vectors256.Times(numbers, factor);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Shift(Vector256<int> numbers) => Int8Vectors256.Shift(numbers);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(sbyte* codes) => Vector256.Load(codes).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Broadcast(int group) => Vector256.Create(group);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sums, Vector256<int> x, Vector256<int> weight) =>
        AvxVnni.MultiplyWideningAndAdd(sums, x.AsByte(), weight.AsSByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, Vector256<int> sums) => Int8Vectors256.Store(target, sums);
}

/// <summary>Every other processor: 4 columns.</summary>
internal readonly unsafe struct Int8Vectors128 : IInt8Vectors<Vector128<int>>
{
    public static int Columns => 4;

    public static int Rows => 6;

    public static int Group => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Times(int* numbers, int factor) => Vector128.Load(numbers) * factor;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Shift(Vector128<int> numbers) => numbers << Int8Range.FineBits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Load(sbyte* codes) => Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)codes).AsSByte()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Broadcast(int group) => Vector128.Create(group);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Add(Vector128<int> sums, Vector128<int> x, Vector128<int> weight)
    {
        if (Sse2.IsSupported)
            return sums + Sse2.MultiplyAddAdjacent(x.AsInt16(), weight.AsInt16());
        if (!AdvSimd.Arm64.IsSupported)
            return sums + Products(x << 16, weight << 16) + Products(x, weight);
        Vector128<int> low = AdvSimd.MultiplyWideningLower(x.AsInt16().GetLower(), weight.AsInt16().GetLower());
        return sums + AdvSimd.Arm64.AddPairwise(low, AdvSimd.MultiplyWideningUpper(x.AsInt16(), weight.AsInt16()));
    }

    // Of the upper 16 bits.
    private static Vector128<int> Products(Vector128<int> left, Vector128<int> right) => (left >> 16) * (right >> 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, Vector128<int> sums) => Vector128.ConvertToSingle(sums).Store(target);
}
