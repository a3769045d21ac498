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
        Record();
    }

    /// <summary>Makes this the moment when all work queued so far is done.</summary>
    internal void Record() => device.Check(device.Library.EventRecord(handle, device.Stream), "recording an event");

    /// <summary>Waits for the moment.</summary>
    internal void Wait()
    {
        device.Enter();
        device.Check(device.Library.EventSynchronize(handle), "waiting for an event");
    }

    /// <summary>Waits for <paramref name="later"/> and says how long after this one it came; resolution about 0.5 µs.</summary>
    public TimeSpan Until(CudaEvent later)
    {
        later.Wait();
        float milliseconds = 0;
        device.Check(device.Library.EventElapsedTime(&milliseconds, handle, later.handle), "measuring time between events");
        return TimeSpan.FromMilliseconds(milliseconds);
    }

    public void Dispose()
    {
        device.Enter();
        device.Library.EventDestroy(handle);
    }
}
