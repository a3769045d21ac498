using System.Runtime.InteropServices;

namespace BareBert.Simt;

/// <summary>The local memory of a warp's threads, and which of its bytes have been written.</summary>
internal sealed unsafe class LocalMemoryImage(long bytesPerLane) : IDisposable
{
    private readonly byte* bytes = (byte*)NativeMemory.AllocZeroed((nuint)(bytesPerLane * EmulatedWarp.Lanes + 16));
    private readonly bool[] written = new bool[bytesPerLane * EmulatedWarp.Lanes];

    public void Forget() => Array.Clear(written);

    /// <summary>A lane's bytes from <paramref name="offset"/> on; null with the reason if they cannot be accessed.</summary>
    public byte* Access(int lane, uint offset, int size, bool isWrite, out string? problem)
    {
        problem = null;
        if (offset + (long)size > bytesPerLane)
            problem = $"local address {offset} lies outside the thread's {bytesPerLane} bytes of local memory";
        else if (offset % (uint)size != 0)
            problem = $"local address {offset} is no multiple of {size}";
        if (problem is not null)
            return null;
        long at = lane * bytesPerLane + offset;
        Span<bool> flags = written.AsSpan((int)at, size);
        if (isWrite)
            flags.Fill(true);
        else if (flags.Contains(false))
            problem = "a read of local memory that was never written";
        return bytes + at;
    }

    public void Dispose() => NativeMemory.Free(bytes);
}
