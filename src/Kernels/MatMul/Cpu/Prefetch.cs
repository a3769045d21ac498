using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace BareBert.Kernels;

/// <summary>Asks for memory before it is needed; nothing where the processor cannot be asked.</summary>
internal static unsafe class Prefetch
{
    /// <summary>Floats of a line of the caches.</summary>
    public const int Line = 16;

    /// <summary>Fetches a block [rows, columns], its rows stride floats apart, into level 1.</summary>
    [MethodImpl(Jit.Alone)]
    public static void ToLevel1(float* source, nint stride, nint rows, nint columns)
    {
        if (!Sse.IsSupported)
            return;
        for (nint r = 0; r < rows; r++, source += stride)
        {
            for (nint i = 0; i < columns; i += Line)
                Sse.Prefetch0(source + i);
        }
    }
}
