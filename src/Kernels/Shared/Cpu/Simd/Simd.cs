using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace BareBert.Kernels;

/// <summary>
/// One width of float vector and what a kernel needs of it. A kernel is written once, generic over this interface; each
/// instantiation compiles to that width's own instructions, because the type arguments are structs.
/// </summary>
/// <typeparam name="V">Vector128, Vector256 or Vector512 of float.</typeparam>
public unsafe partial interface ISimd<V> where V : struct
{
    /// <summary>Floats in a vector.</summary>
    static abstract int Width { get; }

    /// <summary>Vector registers of the processor.</summary>
    static abstract int Registers { get; }

    /// <summary>All lanes zero.</summary>
    static abstract V Zero { get; }

    /// <summary><see cref="Width"/> floats from memory, aligned or not.</summary>
    static abstract V Load(float* source);

    /// <summary>All lanes <paramref name="value"/>.</summary>
    static abstract V Broadcast(float value);

    /// <summary>a + b.</summary>
    static abstract V Add(V a, V b);

    /// <summary>a·b.</summary>
    static abstract V Multiply(V a, V b);

    /// <summary>a·b + c, rounded once where the processor has the instruction (x64 with FMA, every Arm64), else twice.</summary>
    static abstract V MultiplyAdd(V a, V b, V c);

    /// <summary>One float from memory as the factor of <see cref="MultiplyAddFactor"/>; which lanes hold it is the processor's business.</summary>
    static abstract V LoadFactor(float* source);

    /// <summary>a·factor + c, rounded as <see cref="MultiplyAdd"/> does.</summary>
    static abstract V MultiplyAddFactor(V a, V factor, V c);

    /// <summary>Writes <see cref="Width"/> floats, aligned or not.</summary>
    static abstract void Store(float* target, V value);
}

/// <summary>AVX-512: 16 floats, 32 registers.</summary>
public readonly unsafe partial struct Simd512 : ISimd<Vector512<float>>
{
    public static int Width => 16;
    public static int Registers => 32;
    public static Vector512<float> Zero => Vector512<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) =>
        Fma.IsSupported ? Vector512.FusedMultiplyAdd(a, b, c) : a * b + c;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadFactor(float* source) => Vector512.Create(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAddFactor(Vector512<float> a, Vector512<float> factor, Vector512<float> c) => MultiplyAdd(factor, a, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, Vector512<float> value) => Vector512.Store(value, target);
}

/// <summary>AVX2: 8 floats, 16 registers.</summary>
public readonly unsafe partial struct Simd256 : ISimd<Vector256<float>>
{
    public static int Width => 8;
    public static int Registers => 16;
    public static Vector256<float> Zero => Vector256<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
        Fma.IsSupported ? Vector256.FusedMultiplyAdd(a, b, c) : a * b + c;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadFactor(float* source) => Vector256.Create(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAddFactor(Vector256<float> a, Vector256<float> factor, Vector256<float> c) => MultiplyAdd(factor, a, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, Vector256<float> value) => Vector256.Store(value, target);
}

/// <summary>Four floats: Arm's AdvSimd (32 registers), SSE (16), or plain code where the processor has no vectors at all.</summary>
public readonly unsafe partial struct Simd128 : ISimd<Vector128<float>>
{
    public static int Width => 4;
    public static int Registers => AdvSimd.IsSupported ? 32 : 16;
    public static Vector128<float> Zero => Vector128<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) =>
        Fma.IsSupported || AdvSimd.IsSupported ? Vector128.FusedMultiplyAdd(a, b, c) : a * b + c;

    // Arm multiplies by one lane of a vector: spreading it over all lanes would take the units that multiply half as long again.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadFactor(float* source) =>
        AdvSimd.Arm64.IsSupported ? Vector128.CreateScalarUnsafe(*source) : Vector128.Create(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAddFactor(Vector128<float> a, Vector128<float> factor, Vector128<float> c) =>
        AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(c, a, factor, 0) : MultiplyAdd(factor, a, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, Vector128<float> value) => Vector128.Store(value, target);
}
