namespace BareBert;

/// <summary>Memory that tensors live in, and how bytes get into and out of it. Addresses are the device's own.</summary>
public abstract class DeviceMemory : IDisposable
{
    /// <summary>True where an address can be read by this process.</summary>
    public abstract bool IsHost { get; }

    /// <summary>Bytes allocated at the moment.</summary>
    public long Allocated { get; private set; }

    /// <summary>The most bytes that were allocated at any moment.</summary>
    public long Peak { get; private set; }

    /// <summary>A zeroed block, aligned to at least 256 bytes.</summary>
    /// <exception cref="RunException">The device has no such block left; the message says how much was asked for.</exception>
    public nint Allocate(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        nint block = AllocateBlock(bytes);
        Allocated += bytes;
        Peak = Math.Max(Peak, Allocated);
        return block;
    }

    /// <summary>Gives back a block that <see cref="Allocate"/> returned.</summary>
    public void Free(nint block, long bytes)
    {
        FreeBlock(block, bytes);
        Allocated -= bytes;
    }

    /// <summary>Sets bytes to zero.</summary>
    public abstract void Zero(nint address, long bytes);

    /// <summary>Host to device.</summary>
    public abstract void Upload(nint destination, ReadOnlySpan<byte> source);

    /// <summary>Device to host; waits for the work that writes the bytes.</summary>
    public abstract void Download(Span<byte> destination, nint source);

    /// <summary>Device to the same device. The ranges do not overlap.</summary>
    public abstract void Copy(nint destination, nint source, long bytes);

    /// <inheritdoc/>
    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>A zeroed block.</summary>
    protected abstract nint AllocateBlock(long bytes);

    /// <summary>Gives a block back.</summary>
    protected abstract void FreeBlock(nint block, long bytes);
}
