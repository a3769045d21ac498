using System.Reflection;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace BareBert.Simt;

/// <summary>Has ILGPU's PTX backend compile kernels; no GPU is needed for that.</summary>
public static class IlgpuCompiler
{
    private static readonly Lock Turn = new();
    private static (Context Context, PTXBackend Backend)? open;

    static IlgpuCompiler() => IlgpuReplacements.Register();

    /// <summary>A kernel's entry point and PTX, for sm_80 and newer chips.</summary>
    /// <param name="method">A static method, as the built-in compiler takes it: explicitly grouped.</param>
    /// <exception cref="SimtCompileException">ILGPU refuses it; the reason is ILGPU's.</exception>
    public static (string Name, string Ptx) Compile(MethodInfo method)
    {
        // The backend is not made for several threads.
        lock (Turn)
        {
            try
            {
                var kernel = (PTXCompiledKernel)Backend().Compile(EntryPointDescription.FromExplicitlyGroupedKernel(method), KernelSpecialization.Empty);
                return (kernel.Name, kernel.PTXAssembly);
            }
            catch (Exception e)
            {
                // What a refused kernel leaves behind breaks all that come after it: the next one gets a context of its own.
                open?.Context.Dispose();
                open = null;
                throw new SimtCompileException(method, 0, $"ILGPU does not compile it: {Innermost(e)}");
            }
        }
    }

    private static PTXBackend Backend()
    {
        if (open is null)
        {
            // At O2, ILGPU 1.5.3 takes branches on atomics' results for uniform.
            Context context = Context.Create(builder => builder.EnableAlgorithms().Optimize(OptimizationLevel.O1));
            open = (context, new PTXBackend(context, new CudaCapabilityContext(CudaArchitecture.SM_80), CudaArchitecture.SM_80, CudaInstructionSet.ISA_78, null));
        }
        return open.Value.Backend;
    }

    private static string Innermost(Exception e)
    {
        while (e.InnerException is { } inner)
            e = inner;
        return $"{e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}";
    }
}
