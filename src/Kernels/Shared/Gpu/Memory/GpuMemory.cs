using BareBert.Simt;

namespace BareBert.Kernels;

/// <summary>A SIMT device's memory, for arenas.</summary>
public sealed class GpuMemory(ISimtDevice device) : DeviceMemory
{
    /// <inheritdoc/>
    public override bool IsHost => false;

    /// <inheritdoc/>
    public override void Zero(nint address, long bytes) => device.Clear((ulong)address, bytes);

    /// <inheritdoc/>
    public override void Upload(nint destination, ReadOnlySpan<byte> source) => device.Upload(source, (ulong)destination);

    /// <inheritdoc/>
    public override void Download(Span<byte> destination, nint source) => device.Download((ulong)source, destination);

    /// <inheritdoc/>
    public override void Copy(nint destination, nint source, long bytes) => device.Copy((ulong)source, (ulong)destination, bytes);

    /// <inheritdoc/>
    protected override nint AllocateBlock(long bytes)
    {
        ulong block = device.Allocate(bytes);
        device.Clear(block, bytes);
        return (nint)block;
    }

    /// <inheritdoc/>
    protected override void FreeBlock(nint block, long bytes) => device.Free((ulong)block);
}
