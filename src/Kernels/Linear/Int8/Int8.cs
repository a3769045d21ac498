using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BareBert.Kernels;

/// <summary>Numbers as whole ones: weights from −127 to 127, times a scale; what they are multiplied with from 0 to 255, or finer, less the code of zero, times a scale.</summary>
/// <remarks>
/// One side with a sign and one without: so the processor multiplies bytes (<see cref="Int8VnniMicroKernel"/>). The side without has a code for 0 that suits each row,
/// because what comes out of an activation is not as far below 0 as above.
/// Krishnamoorthi 2018, arXiv:1806.08342, §2.1 (asymmetric) and §2.2 (symmetric).
/// </remarks>
internal static class Int8
{
    /// <summary>The largest code of a weight.</summary>
    public const int LargestWeight = 127;

    // What codes of a weight that are multiplied by 255 may add up to in 16 bits.
    private const int LargestNarrowSum = short.MaxValue / byte.MaxValue;

    // What is smaller than this counts as zero: a code through it would be infinite.
    private const float Smallest = 1e-30f;

    private const int Infinity = 0x7F800000;

    /// <summary>What the codes of a weight's row are multiplied by, and what its values are multiplied by to become codes; 0: all of them are 0.</summary>
    /// <param name="values">Finite.</param>
    public static (float Scale, float Factor) ScaleOfWeight(ReadOnlySpan<float> values)
    {
        (float below, float above) = Range(values);
        float scale = Math.Max(below, above) / LargestWeight;
        return scale < Smallest ? (0, 0) : (scale, 1 / scale);
    }

    /// <summary>
    /// The same for codes whose products fit 16 bits where they are added in them: of eight neighbours the first, second, fifth and sixth, and the other four. The largest sum is
    /// that of those with one sign, times 255, which may be 128.
    /// </summary>
    /// <param name="values">Finite.</param>
    public static (float Scale, float Factor) ScaleOfNarrowWeight(ReadOnlySpan<float> values)
    {
        (float scale, float factor) = ScaleOfWeight(values);
        for (float sum; (sum = LargestSumOfCodes(values, factor)) > LargestNarrowSum; factor = 1 / scale)
            scale *= MathF.Max(sum / LargestNarrowSum, 1 + 1f / 256);
        return (scale, factor);
    }

    // Of codes that are added in 16 bits the largest sum of those with one sign.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float LargestSumOfCodes(ReadOnlySpan<float> values, float factor)
    {
        Vector128<float> largest = Vector128<float>.Zero;
        int i = 0;
        for (; i + 8 <= values.Length; i += 8)
            largest = Vector128.Max(largest, SumsOfCodes(values.Slice(i, 8), factor));
        Span<float> rest = stackalloc float[8];
        rest.Clear();
        values[i..].CopyTo(rest);
        largest = Vector128.Max(largest, SumsOfCodes(rest, factor));
        return MathF.Max(largest[0], largest[2]);
    }

    // Of eight: in the lower half what concerns the first, second, fifth and sixth, in the upper one the others.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> SumsOfCodes(ReadOnlySpan<float> eight, float factor)
    {
        Vector128<float> first = Vector128.Round(Vector128.Create(eight) * factor), second = Vector128.Round(Vector128.Create(eight[4..]) * factor);
        Vector128<float> above = Vector128.Max(first, Vector128<float>.Zero) + Vector128.Max(second, Vector128<float>.Zero), below = above - first - second;
        return Vector128.Max(above + Vector128.Shuffle(above, Vector128.Create(1, 0, 3, 2)), below + Vector128.Shuffle(below, Vector128.Create(1, 0, 3, 2)));
    }

    /// <summary>The same of a row of what is multiplied by weights, and the code of 0. The scale is NaN where an element is no number.</summary>
    public static (float Scale, float Factor, int Zero) ScaleOfInput(ReadOnlySpan<float> values, Int8Range range)
    {
        (float below, float above) = Range(values);
        int codes = range.Largest - 2 * range.Margin;
        float scale = below / codes + above / codes;
        if (!float.IsFinite(scale))
            return (float.NaN, 0, 0);
        return scale < Smallest ? (0, 0, 0) : (scale, 1 / scale, (int)MathF.Round((below * (1 / scale) + range.Margin) / range.Step) * range.Step);
    }

