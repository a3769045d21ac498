namespace BareBert.Simt;

/// <summary>A second stream of a GPU. It waits for the first by an event, on the device: the host waits for neither.</summary>
internal sealed unsafe class CudaSideStream : ISideStream
{
    private const uint NonBlocking = 1, WithoutTiming = 2;

    private readonly CudaDevice device;
    private readonly nint stream, moment;

    public CudaSideStream(CudaDevice device)
    {
        this.device = device;
        device.Enter();
        fixed (nint* s = &stream)
            device.Check(device.Library.StreamCreate(s, NonBlocking), "making a second stream");
        fixed (nint* m = &moment)
            device.Check(device.Library.EventCreate(m, WithoutTiming), "making an event");
    }

    public nint Handle
    {
        get
        {
            device.Enter();
            return stream;
        }
    }

    public bool IsDone
    {
        get
        {
            device.Enter();
            int result = device.Library.StreamQuery(stream);
            if (result == CudaErrors.NotReady)
                return false;
            device.Check(result, "waiting for a second stream");
            return true;
        }
    }

    public void Fork()
    {
        device.Enter();
        device.Check(device.Library.EventRecord(moment, device.Stream), "recording an event");
        device.Check(device.Library.StreamWaitEvent(stream, moment, 0), "waiting for an event");
    }

    public void Dispose()
    {
        device.Enter();
        device.Library.StreamSynchronize(stream);
        device.Library.EventDestroy(moment);
        device.Library.StreamDestroy(stream);
    }
}
