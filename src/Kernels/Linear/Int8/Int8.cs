using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BareBert.Kernels;

/// <summary>Numbers as whole ones times a scale: weights of −127 to 127, what they are multiplied with as large as exact sums of 32 bits allow.</summary>
/// <remarks>
/// The processor multiplies 16 bits by 16 bits in any case (<see cref="IInt8Vectors{V}"/>): to give activations no more than 8 of them would cost precision and save nothing.
/// The largest element of a row has the largest code.
/// </remarks>
internal static class Int8
{
    /// <summary>The largest code of a weight.</summary>
    public const int LargestWeight = 127;

    // What is smaller than this counts as zero: a code through it would be infinite.
    private const float Smallest = 1e-30f;

    private const int Infinity = 0x7F800000;

    /// <summary>The largest code of what is multiplied by weights: no sum of k products is more than 32 bits hold.</summary>
    public static int LargestInput(int k) => Math.Min(short.MaxValue, int.MaxValue / (LargestWeight * Math.Max(1, k)));

    /// <summary>Quantises a row.</summary>
    /// <param name="values">[n].</param>
    /// <param name="largest">The largest code.</param>
    /// <param name="codes">[n], overwritten; zeros where an element is no number.</param>
    /// <returns>The scale: NaN where an element is no number.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Quantize(ReadOnlySpan<float> values, int largest, Span<short> codes)
    {
        (float scale, float factor) = ScaleOf(LargestBits(values), largest);
        codes = codes[..values.Length];
        if (factor == 0)
        {
            codes.Clear();
            return scale;
        }
        int i = 0;
        ref float from = ref MemoryMarshal.GetReference(values);
        ref short to = ref MemoryMarshal.GetReference(codes);
        if (Int8Vectors512.IsSupported)
        {
            for (; i + Vector512<float>.Count <= values.Length; i += Vector512<float>.Count)
                Avx512F.ConvertToVector256Int16(Avx512F.ConvertToVector512Int32(Vector512.LoadUnsafe(ref from, (nuint)i) * factor)).StoreUnsafe(ref to, (nuint)i);
        }
        else
        {
            for (int width = Vector<float>.Count; i + 2 * width <= values.Length; i += 2 * width)
            {
                Vector<int> low = Vector.ConvertToInt32Native(Vector.Round(Vector.LoadUnsafe(ref from, (nuint)i) * factor));
                Vector<int> high = Vector.ConvertToInt32Native(Vector.Round(Vector.LoadUnsafe(ref from, (nuint)(i + width)) * factor));
                Vector.Narrow(low, high).StoreUnsafe(ref to, (nuint)i);
            }
        }
        for (; i < values.Length; i++)
            codes[i] = (short)MathF.Round(values[i] * factor);
        return scale;
    }

    /// <summary>The bits of the largest magnitude. Of numbers they are ordered as these are; infinity and NaN lie beyond.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int LargestBits(ReadOnlySpan<float> values)
    {
        ReadOnlySpan<Vector<int>> vectors = MemoryMarshal.Cast<float, Vector<int>>(values);
        Vector<int> most = Vector<int>.Zero;
        foreach (Vector<int> vector in vectors)
            most = Vector.Max(most, vector & new Vector<int>(int.MaxValue));
        int largest = 0;
        for (int lane = 0; lane < Vector<int>.Count; lane++)
            largest = Math.Max(largest, most[lane]);
        foreach (float value in values[(vectors.Length * Vector<int>.Count)..])
            largest = Math.Max(largest, BitConverter.SingleToInt32Bits(value) & int.MaxValue);
        return largest;
    }

    /// <summary>What codes are multiplied by, and what values are multiplied by to become codes; 0: all of them are 0.</summary>
    /// <param name="bits">The largest magnitude's.</param>
    /// <param name="largest">The largest code.</param>
    public static (float Scale, float Factor) ScaleOf(int bits, int largest)
    {
        float magnitude = BitConverter.Int32BitsToSingle(bits);
        return bits >= Infinity ? (float.NaN, 0) : magnitude < Smallest ? (0, 0) : (magnitude / largest, largest / magnitude);
    }
}
