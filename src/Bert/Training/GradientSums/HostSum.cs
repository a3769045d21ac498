using System.Numerics;
using System.Runtime.InteropServices;

namespace BareBert.Bert.Training.GradientSums;

/// <summary>Adds in the host's memory, on whatever thread: the device's kernels are busy with backward meanwhile.</summary>
internal static unsafe class HostSum
{
    /// <summary>y += x.</summary>
    public static void Add(nint y, nint x, long count, DType type)
    {
        if (type == DType.Float64)
            Add(new Span<double>((void*)y, (int)count), new ReadOnlySpan<double>((void*)x, (int)count));
        else
            Add(new Span<float>((void*)y, (int)count), new ReadOnlySpan<float>((void*)x, (int)count));
    }

    private static void Add<T>(Span<T> y, ReadOnlySpan<T> x) where T : unmanaged, INumber<T>
    {
        Span<Vector<T>> ys = MemoryMarshal.Cast<T, Vector<T>>(y);
        ReadOnlySpan<Vector<T>> xs = MemoryMarshal.Cast<T, Vector<T>>(x);
        for (int i = 0; i < ys.Length; i++)
            ys[i] += xs[i];
        for (int i = ys.Length * Vector<T>.Count; i < y.Length; i++)
            y[i] += x[i];
    }
}
