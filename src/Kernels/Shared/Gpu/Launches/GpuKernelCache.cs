using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using BareBert.Simt;

namespace BareBert.Kernels;

/// <summary>Compiles each kernel when it is first launched, or before that in the background, once in a process for every target.</summary>
internal sealed class GpuKernelCache(string target)
{
    private static readonly ConcurrentDictionary<(string Target, MethodInfo Method), Lazy<SimtKernel>> Compiled = new();
    private static long waited;

    /// <summary>How long launches have waited for the compiler so far, in this process.</summary>
    public static TimeSpan Waited => TimeSpan.FromTicks(Interlocked.Read(ref waited));

    public SimtKernel Of(MethodInfo method)
    {
        Lazy<SimtKernel> kernel = Entry(method);
        if (kernel.IsValueCreated)
            return kernel.Value;
        long start = Stopwatch.GetTimestamp();
        SimtKernel compiled = kernel.Value;
        Interlocked.Add(ref waited, Stopwatch.GetElapsedTime(start).Ticks);
        return compiled;
    }

    /// <summary>Compiles kernels that will be needed, side by side, and does not wait for them.</summary>
    public void Prepare(IEnumerable<MethodInfo> methods)
    {
        // What cannot be compiled is told to who launches it.
        Lazy<SimtKernel>[] missing = [.. methods.Select(Entry).Where(kernel => !kernel.IsValueCreated)];
        _ = Task.Run(() => Parallel.ForEach(missing, kernel =>
        {
            try
            {
                _ = kernel.Value;
            }
            catch (SimtCompileException)
            {
            }
        }));
    }

    private Lazy<SimtKernel> Entry(MethodInfo method) =>
        Compiled.GetOrAdd((target, method), key => new Lazy<SimtKernel>(() => SimtKernel.OfKept(key.Method, key.Target)));
}
