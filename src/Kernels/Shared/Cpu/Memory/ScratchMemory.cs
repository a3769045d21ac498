using System.Runtime.InteropServices;

namespace BareBert.Kernels;

/// <summary>
/// Native memory that a kernel keeps between calls: it grows to the largest size asked for and stays. On Linux it asks
/// for 2 MB pages, so that a packed operand needs a handful of address translations instead of thousands.
/// </summary>
public sealed unsafe partial class ScratchMemory : IDisposable
{
    private const nuint HugePage = 2 << 20;
    private const int AdviseHugePages = 14; // MADV_HUGEPAGE

    private void* _memory;
    private nuint _bytes;

    /// <summary>Room for at least <paramref name="count"/> floats, aligned to 64 bytes or more; the contents are undefined.</summary>
    /// <remarks>Valid until the next call that asks for more.</remarks>
    /// <exception cref="OutOfMemoryException">The system has no more.</exception>
    public float* Floats(nint count)
    {
        nuint bytes = (nuint)count * sizeof(float);
        if (bytes > _bytes)
            Grow(bytes);
        return (float*)_memory;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        _bytes = 0;
    }

    private void Grow(nuint bytes)
    {
        Dispose();
        bool huge = bytes >= HugePage / 4;
        nuint alignment = huge ? HugePage : 64;
        nuint rounded = (bytes + alignment - 1) / alignment * alignment;
        _memory = NativeMemory.AlignedAlloc(rounded, alignment);
        _bytes = rounded;
        if (huge && OperatingSystem.IsLinux())
            _ = Advise(_memory, rounded, AdviseHugePages); // Only advice: without it everything works, slower.
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint bytes, int advice);
}
