using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace BareBert.Kernels;

/// <summary>Asks for memory before it is needed; nothing where the processor cannot be asked.</summary>
internal static unsafe class Prefetch
{
    /// <summary>Floats of a line of the caches.</summary>
    public const int Line = 16;

    /// <summary>So many floats before it is read a B that comes from memory is fetched into level 2.</summary>
    // About a panel's depth block: while its rows are multiplied the next one comes. Twice as much does the same, a quarter is too little.
    public const int FarAhead = 4096;

    /// <summary>So many k's before it is read a B that lies in level 2 is fetched into level 1.</summary>
    public const int DepthsAhead = 16;

    /// <summary>Fetches two vectors, those of a tile's row, into level 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ToLevel1<TSimd, V>(float* source) where TSimd : ISimd<V> where V : struct
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch0(source);
        if (2 * TSimd.Width > Line)
            Sse.Prefetch0(source + Line);
    }

    /// <summary>The same into level 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ToLevel2<TSimd, V>(float* source) where TSimd : ISimd<V> where V : struct
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch1(source);
        if (2 * TSimd.Width > Line)
            Sse.Prefetch1(source + Line);
    }

    /// <summary>Fetches a block [rows, columns], its rows stride floats apart, into level 1.</summary>
    [MethodImpl(Jit.Alone)]
    public static void ToLevel1(float* source, nint stride, nint rows, nint columns)
    {
        if (!Sse.IsSupported)
            return;
        for (nint r = 0; r < rows; r++, source += stride)
            RowToLevel1(source, columns);
    }

    /// <summary>Fetches one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void RowToLevel1(float* row, nint columns)
    {
        if (!Sse.IsSupported)
            return;
        for (nint i = 0; i < columns; i += Line)
            Sse.Prefetch0(row + i);
    }
}
