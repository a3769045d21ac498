namespace BareBert.Simt;

/// <summary>Captured work of a <see cref="CudaDevice"/>: launched as a whole, without the cost of a call for each kernel.</summary>
internal sealed unsafe class CudaGraph : IDeviceGraph
{
    private readonly CudaDevice device;
    private readonly nint executable;

    /// <summary>Takes over <paramref name="graph"/>.</summary>
    public CudaGraph(CudaDevice device, nint graph)
    {
        this.device = device;
        fixed (nint* handle = &executable)
        {
            int result = device.Library.GraphInstantiate(handle, graph, 0);
            device.Library.GraphDestroy(graph);
            device.Check(result, "making a captured graph ready");
        }
    }

    public void Replay()
    {
        device.Enter();
        device.Check(device.Library.GraphLaunch(executable, device.Stream), "launching a captured graph");
    }

    public void Dispose()
    {
        device.Enter();
        device.Library.GraphExecDestroy(executable);
    }
}
