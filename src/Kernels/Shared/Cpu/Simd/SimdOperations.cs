using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace BareBert.Kernels;

/// <content>The operations that elementwise functions, reductions of rows and transpositions need.</content>
public unsafe partial interface ISimd<V>
{
    /// <summary>a − b.</summary>
    static abstract V Subtract(V a, V b);

    /// <summary>a / b.</summary>
    static abstract V Divide(V a, V b);

    /// <summary>√a.</summary>
    static abstract V Sqrt(V a);

    /// <summary>|a|.</summary>
    static abstract V Abs(V a);

    /// <summary>The nearest integer, ties to even.</summary>
    static abstract V Round(V a);

    /// <summary>The smaller of both; NaN where x is NaN. What comes out where the limit is NaN depends on the processor.</summary>
    static abstract V Min(V limit, V x);

    /// <summary>The larger of both; NaN where x is NaN. What comes out where the limit is NaN depends on the processor.</summary>
    static abstract V Max(V limit, V x);

    /// <summary>|magnitude| with the sign of <paramref name="sign"/>.</summary>
    static abstract V CopySign(V magnitude, V sign);

    /// <summary>a where x &gt; 0, b elsewhere (also where x is NaN).</summary>
    static abstract V SelectPositive(V x, V a, V b);

    /// <summary>a·2ⁿ, rounded once, for integers n in [−252, 254]: may overflow to infinity or underflow to subnormals.</summary>
    static abstract V ScaleByPowerOfTwo(V a, V n);

    /// <summary>The same, exact, for n in [−126, 127] where the result is a normal number.</summary>
    static abstract V TimesPowerOfTwo(V a, V n);

    /// <summary>The sum of the lanes, in a fixed order.</summary>
    static abstract float SumLanes(V a);

    /// <summary>The largest lane; NaN or any other lane where one is NaN.</summary>
    static abstract float MaxLane(V a);

    /// <summary>Writes past the caches: for results larger than they are. The address is aligned to the vector.</summary>
    static abstract void StoreStreaming(float* target, V value);

    /// <summary>Four floats of each of <see cref="Width"/>/4 rows, stride floats apart, one row's after the other.</summary>
    static abstract V LoadFours(float* source, nint stride);

    /// <summary>a₀ b₀ a₁ b₁ of every four floats.</summary>
    static abstract V InterleaveLower(V a, V b);

    /// <summary>a₂ b₂ a₃ b₃ of every four floats.</summary>
    static abstract V InterleaveUpper(V a, V b);
}

