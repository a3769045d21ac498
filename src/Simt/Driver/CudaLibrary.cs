using System.Runtime.InteropServices;

namespace BareBert.Simt;

/// <summary>The CUDA driver's library: the functions used here, by their C names. Comes with NVIDIA's driver; no toolkit is needed.</summary>
internal sealed unsafe class CudaLibrary
{
    private static readonly Lazy<(CudaLibrary? Library, string Reason)> Loaded = new(Load);

    /// <summary>A driver.</summary>
    /// <param name="find">The address of a function; 0 where the driver has none of that name.</param>
    /// <exception cref="EntryPointNotFoundException">One is missing.</exception>
    internal CudaLibrary(Func<string, nint> find)
    {
        nint Export(string name) => find(name) is not 0 and nint address ? address : throw new EntryPointNotFoundException(name);
        Init = (delegate* unmanaged<uint, int>)Export("cuInit");
        DriverGetVersion = (delegate* unmanaged<int*, int>)Export("cuDriverGetVersion");
        GetErrorName = (delegate* unmanaged<int, byte**, int>)Export("cuGetErrorName");
        GetErrorString = (delegate* unmanaged<int, byte**, int>)Export("cuGetErrorString");
        DeviceGetCount = (delegate* unmanaged<int*, int>)Export("cuDeviceGetCount");
        DeviceGet = (delegate* unmanaged<int*, int, int>)Export("cuDeviceGet");
        DeviceGetName = (delegate* unmanaged<byte*, int, int, int>)Export("cuDeviceGetName");
        DeviceTotalMem = (delegate* unmanaged<nuint*, int, int>)Export("cuDeviceTotalMem_v2");
        DeviceGetAttribute = (delegate* unmanaged<int*, int, int, int>)Export("cuDeviceGetAttribute");
        DevicePrimaryCtxRetain = (delegate* unmanaged<nint*, int, int>)Export("cuDevicePrimaryCtxRetain");
        DevicePrimaryCtxRelease = (delegate* unmanaged<int, int>)Export("cuDevicePrimaryCtxRelease_v2");
        CtxSetCurrent = (delegate* unmanaged<nint, int>)Export("cuCtxSetCurrent");
        MemGetInfo = (delegate* unmanaged<nuint*, nuint*, int>)Export("cuMemGetInfo_v2");
        MemAlloc = (delegate* unmanaged<ulong*, nuint, int>)Export("cuMemAlloc_v2");
        MemFree = (delegate* unmanaged<ulong, int>)Export("cuMemFree_v2");
        MemHostAlloc = (delegate* unmanaged<void**, nuint, uint, int>)Export("cuMemHostAlloc");
        MemFreeHost = (delegate* unmanaged<void*, int>)Export("cuMemFreeHost");
        MemcpyHtoDAsync = (delegate* unmanaged<ulong, void*, nuint, nint, int>)Export("cuMemcpyHtoDAsync_v2");
        MemcpyDtoHAsync = (delegate* unmanaged<void*, ulong, nuint, nint, int>)Export("cuMemcpyDtoHAsync_v2");
        MemcpyDtoDAsync = (delegate* unmanaged<ulong, ulong, nuint, nint, int>)Export("cuMemcpyDtoDAsync_v2");
        MemsetD8Async = (delegate* unmanaged<ulong, byte, nuint, nint, int>)Export("cuMemsetD8Async");
        ModuleLoadData = (delegate* unmanaged<nint*, void*, int>)Export("cuModuleLoadData");
        ModuleUnload = (delegate* unmanaged<nint, int>)Export("cuModuleUnload");
        ModuleGetFunction = (delegate* unmanaged<nint*, nint, byte*, int>)Export("cuModuleGetFunction");
        FuncSetAttribute = (delegate* unmanaged<nint, int, int, int>)Export("cuFuncSetAttribute");
        LaunchKernel = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)Export("cuLaunchKernel");
        StreamCreate = (delegate* unmanaged<nint*, uint, int>)Export("cuStreamCreate");
        StreamDestroy = (delegate* unmanaged<nint, int>)Export("cuStreamDestroy_v2");
        StreamSynchronize = (delegate* unmanaged<nint, int>)Export("cuStreamSynchronize");
        StreamQuery = (delegate* unmanaged<nint, int>)Export("cuStreamQuery");
        StreamWaitEvent = (delegate* unmanaged<nint, nint, uint, int>)Export("cuStreamWaitEvent");
        StreamBeginCapture = (delegate* unmanaged<nint, int, int>)Export("cuStreamBeginCapture_v2");
        StreamEndCapture = (delegate* unmanaged<nint, nint*, int>)Export("cuStreamEndCapture");
        GraphInstantiate = (delegate* unmanaged<nint*, nint, ulong, int>)Export("cuGraphInstantiateWithFlags");
        GraphLaunch = (delegate* unmanaged<nint, nint, int>)Export("cuGraphLaunch");
        GraphExecDestroy = (delegate* unmanaged<nint, int>)Export("cuGraphExecDestroy");
        GraphDestroy = (delegate* unmanaged<nint, int>)Export("cuGraphDestroy");
        EventCreate = (delegate* unmanaged<nint*, uint, int>)Export("cuEventCreate");
        EventRecord = (delegate* unmanaged<nint, nint, int>)Export("cuEventRecord");
        EventSynchronize = (delegate* unmanaged<nint, int>)Export("cuEventSynchronize");
        EventElapsedTime = (delegate* unmanaged<float*, nint, nint, int>)Export("cuEventElapsedTime");
        EventDestroy = (delegate* unmanaged<nint, int>)Export("cuEventDestroy_v2");
        LinkCreate = (delegate* unmanaged<uint, int*, void**, nint*, int>)Export("cuLinkCreate_v2");
        LinkAddData = (delegate* unmanaged<nint, int, void*, nuint, byte*, uint, int*, void**, int>)Export("cuLinkAddData_v2");
        LinkComplete = (delegate* unmanaged<nint, void**, nuint*, int>)Export("cuLinkComplete");
        LinkDestroy = (delegate* unmanaged<nint, int>)Export("cuLinkDestroy");
    }

    public readonly delegate* unmanaged<uint, int> Init;
    public readonly delegate* unmanaged<int*, int> DriverGetVersion;
    public readonly delegate* unmanaged<int, byte**, int> GetErrorName, GetErrorString;
    public readonly delegate* unmanaged<int*, int> DeviceGetCount;
    public readonly delegate* unmanaged<int*, int, int> DeviceGet;
    public readonly delegate* unmanaged<byte*, int, int, int> DeviceGetName;
    public readonly delegate* unmanaged<nuint*, int, int> DeviceTotalMem;
    public readonly delegate* unmanaged<int*, int, int, int> DeviceGetAttribute;
    public readonly delegate* unmanaged<nint*, int, int> DevicePrimaryCtxRetain;
    public readonly delegate* unmanaged<int, int> DevicePrimaryCtxRelease;
    public readonly delegate* unmanaged<nint, int> CtxSetCurrent;
    public readonly delegate* unmanaged<nuint*, nuint*, int> MemGetInfo;
    public readonly delegate* unmanaged<ulong*, nuint, int> MemAlloc;
    public readonly delegate* unmanaged<ulong, int> MemFree;
    public readonly delegate* unmanaged<void**, nuint, uint, int> MemHostAlloc;
    public readonly delegate* unmanaged<void*, int> MemFreeHost;
    public readonly delegate* unmanaged<ulong, void*, nuint, nint, int> MemcpyHtoDAsync;
    public readonly delegate* unmanaged<void*, ulong, nuint, nint, int> MemcpyDtoHAsync;
    public readonly delegate* unmanaged<ulong, ulong, nuint, nint, int> MemcpyDtoDAsync;
    public readonly delegate* unmanaged<ulong, byte, nuint, nint, int> MemsetD8Async;
    public readonly delegate* unmanaged<nint*, void*, int> ModuleLoadData;
    public readonly delegate* unmanaged<nint, int> ModuleUnload;
    public readonly delegate* unmanaged<nint*, nint, byte*, int> ModuleGetFunction;
    public readonly delegate* unmanaged<nint, int, int, int> FuncSetAttribute;
    public readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int> LaunchKernel;
    public readonly delegate* unmanaged<nint*, uint, int> StreamCreate;
    public readonly delegate* unmanaged<nint, int> StreamDestroy, StreamSynchronize, StreamQuery;
    public readonly delegate* unmanaged<nint, nint, uint, int> StreamWaitEvent;
    public readonly delegate* unmanaged<nint, int, int> StreamBeginCapture;
    public readonly delegate* unmanaged<nint, nint*, int> StreamEndCapture;
    public readonly delegate* unmanaged<nint*, nint, ulong, int> GraphInstantiate;
    public readonly delegate* unmanaged<nint, nint, int> GraphLaunch;
    public readonly delegate* unmanaged<nint, int> GraphExecDestroy, GraphDestroy;
    public readonly delegate* unmanaged<nint*, uint, int> EventCreate;
    public readonly delegate* unmanaged<nint, nint, int> EventRecord;
    public readonly delegate* unmanaged<nint, int> EventSynchronize, EventDestroy;
    public readonly delegate* unmanaged<float*, nint, nint, int> EventElapsedTime;
    public readonly delegate* unmanaged<uint, int*, void**, nint*, int> LinkCreate;
    public readonly delegate* unmanaged<nint, int, void*, nuint, byte*, uint, int*, void**, int> LinkAddData;
    public readonly delegate* unmanaged<nint, void**, nuint*, int> LinkComplete;
    public readonly delegate* unmanaged<nint, int> LinkDestroy;

    /// <summary>The library, loaded and initialised; null with the reason where that is impossible.</summary>
    public static CudaLibrary? TryGet(out string reason)
    {
        reason = Loaded.Value.Reason;
        return Loaded.Value.Library;
    }

    /// <summary>The driver works and has no GPU: what to say.</summary>
    internal static string WithoutGpu() => $"the NVIDIA driver finds no GPU: {NvidiaTraces.OfThisMachine().WithoutDevice()}";

    private static (CudaLibrary?, string) Load()
    {
        string name = OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
        return NativeLibrary.TryLoad(name, out nint handle)
            ? Start(name, function => NativeLibrary.TryGetExport(handle, function, out nint address) ? address : 0)
            : (null, $"no NVIDIA driver: {name} was not found; {NvidiaTraces.OfThisMachine().WithoutLibrary()}");
    }

    /// <summary>Initialises a driver; null with the reason where it does not start.</summary>
    /// <param name="name">The library's file.</param>
    /// <param name="find">As the constructor takes it.</param>
    internal static (CudaLibrary? Library, string Reason) Start(string name, Func<string, nint> find)
    {
        try
        {
            var library = new CudaLibrary(find);
            int result = library.Init(0);
            return result switch
            {
                0 => (library, ""),
                CudaErrors.NoDevice => (null, WithoutGpu()),
                CudaErrors.SystemDriverMismatch => (null, "the NVIDIA driver and its library have different versions; restart the machine"),
                _ => (null, $"the NVIDIA driver does not start: {CudaErrors.Describe(library, result)}"),
            };
        }
        catch (EntryPointNotFoundException missing)
        {
            return (null, $"the NVIDIA driver is too old: {name} has no {missing.Message}; install driver 520 (CUDA 11.8) or newer");
        }
    }
}
