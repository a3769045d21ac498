using System.Reflection;

namespace BareBert.Simt;

/// <summary>A kernel compiled to PTX.</summary>
public sealed class SimtKernel
{
    /// <summary>The oldest chip that the PTX runs on; newer ones take it too.</summary>
    public const string DefaultTarget = "sm_80";

    internal SimtKernel(MethodInfo method, PtxModule module) => (Method, Module) = (method, module);

    /// <summary>The C# method.</summary>
    public MethodInfo Method { get; }

    /// <summary>The entry point's name in the PTX.</summary>
    public string Name => Module.Name;

    /// <summary>The module's text.</summary>
    public string Ptx => Module.Text;

    /// <summary>Bytes of shared memory from <c>SharedMemory.Allocate</c>.</summary>
    public long StaticSharedBytes => Module.StaticSharedBytes;

    /// <summary>Bytes of a thread's arrays that could not be kept in registers, as those indexed by data cannot: each makes the kernel slow.</summary>
    public long LocalBytes => Module.LocalBytes;

    /// <summary>Whether it asks for <c>SharedMemory.GetDynamic</c>.</summary>
    public bool UsesDynamicShared => Module.UsesDynamicShared;

    internal PtxModule Module { get; }

    /// <summary>Compiles a kernel.</summary>
    /// <param name="method">A static method that returns void, as a method group: <c>SimtKernel.Of(MyKernel)</c>.</param>
    /// <param name="target">The chip, as in <c>sm_90</c>.</param>
    /// <exception cref="SimtCompileException">The method does something that the GPU, or ILGPU, cannot.</exception>
    public static SimtKernel Of(Delegate method, string target = DefaultTarget) => Of(method.Method, target);

    /// <inheritdoc cref="Of(Delegate, string)"/>
    public static SimtKernel Of(MethodInfo method, string target = DefaultTarget) =>
        new(method, PtxModule.Of(method, target));

    private static readonly PtxCache Kept = new();

    /// <summary>What compiles kernels, as in "ILGPU 1.5.3, PTX ISA 7.8".</summary>
    public static string Compiler => $"ILGPU {KernelCompiler.Version}, PTX ISA {KernelCompiler.InstructionSet}";

    /// <summary>The folder of <see cref="OfKept"/>.</summary>
    public static string KeptIn => Kept.Folder;

    /// <summary>The same, taken from the user's cache folder where an earlier start of this build has put it. For kernels of assemblies that are there at every start.</summary>
    /// <inheritdoc cref="Of(Delegate, string)"/>
    public static SimtKernel OfKept(MethodInfo method, string target = DefaultTarget) => new(method, Kept.Of(method, target));
}
