using System.Runtime.InteropServices;

namespace BareBert.Simt;

/// <summary>The emulated device's memory: blocks of the host's, at the host's own addresses, so that an address outside all blocks
/// can be told.</summary>
internal sealed unsafe class GlobalMemory : IDisposable
{
    private Allocation[] sorted = [];

    /// <summary>One allocated block.</summary>
    public sealed class Allocation(ulong start, ulong bytes)
    {
        public ulong Start { get; } = start;

        /// <summary>Its size; 0 once it was freed, so that whoever remembers the block finds nothing in it.</summary>
        public ulong Bytes { get; set; } = bytes;

        public bool Contains(ulong address, ulong count) => address >= Start && address - Start <= Bytes && address - Start + count <= Bytes;
    }

    public ulong Allocate(long bytes)
    {
        ulong size = (ulong)Math.Max(bytes, 1);
        var start = (ulong)NativeMemory.AlignedAlloc((nuint)size + 256, 256);
        lock (this)
            sorted = [.. sorted.Append(new Allocation(start, (ulong)bytes)).OrderBy(allocation => allocation.Start)];
        return start;
    }

    public void Free(ulong address)
    {
        lock (this)
        {
            Allocation freed = Array.Find(sorted, allocation => allocation.Start == address)
                ?? throw new ArgumentException($"0x{address:x} is not the start of an allocation");
            freed.Bytes = 0;
            sorted = [.. sorted.Where(allocation => allocation != freed)];
        }
        NativeMemory.AlignedFree((void*)address);
    }

    /// <summary>The block that all of the given bytes lie in; null if none.</summary>
    public Allocation? Find(ulong address, ulong bytes)
    {
        Allocation[] blocks = sorted;
        int low = 0, high = blocks.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (blocks[middle].Contains(address, bytes))
                return blocks[middle];
            if (blocks[middle].Start > address)
                high = middle - 1;
            else
                low = middle + 1;
        }
        return null;
    }

    /// <summary>How an address lies to the block next to it, for a message.</summary>
    public string Describe(ulong address)
    {
        Allocation? below = sorted.LastOrDefault(allocation => allocation.Start <= address);
        return below is null ? $"0x{address:x} lies below all buffers"
            : $"0x{address:x} lies {address - below.Start - below.Bytes} bytes past the end of a buffer of {below.Bytes} bytes";
    }

    public void Dispose()
    {
        foreach (Allocation allocation in sorted)
            NativeMemory.AlignedFree((void*)allocation.Start);
        sorted = [];
    }
}
