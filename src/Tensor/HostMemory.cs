using System.Runtime.InteropServices;

namespace BareBert;

/// <summary>The process's own memory: where the Reference and Cpu kernels work.</summary>
public sealed unsafe partial class HostMemory : DeviceMemory
{
    private const int HugePage = 2 << 20;

    /// <summary>Bytes that the machine, or the container that the process runs in, has for it.</summary>
    public static long Available { get; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <inheritdoc/>
    public override bool IsHost => true;

    /// <inheritdoc/>
    public override void Zero(nint address, long bytes) => NativeMemory.Clear((void*)address, (nuint)bytes);

    /// <inheritdoc/>
    public override void Upload(nint destination, ReadOnlySpan<byte> source) =>
        source.CopyTo(new Span<byte>((void*)destination, source.Length));

    /// <inheritdoc/>
    public override void Download(Span<byte> destination, nint source) =>
        new ReadOnlySpan<byte>((void*)source, destination.Length).CopyTo(destination);

    /// <inheritdoc/>
    public override void Copy(nint destination, nint source, long bytes) =>
        NativeMemory.Copy((void*)source, (void*)destination, (nuint)bytes);

    /// <inheritdoc/>
    protected override nint AllocateBlock(long bytes)
    {
        // The system grants more than there is, and ends the process once it is used.
        if (bytes > Available - Allocated)
            throw OutOfMemory(bytes);
        // Large blocks start on a huge page, and ask for such pages: a page table walk per 4 KiB shows in a multiply.
        nuint alignment = bytes >= HugePage ? (nuint)HugePage : 256;
        void* block;
        try
        {
            block = NativeMemory.AlignedAlloc((nuint)bytes, alignment);
        }
        catch (OutOfMemoryException e)
        {
            throw OutOfMemory(bytes, e);
        }
        if (bytes >= HugePage && OperatingSystem.IsLinux())
            _ = Advise((nint)block, (nuint)bytes, AdviseHugePage);
        NativeMemory.Clear(block, (nuint)bytes);
        return (nint)block;
    }

    /// <inheritdoc/>
    protected override void FreeBlock(nint block, long bytes) => NativeMemory.AlignedFree((void*)block);

    private RunException OutOfMemory(long bytes, Exception? inner = null) => new(
        $"out of memory: {bytes / 1e6:F0} MB more were asked for beside {Allocated / 1e6:F0} MB; use a smaller `BatchSize` or `Model`", inner!);

    private const int AdviseHugePage = 14;

    // Advice only: where it is refused the memory works as before, so the result is not looked at.
    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
