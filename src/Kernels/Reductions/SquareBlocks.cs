using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BareBert.Kernels;

/// <summary>
/// The blocks of which the CPU's <see cref="SumOfSquares"/> is made: where memory is spread over processes, each sums its own blocks, and the sums of all,
/// added in order, are the bits that one process computes.
/// </summary>
public static unsafe class SquareBlocks
{
    /// <summary>Elements of a block.</summary>
    public const int Length = 16_384;

    /// <summary>The blocks' sums of squares, in double precision.</summary>
    /// <param name="x">On the host, float32; begins with a block.</param>
    /// <returns>[blocks], the last of them perhaps of fewer elements.</returns>
    public static double[] Of(Tensor x)
    {
        var sums = new double[(x.Count + Length - 1) / Length];
        float* values = x.Floats();
        for (int block = 0; block < sums.Length; block++)
            sums[block] = Sum(values + (long)block * Length, (int)Math.Min(Length, x.Count - (long)block * Length));
        return sums;
    }

    [MethodImpl(Jit.Alone)]
    internal static double Sum(float* x, int count)
    {
        Vector256<double> a = default, b = default, c = default, d = default;
        int i = 0;
        for (; i <= count - 16; i += 16)
        {
            a += Square(Widen(x + i));
            b += Square(Widen(x + i + 4));
            c += Square(Widen(x + i + 8));
            d += Square(Widen(x + i + 12));
        }
        double sum = Vector256.Sum(a + b + (c + d));
        for (; i < count; i++)
            sum += (double)x[i] * x[i];
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Square(Vector256<double> x) => x * x;

    /// <summary>Four floats in double precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<double> Widen(float* x)
    {
        Vector128<float> narrow = Vector128.Load(x);
        // One instruction, where the halves put together are five, most of them for the one unit that moves lanes.
        return Avx.IsSupported ? Avx.ConvertToVector256Double(narrow) : Vector256.Create(Vector128.WidenLower(narrow), Vector128.WidenUpper(narrow));
    }
}
