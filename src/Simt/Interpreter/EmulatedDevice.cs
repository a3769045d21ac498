using System.Runtime.CompilerServices;

namespace BareBert.Simt;

/// <summary>Runs kernels on the CPU by interpreting their PTX, and watches what they do.</summary>
/// <remarks>Launches run to their end before <see cref="Launch"/> returns, so a fault is thrown where it happened.</remarks>
public sealed unsafe class EmulatedDevice(EmulatorOptions? options = null) : ISimtDevice
{
    private readonly GlobalMemory memory = new();
    private readonly EmulatorOptions options = options ?? new EmulatorOptions();
    private static readonly ConditionalWeakTable<SimtKernel, EmulatedProgram> Programs = [];

    public string Name => "emulated";

    /// <summary>What an A100 (sm_80) allows a group.</summary>
    public int MaxSharedBytes => 163 * 1024;

    public string Target => "sm_80";

    /// <summary>What the latest launch did.</summary>
    public LaunchStatistics Statistics { get; private set; } = new(0, 0, new Dictionary<int, long>());

    public ulong Allocate(long bytes)
    {
        RejectCapture("an allocation");
        return memory.Allocate(bytes);
    }

    public void Free(ulong address) => memory.Free(address);

    public void Upload(ReadOnlySpan<byte> source, ulong target)
    {
        RejectCapture("an upload");
        source.CopyTo(Span(target, source.Length));
    }

    public void Download(ulong source, Span<byte> target)
    {
        RejectCapture("a download");
        Span(source, target.Length).CopyTo(target);
    }

    public void Copy(ulong source, ulong target, long bytes)
    {
        if (Recorded(() => Copy(source, target, bytes)))
            return;
        Check(source, bytes);
        Check(target, bytes);
        Buffer.MemoryCopy((void*)source, (void*)target, bytes, bytes);
    }

    public void Clear(ulong target, long bytes)
    {
        if (Recorded(() => Clear(target, bytes)))
            return;
        Check(target, bytes);
        System.Runtime.InteropServices.NativeMemory.Clear((void*)target, (nuint)bytes);
    }

    public void Synchronize() => RejectCapture("waiting");

    public ISideStream OpenSideStream() => new DoneAtOnce();

    /// <summary>What is being captured; null while nothing is.</summary>
    private List<Action>? captured;

    public IDeviceGraph Capture(Action work)
    {
        RejectCapture("a capture");
        captured = [];
        try
        {
            work();
            return new RecordedWork(captured);
        }
        finally
        {
            captured = null;
        }
    }

    private bool Recorded(Action action)
    {
        captured?.Add(action);
        return captured is not null;
    }

    private void RejectCapture(string what)
    {
        if (captured is not null)
            throw new InvalidOperationException($"{what} cannot be captured in a graph");
    }

    private sealed class DoneAtOnce : ISideStream
    {
        public nint Handle => 0;

        public bool IsDone => true;

        public void Fork() { }

        public void Dispose() { }
    }

    private sealed class RecordedWork(List<Action> actions) : IDeviceGraph
    {
        public void Replay() => actions.ForEach(action => action());

        public void Dispose() { }
    }

    public void Launch(SimtKernel kernel, Dim3 grid, Dim3 group, int sharedBytes, params ReadOnlySpan<KernelArgument> arguments)
    {
        LaunchLimits.Check(kernel, grid, group, sharedBytes, MaxSharedBytes);
        ulong[] parameters = KernelArgument.Flatten(kernel, arguments);
        if (!Recorded(() => Run(kernel, grid, group, sharedBytes, parameters)))
            Run(kernel, grid, group, sharedBytes, parameters);
    }

    private void Run(SimtKernel kernel, Dim3 grid, Dim3 group, int sharedBytes, ulong[] parameters)
    {
        EmulatedProgram program = Programs.GetValue(kernel, static k => EmulatedProgram.Of(k.Ptx));
        int threads = program.UsesGlobalAtomics ? 1 : Math.Min(grid.Count, options.Threads > 0 ? options.Threads : Environment.ProcessorCount);
        var contexts = new GroupContext[threads];
        try
        {
            for (int i = 0; i < threads; i++)
                contexts[i] = new GroupContext(program, memory, parameters, grid, group, sharedBytes, options);
            RunGroups(contexts, grid);
            Statistics = LaunchStatistics.Of(contexts);
        }
        finally
        {
            foreach (GroupContext? context in contexts)
                context?.Dispose();
        }
    }

    private static void RunGroups(GroupContext[] contexts, Dim3 grid)
    {
        int next = -1;
        SimtFaultException? fault = null;
        void Work(GroupContext context)
        {
            try
            {
                for (int i; fault is null && (i = Interlocked.Increment(ref next)) < grid.Count;)
                    context.Run(i % grid.X, i / grid.X % grid.Y, i / (grid.X * grid.Y));
            }
            catch (SimtFaultException found)
            {
                Interlocked.CompareExchange(ref fault, found, null);
            }
        }
        if (contexts.Length == 1)
            Work(contexts[0]);
        else
            Parallel.ForEach(contexts, new ParallelOptions { MaxDegreeOfParallelism = contexts.Length }, Work);
        if (fault is not null)
            throw fault;
    }

    private Span<byte> Span(ulong address, int bytes)
    {
        Check(address, bytes);
        return new Span<byte>((void*)address, bytes);
    }

    private void Check(ulong address, long bytes)
    {
        if (bytes > 0 && memory.Find(address, (ulong)bytes) is null)
            throw new ArgumentException($"{bytes} bytes at {memory.Describe(address)}");
    }

    public void Dispose() => memory.Dispose();
}
