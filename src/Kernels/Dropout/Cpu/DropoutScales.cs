using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace BareBert.Kernels;

/// <summary>
/// A <see cref="DropoutMask"/> at work: for one row and one group of 128 columns, what each element is multiplied by, 1/(1 − rate)
/// or 0. The sixteen Philox blocks of the group are drawn side by side.
/// </summary>
/// <remarks>
/// A 32 x 32 bit multiply gives 64 bits, so a block's four words are kept in four 64-bit lanes with rubbish above bit 31: the
/// next multiply does not read it. Even blocks and odd blocks go separately; joining them gives sixteen 32-bit lanes in order.
/// </remarks>
public readonly unsafe struct DropoutScales(DropoutMask mask)
{
    private readonly ulong _seed = mask.Seed;
    private readonly uint _step = mask.Step;
    private readonly uint _op = mask.Op;
    private readonly uint _firstRow = mask.FirstRow;
    private readonly uint _threshold = mask.Threshold;
    private readonly float _scale = (float)mask.Scale;

    /// <summary>True where every factor is 1, so that there is nothing to draw.</summary>
    public bool IsNone => _threshold == 0;

    /// <summary>The factors of columns [128·group, 128·group + 128) of a row.</summary>
    /// <param name="scales">Room for 128 floats, overwritten.</param>
    /// <param name="row">The row; the mask's FirstRow is added here.</param>
    /// <param name="group">Which 128 columns.</param>
    public void Draw(float* scales, uint row, uint group)
    {
        if (VectorWidth.Is512)
            Draw<WordLanes512, Vector512<ulong>>(scales, _firstRow + row, group);
        else if (VectorWidth.Is256)
            Draw<WordLanes256, Vector256<ulong>>(scales, _firstRow + row, group);
        else
            Draw<WordLanes128, Vector128<ulong>>(scales, _firstRow + row, group);
    }

    /// <summary>The same, also where nothing is dropped.</summary>
    public void DrawOrOnes(float* scales, uint row, uint group)
    {
        if (IsNone)
            new Span<float>(scales, DropoutMask.GroupCols).Fill(1);
        else
            Draw(scales, row, group);
    }

    [MethodImpl(Jit.Alone)]
    private void Draw<TLanes, V>(float* scales, uint row, uint group) where TLanes : IWordLanes<V> where V : struct
    {
        int width = 2 * TLanes.Count;
        for (int first = 0; first < DropoutMask.Lanes; first += width)
        {
            V even0 = TLanes.EvenNumbersFrom(group * DropoutMask.Lanes + (uint)first), odd0 = TLanes.EvenNumbersFrom(group * DropoutMask.Lanes + (uint)first + 1);
            V even1 = TLanes.Broadcast(row), even2 = TLanes.Broadcast(_op), even3 = TLanes.Broadcast(_step);
            V odd1 = even1, odd2 = even2, odd3 = even3;
            uint k0 = (uint)_seed, k1 = (uint)(_seed >> 32);
            for (int round = 0; round < Philox.Rounds; round++)
            {
                V key0 = TLanes.Broadcast(k0), key1 = TLanes.Broadcast(k1);
                Round<TLanes, V>(ref even0, ref even1, ref even2, ref even3, key0, key1);
                Round<TLanes, V>(ref odd0, ref odd1, ref odd2, ref odd3, key0, key1);
                k0 += Philox.W0;
                k1 += Philox.W1;
            }
            float* target = scales + first;
            TLanes.StoreKept(target, even0, odd0, _threshold, _scale);
            TLanes.StoreKept(target + 2 * DropoutMask.Lanes, even1, odd1, _threshold, _scale);
            TLanes.StoreKept(target + 4 * DropoutMask.Lanes, even2, odd2, _threshold, _scale);
            TLanes.StoreKept(target + 6 * DropoutMask.Lanes, even3, odd3, _threshold, _scale);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round<TLanes, V>(ref V c0, ref V c1, ref V c2, ref V c3, V k0, V k1) where TLanes : IWordLanes<V> where V : struct
    {
        V p0 = TLanes.MultiplyWords(c0, Philox.M0), p1 = TLanes.MultiplyWords(c2, Philox.M1);
        c0 = TLanes.XorHigh(p1, c1, k0);
        c2 = TLanes.XorHigh(p0, c3, k1);
        c1 = p1;
        c3 = p0;
    }
}

/// <summary>32-bit numbers in the low halves of 64-bit lanes; what is in the high halves does not matter.</summary>
internal unsafe interface IWordLanes<V> where V : struct
{
    /// <summary>64-bit lanes in a vector.</summary>
    static abstract int Count { get; }

    /// <summary>first, first + 2, first + 4, …</summary>
    static abstract V EvenNumbersFrom(uint first);

    /// <summary>The same number in all lanes.</summary>
    static abstract V Broadcast(uint value);

    /// <summary>The 64-bit products of the low halves.</summary>
    static abstract V MultiplyWords(V a, uint b);

    /// <summary>(product &gt;&gt; 32) ^ a ^ b.</summary>
    static abstract V XorHigh(V product, V a, V b);

    /// <summary>
    /// Joins the words of even and odd blocks; stores scale where a word's low half-word reaches the threshold and 0 elsewhere, and sixteen
    /// columns further on the same for the high half-words.
    /// </summary>
    static abstract void StoreKept(float* target, V even, V odd, uint threshold, float scale);
}

internal readonly unsafe struct WordLanes512 : IWordLanes<Vector512<ulong>>
{
    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> EvenNumbersFrom(uint first) =>
        Vector512.Create((ulong)first) + Vector512.Create(0UL, 2, 4, 6, 8, 10, 12, 14);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Broadcast(uint value) => Vector512.Create((ulong)value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> MultiplyWords(Vector512<ulong> a, uint b) => Avx512F.IsSupported
        ? Avx512F.Multiply(a.AsUInt32(), Vector512.Create((ulong)b).AsUInt32())
        : (a & Vector512.Create(0xFFFFFFFFUL)) * Vector512.Create((ulong)b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> XorHigh(Vector512<ulong> product, Vector512<ulong> a, Vector512<ulong> b) => (product >>> 32) ^ a ^ b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreKept(float* target, Vector512<ulong> even, Vector512<ulong> odd, uint threshold, float scale)
    {
        Vector512<uint> words = ((even & Vector512.Create(0xFFFFFFFFUL)) | (odd << 32)).AsUInt32();
        Kept(words & Vector512.Create(0xFFFFu), threshold, scale).Store(target);
        Kept(words >>> 16, threshold, scale).Store(target + DropoutMask.Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Kept(Vector512<uint> halves, uint threshold, float scale) =>
        Vector512.GreaterThanOrEqual(halves.AsInt32(), Vector512.Create((int)threshold)).AsSingle() & Vector512.Create(scale);
}

internal readonly unsafe struct WordLanes256 : IWordLanes<Vector256<ulong>>
{
    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> EvenNumbersFrom(uint first) => Vector256.Create((ulong)first) + Vector256.Create(0UL, 2, 4, 6);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Broadcast(uint value) => Vector256.Create((ulong)value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> MultiplyWords(Vector256<ulong> a, uint b) => Avx2.IsSupported
        ? Avx2.Multiply(a.AsUInt32(), Vector256.Create((ulong)b).AsUInt32())
        : (a & Vector256.Create(0xFFFFFFFFUL)) * Vector256.Create((ulong)b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> XorHigh(Vector256<ulong> product, Vector256<ulong> a, Vector256<ulong> b) => (product >>> 32) ^ a ^ b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreKept(float* target, Vector256<ulong> even, Vector256<ulong> odd, uint threshold, float scale)
    {
        Vector256<uint> words = ((even & Vector256.Create(0xFFFFFFFFUL)) | (odd << 32)).AsUInt32();
        Kept(words & Vector256.Create(0xFFFFu), threshold, scale).Store(target);
        Kept(words >>> 16, threshold, scale).Store(target + DropoutMask.Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Kept(Vector256<uint> halves, uint threshold, float scale) =>
        Vector256.GreaterThanOrEqual(halves.AsInt32(), Vector256.Create((int)threshold)).AsSingle() & Vector256.Create(scale);
}

internal readonly unsafe struct WordLanes128 : IWordLanes<Vector128<ulong>>
{
    public static int Count => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> EvenNumbersFrom(uint first) => Vector128.Create((ulong)first, (ulong)first + 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Broadcast(uint value) => Vector128.Create((ulong)value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> MultiplyWords(Vector128<ulong> a, uint b)
    {
        if (Sse2.IsSupported)
            return Sse2.Multiply(a.AsUInt32(), Vector128.Create((ulong)b).AsUInt32());
        if (AdvSimd.IsSupported)
            return AdvSimd.MultiplyWideningLower(AdvSimd.ExtractNarrowingLower(a), Vector64.Create(b));
        return Vector128.Create((ulong)(uint)a[0] * b, (ulong)(uint)a[1] * b);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> XorHigh(Vector128<ulong> product, Vector128<ulong> a, Vector128<ulong> b) => (product >>> 32) ^ a ^ b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreKept(float* target, Vector128<ulong> even, Vector128<ulong> odd, uint threshold, float scale)
    {
        Vector128<uint> words = ((even & Vector128.Create(0xFFFFFFFFUL)) | (odd << 32)).AsUInt32();
        Kept(words & Vector128.Create(0xFFFFu), threshold, scale).Store(target);
        Kept(words >>> 16, threshold, scale).Store(target + DropoutMask.Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Kept(Vector128<uint> halves, uint threshold, float scale) =>
        Vector128.GreaterThanOrEqual(halves.AsInt32(), Vector128.Create((int)threshold)).AsSingle() & Vector128.Create(scale);
}
