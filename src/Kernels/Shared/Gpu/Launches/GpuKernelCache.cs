using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using BareBert.Simt;

namespace BareBert.Kernels;

/// <summary>A compiled kernel and how it is launched.</summary>
/// <param name="Code">What the device runs.</param>
/// <param name="Group">Threads of a group.</param>
/// <param name="SharedBytes">Dynamic shared memory of a group, where all launches ask for the same.</param>
internal sealed record GpuKernel(SimtKernel Code, Dim3 Group, int SharedBytes)
{
    /// <exception cref="SimtCompileException">It cannot be compiled, or is not marked.</exception>
    public static GpuKernel Of(MethodInfo method, string target)
    {
        GpuKernelAttribute mark = method.GetCustomAttribute<GpuKernelAttribute>()
            ?? throw new SimtCompileException(method, "it is not marked as a kernel with [GpuKernel]");
        return new GpuKernel(SimtKernel.OfKept(method, target), (mark.GroupSize / mark.GroupRows, mark.GroupRows), mark.SharedBytes);
    }
}

/// <summary>Compiles each kernel when it is first launched, or before that in the background, once in a process for every target.</summary>
internal sealed class GpuKernelCache(string target)
{
    private static readonly ConcurrentDictionary<(string Target, MethodInfo Method), Lazy<GpuKernel>> Compiled = new();
    private static long waited;

    /// <summary>How long launches have waited for the compiler so far, in this process.</summary>
    public static TimeSpan Waited => TimeSpan.FromTicks(Interlocked.Read(ref waited));

    public GpuKernel Of(MethodInfo method)
    {
        Lazy<GpuKernel> kernel = Entry(method);
        if (kernel.IsValueCreated)
            return kernel.Value;
        long start = Stopwatch.GetTimestamp();
        GpuKernel compiled = kernel.Value;
        Interlocked.Add(ref waited, Stopwatch.GetElapsedTime(start).Ticks);
        return compiled;
    }

    /// <summary>Compiles kernels that will be needed, side by side, and does not wait for them.</summary>
    public void Prepare(IEnumerable<MethodInfo> methods)
    {
        // What cannot be compiled is told to who launches it.
        Lazy<GpuKernel>[] missing = [.. methods.Select(Entry).Where(kernel => !kernel.IsValueCreated)];
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

    private Lazy<GpuKernel> Entry(MethodInfo method) =>
        Compiled.GetOrAdd((target, method), key => new Lazy<GpuKernel>(() => GpuKernel.Of(key.Method, key.Target)));
}
