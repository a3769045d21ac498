using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BareBert.Kernels;

/// <content>The end of a row: fewer floats than a vector has. Nothing past them is read or written.</content>
/// <remarks>Without calls: one in a loop, even one that is hardly ever taken, keeps every vector of the loop out of the registers.</remarks>
public unsafe partial interface ISimd<V>
{
    /// <summary>The first <paramref name="count"/> lanes from memory, the others zero; 0 ≤ count &lt; <see cref="Width"/>.</summary>
    static abstract V LoadFirst(float* source, int count);

    /// <summary>Writes the first <paramref name="count"/> lanes; 0 ≤ count &lt; <see cref="Width"/>.</summary>
    static abstract void StoreFirst(float* target, V value, int count);
}

/// <content>The end of a row.</content>
public readonly unsafe partial struct Simd512
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadFirst(float* source, int count) => Avx512F.IsSupported
        ? Avx512F.MaskLoad(source, First(count), Zero)
        : Vector512.Create(Lanes.Load<Simd256, Vector256<float>>(source, count), Simd256.LoadFirst(source + 8, Math.Max(0, count - 8)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(float* target, Vector512<float> value, int count)
    {
        if (Avx512F.IsSupported)
        {
            Avx512F.MaskStore(target, First(count), value);
            return;
        }
        Lanes.Store<Simd256, Vector256<float>>(target, value.GetLower(), count);
        Simd256.StoreFirst(target + 8, value.GetUpper(), Math.Max(0, count - 8));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> First(int count) => Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle();
}

/// <content>The end of a row.</content>
public readonly unsafe partial struct Simd256
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadFirst(float* source, int count) => Avx.IsSupported
        ? Avx.MaskLoad(source, First(count))
        : Vector256.Create(Lanes.Load<Simd128, Vector128<float>>(source, count), Simd128.LoadFirst(source + 4, Math.Max(0, count - 4)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(float* target, Vector256<float> value, int count)
    {
        if (Avx.IsSupported)
        {
            Avx.MaskStore(target, First(count), value);
            return;
        }
        Lanes.Store<Simd128, Vector128<float>>(target, value.GetLower(), count);
        Simd128.StoreFirst(target + 4, value.GetUpper(), Math.Max(0, count - 4));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> First(int count) => Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(count)).AsSingle();
}

/// <content>The end of a row.</content>
public readonly unsafe partial struct Simd128
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadFirst(float* source, int count)
    {
        Vector128<float> first = count >= 2 ? Vector64.Load(source).ToVector128() : Vector128.CreateScalar(count == 1 ? source[0] : 0);
        return count == 3 ? first.WithElement(2, source[2]) : first;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(float* target, Vector128<float> value, int count)
    {
        if (count >= 2)
            value.GetLower().Store(target);
        else if (count == 1)
            target[0] = value.ToScalar();
        if (count == 3)
            target[2] = value.GetElement(2);
    }
}

/// <summary>Vectors at the end of a row, where there may be fewer floats left than a vector has.</summary>
public static unsafe class Lanes
{
    /// <summary>The first <paramref name="count"/> lanes from memory, the others zero; all where count is <c>Width</c> or more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<TSimd, V>(float* source, int count) where TSimd : ISimd<V> where V : struct =>
        count >= TSimd.Width ? TSimd.Load(source) : TSimd.LoadFirst(source, count);

    /// <summary>Writes the first <paramref name="count"/> lanes; all where count is <c>Width</c> or more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TSimd, V>(float* target, V value, int count) where TSimd : ISimd<V> where V : struct
    {
        if (count >= TSimd.Width)
            TSimd.Store(target, value);
        else
            TSimd.StoreFirst(target, value, count);
    }
}
