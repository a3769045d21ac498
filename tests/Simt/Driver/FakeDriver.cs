using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using BareBert.Simt;

namespace BareBert.Tests;

/// <summary>
/// CUDA's driver, played by this process: device memory is host memory, machine code is the PTX itself, and what is put on the stream is
/// done when somebody waits and not before. It can be told to fail, and knows what was not given back. One at a time: test classes that use it
/// are of one collection.
/// </summary>
internal sealed unsafe partial class FakeDriver : IDisposable
{
    public const int OutOfMemory = 2, InvalidImage = 200, NotReady = 600, CaptureUnsupported = 900;

    private static FakeDriver current = null!;
    private static readonly Dictionary<string, nint> Functions = typeof(FakeDriver)
        .GetMethods(BindingFlags.NonPublic | BindingFlags.Static)
        .Where(method => method.GetCustomAttribute<UnmanagedCallersOnlyAttribute>() is not null)
        .ToDictionary(method => method.Name, method => method.MethodHandle.GetFunctionPointer());

    private readonly Dictionary<ulong, long> memory = [];
    private readonly HashSet<nint> handles = [];
    private readonly Dictionary<nint, List<Action>> graphs = [];
    private readonly Dictionary<nint, double> moments = [];
    private readonly Dictionary<nint, byte[]> links = [];
    private readonly Dictionary<int, nint> contexts = [];
    private readonly List<nint> kept = [];
    private readonly Dictionary<nint, Queue<Action>> streams = [];
    private readonly Dictionary<nint, (nint Stream, int Asked, int Done)> recorded = [];
    private List<Action>? capture;
    private nint lastHandle = 1000;
    private double milliseconds;
    private (nint Buffer, int Size) log;

    public FakeDriver() => current = this;

    /// <summary>GPUs of the machine.</summary>
    public int Count { get; set; } = 1;

    /// <summary>As cuDriverGetVersion says it: 12.4 is 12040.</summary>
    public int Version { get; set; } = 12040;

    public int CapabilityMajor { get; set; } = 9;

    /// <summary>Bytes of device memory.</summary>
    public long Capacity { get; set; } = 1 << 20;

    /// <summary>Functions that do nothing but return a code.</summary>
    public Dictionary<string, int> Failing { get; } = [];

    /// <summary>Functions that the library lacks.</summary>
    public HashSet<string> Missing { get; } = [];

    /// <summary>What the assembler writes into its log.</summary>
    public string Log { get; set; } = "";

    /// <summary>What the next wait finds has happened on the device; it stays, as CUDA's do.</summary>
    public int Fault { get; set; }

    /// <summary>What kernels do: by name, on their parameters.</summary>
    public Dictionary<string, Func<nint[], Action>> Kernels { get; } = [];

    /// <summary>Names of the functions called, in order.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>Launches: grid, group and dynamic shared memory.</summary>
    public List<(Dim3 Grid, Dim3 Group, int Shared)> Launches { get; } = [];

    /// <summary>What was taken and not given back.</summary>
    public int Held => handles.Count + memory.Count;

    public CudaLibrary Library() => new(Find);

    public nint Find(string name) => Missing.Contains(name) ? 0 : Functions.GetValueOrDefault(name);

    public int Called(string name) => Calls.Count(call => call == name);

    public void Dispose()
    {
        foreach (ulong address in memory.Keys)
            NativeMemory.AlignedFree((void*)address);
        kept.ForEach(Marshal.FreeHGlobal);
    }

    // A call: fails if it is to, else does its work.
    private static int Call(string name, Func<int> work)
    {
        current.Calls.Add(name);
        return current.Failing.TryGetValue(name, out int code) ? code : work();
    }

    private static int Call(string name, Action work) => Call(name, () =>
    {
        work();
        return 0;
    });

    private nint Handle()
    {
        handles.Add(++lastHandle);
        return lastHandle;
    }

    private int Release(nint handle) => handles.Remove(handle) ? 0 : 400;

    private void Enqueue(nint stream, Action work)
    {
        if (capture is not null)
            capture.Add(work);
        else
            streams[stream].Enqueue(work);
    }

    // Streams do nothing for each other: what one needs of another it has to wait for.
    private int Wait(nint stream)
    {
        if (capture is not null)
            return CaptureUnsupported;
        while (Fault == 0 && streams[stream].TryDequeue(out Action? work))
            work();
        return Fault;
    }

    /// <summary>Puts something on a stream, as a library of NVIDIA's would.</summary>
    public static void Queue(nint stream, Action work) => current.Enqueue(stream, work);

    // Memory that lives as long as the driver.
    private nint Keep(byte[] bytes)
    {
        kept.Add(Marshal.AllocHGlobal(bytes.Length));
        Marshal.Copy(bytes, 0, kept[^1], bytes.Length);
        return kept[^1];
    }

    private nint Text(string text) => Keep(Terminated(text));

    private static string NameOf(int code) => code switch
    {
        1 => "CUDA_ERROR_INVALID_VALUE",
        OutOfMemory => "CUDA_ERROR_OUT_OF_MEMORY",
        InvalidImage => "CUDA_ERROR_INVALID_IMAGE",
        218 => "CUDA_ERROR_INVALID_PTX",
        700 => "CUDA_ERROR_ILLEGAL_ADDRESS",
        702 => "CUDA_ERROR_LAUNCH_TIMEOUT",
        716 => "CUDA_ERROR_MISALIGNED_ADDRESS",
        719 => "CUDA_ERROR_LAUNCH_FAILED",
        _ => "CUDA_ERROR_UNKNOWN",
    };

    private static Span<byte> Bytes(ulong address, nuint count) => new((void*)address, (int)count);

    private static byte[] Terminated(string text) => Encoding.UTF8.GetBytes(text + '\0');
}
