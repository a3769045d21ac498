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

    public ulong Allocate(long bytes) => memory.Allocate(bytes);

    public void Free(ulong address) => memory.Free(address);

    public void Upload(ReadOnlySpan<byte> source, ulong target) => source.CopyTo(Span(target, source.Length));

    public void Download(ulong source, Span<byte> target) => Span(source, target.Length).CopyTo(target);

    public void Copy(ulong source, ulong target, long bytes)
    {
        Check(source, bytes);
        Check(target, bytes);
        Buffer.MemoryCopy((void*)source, (void*)target, bytes, bytes);
    }

    public void Clear(ulong target, long bytes)
    {
        Check(target, bytes);
        System.Runtime.InteropServices.NativeMemory.Clear((void*)target, (nuint)bytes);
    }

    public void Synchronize() { }

    public void Launch(SimtKernel kernel, Dim3 grid, Dim3 group, int sharedBytes, params ReadOnlySpan<KernelArgument> arguments)
    {
        LaunchLimits.Check(kernel, grid, group, sharedBytes, MaxSharedBytes);
        EmulatedProgram program = Programs.GetValue(kernel, static k => EmulatedProgram.Of(k.Ptx));
        ulong[] parameters = KernelArgument.Flatten(kernel, arguments);
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