    /// <summary>The code of an element.</summary>
    public static int CodeOfInput(float value, float factor, int zero, Int8Range range) => Math.Clamp((int)MathF.Round(value * factor) + zero, 0, range.Largest);

    /// <summary>Quantises a row of what is multiplied by weights.</summary>
    /// <param name="values">[n].</param>
    /// <param name="range">Of codes.</param>
    /// <param name="codes">Where they go; zeros where an element is no number: a factor of 0 makes 0 or NaN of all, whose code is 0.</param>
    /// <returns>The scale, NaN where an element is no number; and the code of 0.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (float Scale, int Zero) QuantizeInput<TCodes>(ReadOnlySpan<float> values, Int8Range range, TCodes codes) where TCodes : struct, IInt8Codes
    {
        (float scale, float factor, int zero) = ScaleOfInput(values, range);
        int i = 0;
        ref float from = ref MemoryMarshal.GetReference(values);
        if (Int8Vectors512.IsSupported)
        {
            Vector512<int> zeros = Vector512.Create(zero), largest = Vector512.Create(range.Largest);
            for (; i + Vector512<float>.Count <= values.Length; i += Vector512<float>.Count)
            {
                Vector512<int> sixteen = Avx512F.ConvertToVector512Int32(Vector512.LoadUnsafe(ref from, (nuint)i) * factor) + zeros;
                codes.Set(i, Vector512.Clamp(sixteen, Vector512<int>.Zero, largest));
            }
        }
        else
        {
            for (; i + Vector256<byte>.Count <= values.Length; i += Vector256<byte>.Count)
                codes.Set(i, Sixteen(ref from, i, factor, zero, range), Sixteen(ref from, i + Vector256<ushort>.Count, factor, zero, range));
        }
        for (; i < values.Length; i++)
            codes.Set(i, CodeOfInput(values[i], factor, zero, range));
        return (scale, zero);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> Sixteen(ref float from, int i, float factor, int zero, Int8Range range) =>
        Vector256.Narrow(Eight(ref from, i, factor, zero, range), Eight(ref from, i + Vector256<int>.Count, factor, zero, range)).AsUInt16();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Eight(ref float from, int i, float factor, int zero, Int8Range range) => Vector256.Clamp(
        Vector256.ConvertToInt32Native(Vector256.Round(Vector256.LoadUnsafe(ref from, (nuint)i) * factor)) + Vector256.Create(zero), Vector256<int>.Zero, Vector256.Create(range.Largest));

    /// <summary>How far values lie below 0 and above it, at least 0; not finite where one of them is not.</summary>
    // Bits of positive numbers are ordered as these are, and those of infinity and NaN lie beyond; bits of negative numbers are negative.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe (float Below, float Above) Range(ReadOnlySpan<float> values)
    {
        ReadOnlySpan<Vector<int>> vectors = MemoryMarshal.Cast<float, Vector<int>>(values);
        Vector<int> sign = new(int.MinValue), belows = Vector<int>.Zero, aboves = Vector<int>.Zero;
        // The next row is usually read next, and comes from level 3.
        float* next = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(values)) + values.Length;
        foreach (Vector<int> vector in vectors)
        {
            MemoryHints.Prefetch(next);
            next += Vector<int>.Count;
            (belows, aboves) = (Vector.Max(belows, vector ^ sign), Vector.Max(aboves, vector));
        }
        int below = 0, above = 0;
        for (int lane = 0; lane < Vector<int>.Count; lane++)
            (below, above) = (Math.Max(below, belows[lane]), Math.Max(above, aboves[lane]));
        foreach (float value in values[(vectors.Length * Vector<int>.Count)..])
        {
            int bits = BitConverter.SingleToInt32Bits(value);
            (below, above) = (Math.Max(below, bits ^ int.MinValue), Math.Max(above, bits));
        }
        return below >= Infinity || above >= Infinity ? (float.NaN, float.NaN) : (BitConverter.Int32BitsToSingle(below), BitConverter.Int32BitsToSingle(above));
    }
}
