using System.Reflection;

namespace BareBert.Simt;

/// <summary>A kernel compiled to PTX.</summary>
public sealed partial class SimtKernel
{
    private SimtKernel(MethodInfo method, PtxFunction function, string ptx, IReadOnlyCollection<string> localArrays)
    {
        (Method, Name, Ptx, LocalArrays) = (method, function.Name, ptx, [.. localArrays]);
        UsesDynamicShared = function.UsesDynamicShared;
        StaticSharedBytes = function.Arrays.Where(array => array.Space == AddressSpace.Shared)
            .Aggregate(0L, (bytes, array) => (bytes + array.Alignment - 1) / array.Alignment * array.Alignment + array.Bytes);
    }

    /// <summary>The C# method.</summary>
    public MethodInfo Method { get; }

    /// <summary>The entry point's name in the PTX.</summary>
    public string Name { get; }

    /// <summary>The module's text.</summary>
    public string Ptx { get; }

    /// <summary>Bytes of shared memory from <c>SharedMemory.Allocate</c>.</summary>
    public long StaticSharedBytes { get; }

    /// <summary>Whether it asks for <c>SharedMemory.GetDynamic</c>.</summary>
    public bool UsesDynamicShared { get; }

    /// <summary>Whether a view is one parameter of 16 bytes, as ILGPU passes it, rather than an address and a length.</summary>
    internal bool TakesViewsWhole { get; private init; }

    /// <summary>Arrays that could not be kept in registers, and why: each makes the kernel slow.</summary>
    public IReadOnlyList<string> LocalArrays { get; }

    /// <summary>Compiles a kernel.</summary>
    /// <param name="method">A static method that returns void, as a method group: <c>SimtKernel.Of(MyKernel)</c>.</param>
    /// <param name="options">How to compile; null for the defaults.</param>
    /// <exception cref="SimtCompileException">The method does something that the GPU, or this compiler, cannot.</exception>
    public static SimtKernel Of(Delegate method, CompilerOptions? options = null) => Of(method.Method, options);

    /// <inheritdoc cref="Of(Delegate, CompilerOptions?)"/>
    public static SimtKernel Of(MethodInfo method, CompilerOptions? options = null)
    {
        options ??= Default;
        (PtxFunction function, IReadOnlyCollection<string> localArrays) = KernelCompiler.Compile(method, options);
        return new SimtKernel(method, function, PtxPrinter.Print(function, options.Target), localArrays);
    }

    private static readonly CompilerOptions Default = new();
}
