namespace BareBert.Simt;

/// <summary>Host memory that the GPU can read by itself, so that copies need no second copy and no waiting.</summary>
public sealed unsafe class PinnedBuffer : IDisposable
{
    private readonly CudaDevice device;
    private void* pointer;

    /// <summary>Takes <paramref name="bytes"/> of pinned memory.</summary>
    /// <exception cref="RunException">The system does not allow that much.</exception>
    public PinnedBuffer(CudaDevice device, int bytes)
    {
        (this.device, Length) = (device, bytes);
        device.Enter();
        fixed (void** p = &pointer)
            device.Check(device.Library.MemHostAlloc(p, (nuint)bytes, 0), $"pinning {bytes} bytes of host memory");
    }

    /// <summary>Bytes.</summary>
    public int Length { get; }

    public Span<byte> Span => new(Pointer, Length);

    internal void* Pointer => pointer != null ? pointer : throw new ObjectDisposedException(nameof(PinnedBuffer));

    public void Dispose()
    {
        if (pointer == null)
            return;
        device.Enter();
        device.Library.MemFreeHost(pointer);
        pointer = null;
    }
}
