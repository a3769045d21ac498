using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace BareBert.Kernels;

/// <summary>When and how to write past the caches, and to read ahead.</summary>
internal static unsafe class MemoryHints
{
    /// <summary>True where a vector can be written with <see cref="ISimd{V}.StoreStreaming"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreAligned<TSimd, V>(float* address) where TSimd : ISimd<V> where V : struct =>
        (nuint)address % (nuint)(TSimd.Width * sizeof(float)) == 0;

    /// <summary>Asks for the cache line at an address that will be read soon; any address will do.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* address)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(address);
    }

    /// <summary>Orders streaming stores before all that follows: another thread reads the result next.</summary>
    public static void Fence()
    {
        if (Sse.IsSupported)
            Sse.StoreFence();
        else
            Interlocked.MemoryBarrier();
    }
}

public sealed unsafe partial class CpuKernels
{
    // A result larger than the last cache cannot be read from there later: writing it past the caches saves reading
    // the old contents first, a third of the traffic of y = f(x).
    private static bool Streams(long bytes) => bytes > CacheSizes.OfThisMachine.Level3;
}
