namespace BareBert.Simt;

/// <summary>Keeps freed device memory for the next who asks for the size: the driver's own allocation waits for the GPU.</summary>
/// <remarks>All work is on one stream, in order, so memory may be given out again while kernels that used it are still queued.</remarks>
internal sealed unsafe class CudaMemoryPool(CudaLibrary library) : IDisposable
{
    private const long Grain = 512;
    private const double MiB = 1 << 20;

    private readonly Dictionary<long, Stack<ulong>> free = [];
    private readonly Dictionary<ulong, long> taken = [];

    public ulong Allocate(long bytes)
    {
        long size = Math.Max(Grain, (bytes + Grain - 1) / Grain * Grain);
        if (!free.TryGetValue(size, out var blocks) || !blocks.TryPop(out ulong address))
            address = AllocateNew(size);
        taken.Add(address, size);
        return address;
    }

    private ulong AllocateNew(long size)
    {
        ulong address = 0;
        int result = library.MemAlloc(&address, (nuint)size);
        if (result == CudaErrors.OutOfMemory)
        {
            ReleaseFree();
            result = library.MemAlloc(&address, (nuint)size);
        }
        if (result == CudaErrors.OutOfMemory)
        {
            nuint available = 0, total = 0;
            library.MemGetInfo(&available, &total);
            throw new RunException($"out of GPU memory: {size / MiB:f0} MiB asked for, {taken.Values.Sum() / MiB:f0} MiB in use here, "
                + $"{available / MiB:f0} of {total / MiB:f0} MiB free; use a smaller batch, model or sequence length");
        }
        CudaErrors.Check(library, result, $"allocating {size} bytes");
        return address;
    }

    public void Free(ulong address)
    {
        if (!taken.Remove(address, out long size))
            throw new ArgumentException($"0x{address:x} is not the start of an allocation");
        if (!free.TryGetValue(size, out var blocks))
            free[size] = blocks = [];
        blocks.Push(address);
    }

    private void ReleaseFree()
    {
        foreach (ulong address in free.Values.SelectMany(blocks => blocks))
            library.MemFree(address);
        free.Clear();
    }

    public void Dispose()
    {
        ReleaseFree();
        foreach (ulong address in taken.Keys)
            library.MemFree(address);
        taken.Clear();
    }
}