/// <content>The operations that elementwise functions, reductions of rows and transpositions need.</content>
public readonly unsafe partial struct Simd512
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Divide(Vector512<float> a, Vector512<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sqrt(Vector512<float> a) => Vector512.Sqrt(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Abs(Vector512<float> a) => Vector512.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Round(Vector512<float> a) => Vector512.Round(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Min(Vector512<float> limit, Vector512<float> x) => Vector512.MinNative(limit, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Max(Vector512<float> limit, Vector512<float> x) => Vector512.MaxNative(limit, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> CopySign(Vector512<float> magnitude, Vector512<float> sign) =>
        Vector512.ConditionalSelect(Vector512.Create(-0f), sign, magnitude);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> SelectPositive(Vector512<float> x, Vector512<float> a, Vector512<float> b) =>
        Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512<float>.Zero), a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ScaleByPowerOfTwo(Vector512<float> a, Vector512<float> n)
    {
        if (Avx512F.IsSupported)
            return Avx512F.Scale(a, n);
        // 2ⁿ itself may not be a float: two factors of half the exponent are. Only the second can round.
        Vector512<int> whole = Vector512.ConvertToInt32Native(n), half = whole >> 1, rest = whole - half, bias = Vector512.Create(127);
        return a * ((half + bias) << 23).AsSingle() * ((rest + bias) << 23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> TimesPowerOfTwo(Vector512<float> a, Vector512<float> n) =>
        Avx512F.IsSupported ? Avx512F.Scale(a, n) : a * ((Vector512.ConvertToInt32Native(n) + Vector512.Create(127)) << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SumLanes(Vector512<float> a) => Simd256.SumLanes(a.GetLower() + a.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxLane(Vector512<float> a) => Simd256.MaxLane(Vector256.MaxNative(a.GetLower(), a.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreStreaming(float* target, Vector512<float> value) => value.StoreAlignedNonTemporal(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadFours(float* source, nint stride) => Vector512.Create(Simd256.LoadFours(source, stride), Simd256.LoadFours(source + 2 * stride, stride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> InterleaveLower(Vector512<float> a, Vector512<float> b) => Avx512F.UnpackLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> InterleaveUpper(Vector512<float> a, Vector512<float> b) => Avx512F.UnpackHigh(a, b);
}

/// <content>The operations that elementwise functions, reductions of rows and transpositions need.</content>
public readonly unsafe partial struct Simd256
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Divide(Vector256<float> a, Vector256<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Sqrt(Vector256<float> a) => Vector256.Sqrt(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Abs(Vector256<float> a) => Vector256.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Round(Vector256<float> a) => Vector256.Round(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Min(Vector256<float> limit, Vector256<float> x) => Vector256.MinNative(limit, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Max(Vector256<float> limit, Vector256<float> x) => Vector256.MaxNative(limit, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> CopySign(Vector256<float> magnitude, Vector256<float> sign) =>
        Vector256.ConditionalSelect(Vector256.Create(-0f), sign, magnitude);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> SelectPositive(Vector256<float> x, Vector256<float> a, Vector256<float> b) =>
        Vector256.ConditionalSelect(Vector256.GreaterThan(x, Vector256<float>.Zero), a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ScaleByPowerOfTwo(Vector256<float> a, Vector256<float> n)
    {
        if (Avx512F.VL.IsSupported)
            return Avx512F.VL.Scale(a, n);
        // 2ⁿ itself may not be a float: two factors of half the exponent are. Only the second can round.
        Vector256<int> whole = Vector256.ConvertToInt32Native(n), half = whole >> 1, rest = whole - half, bias = Vector256.Create(127);
        return a * ((half + bias) << 23).AsSingle() * ((rest + bias) << 23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> TimesPowerOfTwo(Vector256<float> a, Vector256<float> n) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.Scale(a, n) : a * ((Vector256.ConvertToInt32Native(n) + Vector256.Create(127)) << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SumLanes(Vector256<float> a) => Simd128.SumLanes(a.GetLower() + a.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxLane(Vector256<float> a) => Simd128.MaxLane(Vector128.MaxNative(a.GetLower(), a.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreStreaming(float* target, Vector256<float> value) => value.StoreAlignedNonTemporal(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadFours(float* source, nint stride) => Vector256.Create(Vector128.Load(source), Vector128.Load(source + stride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> InterleaveLower(Vector256<float> a, Vector256<float> b) => Avx.UnpackLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> InterleaveUpper(Vector256<float> a, Vector256<float> b) => Avx.UnpackHigh(a, b);
}

/// <content>The operations that elementwise functions, reductions of rows and transpositions need.</content>
public readonly unsafe partial struct Simd128
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Subtract(Vector128<float> a, Vector128<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Divide(Vector128<float> a, Vector128<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sqrt(Vector128<float> a) => Vector128.Sqrt(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Abs(Vector128<float> a) => Vector128.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Round(Vector128<float> a) => Vector128.Round(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Min(Vector128<float> limit, Vector128<float> x) => Vector128.MinNative(limit, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Max(Vector128<float> limit, Vector128<float> x) => Vector128.MaxNative(limit, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> CopySign(Vector128<float> magnitude, Vector128<float> sign) =>
        Vector128.ConditionalSelect(Vector128.Create(-0f), sign, magnitude);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> SelectPositive(Vector128<float> x, Vector128<float> a, Vector128<float> b) =>
        Vector128.ConditionalSelect(Vector128.GreaterThan(x, Vector128<float>.Zero), a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ScaleByPowerOfTwo(Vector128<float> a, Vector128<float> n)
    {
        if (Avx512F.VL.IsSupported)
            return Avx512F.VL.Scale(a, n);
        // 2ⁿ itself may not be a float: two factors of half the exponent are. Only the second can round.
        Vector128<int> whole = Vector128.ConvertToInt32Native(n), half = whole >> 1, rest = whole - half, bias = Vector128.Create(127);
        return a * ((half + bias) << 23).AsSingle() * ((rest + bias) << 23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> TimesPowerOfTwo(Vector128<float> a, Vector128<float> n) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.Scale(a, n) : a * ((Vector128.ConvertToInt32Native(n) + Vector128.Create(127)) << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SumLanes(Vector128<float> a) => Vector128.Sum(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxLane(Vector128<float> a)
    {
        Vector128<float> pairs = Vector128.MaxNative(a, Vector128.Shuffle(a, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(pairs, Vector128.Shuffle(pairs, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreStreaming(float* target, Vector128<float> value) => value.StoreAlignedNonTemporal(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadFours(float* source, nint stride) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> InterleaveLower(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b) : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b) : Vector128.Create(a[0], b[0], a[1], b[1]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> InterleaveUpper(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b) : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b) : Vector128.Create(a[2], b[2], a[3], b[3]);
}
