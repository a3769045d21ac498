namespace BareBert.Simt;

/// <summary>A moment in a GPU's work.</summary>
public sealed unsafe class CudaEvent : IDisposable
{
    private readonly CudaDevice device;
    private readonly nint handle;

    internal CudaEvent(CudaDevice device)
    {
        this.device = device;
        fixed (nint* h = &handle)
            device.Check(device.Library.EventCreate(h, 0), "making an event");
        device.Check(device.Library.EventRecord(handle, device.Stream), "recording an event");
    }

    /// <summary>Waits for <paramref name="later"/> and says how long after this one it came; resolution about 0.5 µs.</summary>
    public TimeSpan Until(CudaEvent later)
    {
        device.Enter();
        float milliseconds = 0;
        device.Check(device.Library.EventSynchronize(later.handle), "waiting for an event");
        device.Check(device.Library.EventElapsedTime(&milliseconds, handle, later.handle), "measuring time between events");
        return TimeSpan.FromMilliseconds(milliseconds);
    }

    public void Dispose()
    {
        device.Enter();
        device.Library.EventDestroy(handle);
    }
}
