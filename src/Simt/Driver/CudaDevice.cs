using System.Text;

namespace BareBert.Simt;

/// <summary>A GPU: one context, one stream, one memory pool. Work is queued and done in order; errors of kernels show at the
/// next call that waits.</summary>
public sealed unsafe class CudaDevice : ISimtDevice
{
    private const uint NonBlockingStream = 1;
    private const int MaxDynamicSharedBytes = 8;
    private const int DefaultSharedLimit = 48 * 1024;

    [ThreadStatic]
    private static nint currentContext;

    private readonly CudaLibrary library;
    private readonly int device;
    private readonly nint context;
    private readonly nint stream;
    private readonly CudaMemoryPool pool;
    private readonly CubinCache cubins;
    private readonly CudaStaging staging;
    private readonly Dictionary<SimtKernel, LoadedKernel> kernels = [];
    private bool capturing;
    private bool disposed;

    /// <summary>Opens GPU <paramref name="ordinal"/>.</summary>
    /// <param name="cacheFolder">Where assembled kernels are kept between runs; null: the user's cache folder.</param>
    /// <exception cref="InputException">There is no such GPU, or no driver, or it is too old.</exception>
    public CudaDevice(int ordinal = 0, string? cacheFolder = null)
        : this(CudaLibrary.TryGet(out string reason) ?? throw WithoutGpu(reason), ordinal, cacheFolder)
    {
    }

    /// <summary>Opens GPU <paramref name="ordinal"/> of a driver.</summary>
    internal CudaDevice(CudaLibrary library, int ordinal, string? cacheFolder)
    {
        this.library = library;
        int count = CudaDeviceInfo.CountOf(library);
        if (count == 0)
            throw WithoutGpu(CudaLibrary.WithoutGpu());
        if (ordinal < 0 || ordinal >= count)
            throw new InputException($"`Device` cuda:{ordinal}: there {(count == 1 ? "is 1 GPU" : $"are {count} GPUs")}, counted from 0");
        Info = CudaDeviceInfo.Of(library, ordinal);
        if (Info.Obstacle is string obstacle)
            throw new InputException($"`Device` cuda:{ordinal}: {Info.Name} cannot be used: {obstacle}");
        fixed (int* d = &device)
            Check(library.DeviceGet(d, ordinal), "opening the GPU");
        fixed (nint* c = &context)
            Check(library.DevicePrimaryCtxRetain(c, device), "making a context");
        Enter();
        fixed (nint* s = &stream)
            Check(library.StreamCreate(s, NonBlockingStream), "making a stream");
        pool = new CudaMemoryPool(library);
        cubins = new CubinCache(library, Info, cacheFolder);
        staging = new CudaStaging(this);
    }

    private static InputException WithoutGpu(string reason) => new($"`Device` cuda: {reason}; without a GPU, use `Device` cpu");

    public CudaDeviceInfo Info { get; }

    public string Name => Info.Name;

    public int MaxSharedBytes => Info.MaxSharedBytes;

    public string Target => Info.Capability.Major >= 9 ? "sm_90" : "sm_80";

    internal CudaLibrary Library => library;

    internal nint Stream => stream;

    public ulong Allocate(long bytes)
    {
        EnterFor("an allocation");
        return pool.Allocate(bytes);
    }

    public void Free(ulong address)
    {
        Enter();
        pool.Free(address);
    }

    /// <remarks>Small uploads go through pinned memory and do not wait; large ones, a model's weights, wait.</remarks>
    public void Upload(ReadOnlySpan<byte> source, ulong target)
    {
        EnterFor("an upload");
        if (source.Length <= staging.Capacity / 2)
        {
            staging.Upload(source, target);
            return;
        }
        fixed (byte* from = source)
            Check(library.MemcpyHtoDAsync(target, from, (nuint)source.Length, stream), $"uploading {source.Length} bytes");
        // Ordinary memory may be changed by the caller as soon as this returns.
        Check(library.StreamSynchronize(stream), "uploading");
    }

    /// <summary>Uploads from pinned memory without waiting; leave it unchanged until the work so far is done.</summary>
    public void Upload(PinnedBuffer source, int bytes, ulong target)
    {
        Enter();
        Check(library.MemcpyHtoDAsync(target, source.Pointer, (nuint)bytes, stream), $"uploading {bytes} bytes");
    }

    public void Download(ulong source, Span<byte> target)
    {
        EnterFor("a download");
        fixed (byte* to = target)
        {
            Check(library.MemcpyDtoHAsync(to, source, (nuint)target.Length, stream), $"downloading {target.Length} bytes");
            Check(library.StreamSynchronize(stream), "downloading");
        }
    }

