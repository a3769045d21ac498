using System.Reflection;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Transformations;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace BareBert.Simt;

/// <summary>Has ILGPU's PTX backend compile a kernel, with passes of our own before ILGPU's. No GPU is needed for that.</summary>
/// <remarks>Each kernel gets a context of its own: what ILGPU writes depends on what it compiled before in the same one, and a refused kernel
/// breaks those after it. So kernels can also be compiled side by side.</remarks>
internal static class KernelCompiler
{
    /// <summary>ILGPU's version, as in "1.5.3".</summary>
    public static string Version { get; } = typeof(Context).Assembly.GetName().Version!.ToString(3);

    /// <summary>Of the PTX: what drivers since CUDA 11.8 take.</summary>
    public static string InstructionSet { get; } = CudaInstructionSet.ISA_78.ToString();

    static KernelCompiler() => Remappings.Register();

    /// <summary>The kernel's PTX as ILGPU writes it, for sm_80, and the places of its parameters that must not be negative.</summary>
    /// <exception cref="SimtCompileException">ILGPU refuses it, or it would be compiled to something else than it says.</exception>
    public static (string Ptx, IReadOnlyCollection<int> NonNegative) Compile(MethodInfo method)
    {
        SourceCheck.CheckSignature(method);
        try
        {
            // O1: at O2, ILGPU 1.5.3 takes branches on atomics' results for uniform and moves loads across barriers.
            using Context context = Context.Create(builder =>
            {
                builder.EnableAlgorithms().Optimize(OptimizationLevel.O1);
                PtxIntrinsics.Register(builder, method.Module.Assembly);
            });
            using var backend = new PTXBackend(context, new CudaCapabilityContext(CudaArchitecture.SM_80), CudaArchitecture.SM_80, CudaInstructionSet.ISA_78, null);
            var passes = new Passes(method);
            var kernel = (PTXCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(method), KernelSpecialization.Empty, passes);
            return (kernel.PTXAssembly, passes.NonNegative);
        }
        catch (Exception error)
        {
            for (Exception? inner = error; inner is not null; inner = inner.InnerException)
                if (inner is SimtCompileException refused)
                    throw refused;
            throw new SimtCompileException(method, $"ILGPU does not compile it: {Innermost(error)}", error);
        }
    }

    private static string Innermost(Exception error)
    {
        while (error.InnerException is { } inner)
            error = inner;
        return $"{error.GetType().Name}: {error.Message.ReplaceLineEndings(" ")}";
    }

    /// <summary>Lets passes work on all methods, one pass after the other.</summary>
    internal static void Transform(IRContext context, params Transformation[] transformations)
    {
        Transformer.Builder passes = Transformer.CreateBuilder(TransformerConfiguration.Empty);
        foreach (Transformation transformation in transformations)
            passes.Add(transformation);
        context.Transform(passes.ToTransformer());
    }

    private sealed class Passes(MethodInfo kernel) : IBackendHook
    {
        private const int MaxRounds = 64;

        /// <summary>Places of the kernel's parameters that must not be negative.</summary>
        public SortedSet<int> NonNegative { get; private set; } = [];

        public void FinishedCodeGeneration(IRContext context, Method entryPoint)
        {
            foreach (Method method in context.Methods)
                if (method.HasSource && !IsTrusted(method.Source.Module.Assembly))
                    SourceCheck.Check(method.Source);
        }

        // ILGPU's own code and .NET's.
        private static bool IsTrusted(Assembly assembly) => assembly == typeof(Context).Assembly || assembly == typeof(XMath).Assembly || assembly == typeof(object).Assembly;

        public void InitializedKernelContext(IRContext kernelContext, Method kernelMethod)
        {
            Transform(kernelContext, new InferKernelAddressSpaces(MemoryAddressSpace.Global), new KnownWarpSize(), new DeadCodeElimination());
            var unroll = new UnrollLoops(MaxRounds);
            do
            {
                unroll.Changed = false;
                Transform(kernelContext, unroll, new UnreachableCodeElimination(), new DeadCodeElimination(), new SimplifyControlFlow());
            }
            while (unroll.Changed);
        }

        public void OptimizedKernelContext(IRContext kernelContext, Method kernelMethod)
        {
            Transform(kernelContext, new MendBooleans());
            NonNegative = new DivisionCheck(kernel, kernelMethod).Parameters;
        }
    }
}
