using System.Collections.Concurrent;
using System.Reflection;
using BareBert.Simt;

namespace BareBert.Kernels;

/// <summary>Compiles each kernel when it is first launched, once in a process for every target.</summary>
internal sealed class GpuKernelCache(string target)
{
    private static readonly ConcurrentDictionary<(string Target, MethodInfo Method), Lazy<SimtKernel>> Compiled = new();
    private readonly CompilerOptions _options = new() { Target = target };

    public SimtKernel Of(MethodInfo method) =>
        Compiled.GetOrAdd((target, method), key => new Lazy<SimtKernel>(() => SimtKernel.Of(key.Method, _options))).Value;
}