    public void Copy(ulong source, ulong target, long bytes)
    {
        Enter();
        Check(library.MemcpyDtoDAsync(target, source, (nuint)bytes, stream), $"copying {bytes} bytes");
    }

    public void Clear(ulong target, long bytes)
    {
        Enter();
        Check(library.MemsetD8Async(target, 0, (nuint)bytes, stream), $"clearing {bytes} bytes");
    }

    public void Launch(SimtKernel kernel, Dim3 grid, Dim3 group, int sharedBytes, params ReadOnlySpan<KernelArgument> arguments)
    {
        LaunchLimits.Check(kernel, grid, group, sharedBytes, MaxSharedBytes);
        Enter();
        ulong[] values = KernelArgument.Flatten(kernel, arguments);
        LoadedKernel loaded = Load(kernel);
        void** pointers = stackalloc void*[values.Length];
        fixed (ulong* first = values)
        {
            KernelArgument.Point(pointers, first, arguments);
            Check(library.LaunchKernel(loaded.Function, (uint)grid.X, (uint)grid.Y, (uint)grid.Z, (uint)group.X, (uint)group.Y, (uint)group.Z,
                (uint)sharedBytes, stream, pointers, null), $"launching {kernel.Name}");
        }
    }

    private readonly record struct LoadedKernel(nint Module, nint Function);

    private LoadedKernel Load(SimtKernel kernel)
    {
        if (kernels.TryGetValue(kernel, out LoadedKernel loaded))
            return loaded;
        nint function = 0, module = LoadModule(kernel);
        fixed (byte* name = Encoding.UTF8.GetBytes(kernel.Name + '\0'))
            Check(library.ModuleGetFunction(&function, module, name), $"finding {kernel.Name} in its module");
        int dynamicLimit = MaxSharedBytes - (int)kernel.StaticSharedBytes;
        if (MaxSharedBytes > DefaultSharedLimit && kernel.UsesDynamicShared)
            Check(library.FuncSetAttribute(function, MaxDynamicSharedBytes, dynamicLimit), $"allowing {kernel.Name} {dynamicLimit} bytes of shared memory");
        return kernels[kernel] = new LoadedKernel(module, function);
    }

    // What is kept on disk may be damaged: then it is assembled again.
    private nint LoadModule(SimtKernel kernel)
    {
        nint module = 0;
        fixed (byte* kept = cubins.Find(kernel))
        {
            if (kept != null && library.ModuleLoadData(&module, kept) == 0)
                return module;
        }
        fixed (byte* image = cubins.Assemble(kernel))
            Check(library.ModuleLoadData(&module, image), $"loading {kernel.Name}");
        return module;
    }

    public IDeviceGraph Capture(Action work)
    {
        const int threadLocal = 1;
        EnterFor("a capture");
        Check(library.StreamBeginCapture(stream, threadLocal), "beginning to capture a graph");
        nint graph = 0;
        capturing = true;
        try
        {
            work();
        }
        finally
        {
            capturing = false;
            int result = library.StreamEndCapture(stream, &graph);
            if (graph == 0)
                Check(result, "capturing a graph (kernels must have been launched once before, so that they are loaded)");
        }
        return new CudaGraph(this, graph);
    }

    /// <summary>A moment in the stream's work, to measure time between two of them.</summary>
    public CudaEvent Mark()
    {
        Enter();
        return new CudaEvent(this);
    }

    public ISideStream OpenSideStream() => new CudaSideStream(this);

    public void Synchronize()
    {
        EnterFor("waiting");
        Check(library.StreamSynchronize(stream), "waiting for the GPU");
    }

    /// <summary>Makes the context this thread's: the driver keeps one for each thread.</summary>
    internal void Enter()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (currentContext == context)
            return;
        Check(library.CtxSetCurrent(context), "switching to the GPU's context");
        currentContext = context;
    }

    // The same for what cannot be part of a graph.
    private void EnterFor(string what)
    {
        if (capturing)
            throw new InvalidOperationException($"{what} cannot be captured in a graph");
        Enter();
    }

    internal void Check(int result, string doing) => CudaErrors.Check(library, result, doing);

    public void Dispose()
    {
        if (disposed)
            return;
        Enter();
        // Nothing is left to be done about errors here: the context goes, and everything with it.
        library.StreamSynchronize(stream);
        staging.Dispose();
        foreach (LoadedKernel loaded in kernels.Values)
            library.ModuleUnload(loaded.Module);
        pool.Dispose();
        library.StreamDestroy(stream);
        library.DevicePrimaryCtxRelease(device);
        currentContext = 0;
        disposed = true;
    }
}
