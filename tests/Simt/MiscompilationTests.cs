using System.Reflection;
using BareBert.Simt;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Transformations;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using Xunit;

namespace BareBert.Tests;

/// <summary>What ILGPU 1.5.3 by itself compiles to something else than C# says. Each test pins what it does today, so that a newer version's mending is noticed;
/// docs/simt.md has the list, with what is done about each.</summary>
public sealed class MiscompilationTests
{
    private static class Kernels
    {
        public static void BoolAsFloat(ArrayView<float> y, ArrayView<float> x) => y[Group.IdxX] = (x[Group.IdxX] == 2 ? 1 : 0) * 3f;

        public static void DivideByFour(ArrayView<int> y, ArrayView<int> x) => y[Group.IdxX] = x[Group.IdxX] / 4;

        public static void DivideUnsignedByFour(ArrayView<uint> y, ArrayView<uint> x) => y[Group.IdxX] = x[Group.IdxX] / 4;

        public static void SignOfASmallNumber(ArrayView<int> y, ArrayView<int> x) => y[Group.IdxX] = (ushort)(sbyte)x[Group.IdxX];

        public static void LargerOf(ArrayView<float> y, ArrayView<float> x) => y[Group.IdxX] = IntrinsicMath.Max(x[Group.IdxX], 1f);

        public static void LargerOfByMathF(ArrayView<float> y, ArrayView<float> x) => y[Group.IdxX] = MathF.Max(x[Group.IdxX], 1f);

        public static void ConstantIsLess(ArrayView<float> y, ArrayView<float> x) => y[Group.IdxX] = 1.5f < x[Group.IdxX] ? 1f : 0f;

        public static void IsGreaterThanTheConstant(ArrayView<float> y, ArrayView<float> x) => y[Group.IdxX] = x[Group.IdxX] > 1.5f ? 1f : 0f;

        public static void SmallConstant(ArrayView<int> y, ArrayView<int> x)
        {
            int i = -56;
            y[Group.IdxX] = x[Group.IdxX] + (byte)i;
        }

        public static void SmallOrLarge(ArrayView<int> y, ArrayView<int> x) => y[Group.IdxX] = x[Group.IdxX] > 0 ? 1000 * x[Group.IdxX] : (byte)x[Group.IdxX];

        public static void SmallPart(ArrayView<float> y, ArrayView<float> x) => y[Group.IdxX] = (byte)(int)x[Group.IdxX];

        public static void PlusZero(ArrayView<float> y, ArrayView<float> x) => y[Group.IdxX] = x[Group.IdxX] + 0f;

        public static void PlusAndMinus(ArrayView<float> y, ArrayView<float> x) => y[Group.IdxX] = x[Group.IdxX] + 1e8f + -1e8f;

        public static void CheckedSum(ArrayView<int> y, ArrayView<int> x) => y[Group.IdxX] = checked(x[Group.IdxX] + 1);

        public static void Character(ArrayView<int> y, ArrayView<int> x) => y[Group.IdxX] = Next((char)x[Group.IdxX]);

        private static char Next(char c) => (char)(c + 1);

        public static void BranchOnAnAtomic(ArrayView<int> y, ArrayView<int> x)
        {
            if (Atomic.Add(ref x[0], 1) == 0)
                y[Group.IdxX] = 1;
            Group.Barrier();
            y[Group.IdxX] += 2;
        }

        /// <summary>How many of the nine neighbours of a place lie in a field of 16x16 (ILGPU #1330).</summary>
        public static void Neighbours(ArrayView<int> y, ArrayView<int> x)
        {
            int column = x[Group.IdxX] % 16, row = (x[Group.IdxX] & 255) / 16, count = 0;
            for (int down = -1; down <= 1; down++)
            {
                if (row + down < 0 || row + down >= 16)
                    continue;
                for (int right = -1; right <= 1; right++)
                {
                    if (column + right < 0 || column + right >= 16)
                        continue;
                    count++;
                }
            }
            y[Group.IdxX] = count;
        }
    }

    [Fact]
    public void AConditionThatIsUsedAsAFloatIsItsBits()
    {
        Assert.Equal([0, 3 * float.Epsilon], Plain<float>(nameof(Kernels.BoolAsFloat), 1, 2));
        Assert.Equal([0, 3], Ours<float>(nameof(Kernels.BoolAsFloat), 1, 2));
    }

    [Fact]
    public void DivisionsByPowersOfTwoRoundDown()
    {
        Assert.Equal([1, -2], Plain<int>(nameof(Kernels.DivideByFour), 7, -7));
        Assert.Throws<SimtCompileException>(() => Ours<int>(nameof(Kernels.DivideByFour), 7, -7));
        Assert.Equal([1u, 0xE0000000u], Plain<uint>(nameof(Kernels.DivideUnsignedByFour), 7, 0x80000000u));
        Assert.Throws<SimtCompileException>(() => Ours<uint>(nameof(Kernels.DivideUnsignedByFour), 7));
    }

    [Fact]
    public void ASecondConversionLosesItsSign()
    {
        Assert.Equal([5, -5], Plain<int>(nameof(Kernels.SignOfASmallNumber), 5, -5));
        Assert.Throws<SimtCompileException>(() => Ours<int>(nameof(Kernels.SignOfASmallNumber), 5));
    }

    [Fact]
    public void TheLargerOfNaNAndANumberIsTheNumber()
    {
        Assert.Equal([1, 2], Plain<float>(nameof(Kernels.LargerOf), float.NaN, 2));
        Assert.Equal([float.NaN, 2], Ours<float>(nameof(Kernels.LargerOfByMathF), float.NaN, 2));
    }

    [Fact]
    public void AComparisonWithAConstantOnItsLeftHoldsForNaN()
    {
        Assert.Equal([1, 0, 1], Plain<float>(nameof(Kernels.ConstantIsLess), 2, 1, float.NaN));
        Assert.Throws<SimtCompileException>(() => Ours<float>(nameof(Kernels.ConstantIsLess), 2));
        Assert.Equal([1, 0, 0], Ours<float>(nameof(Kernels.IsGreaterThanTheConstant), 2, 1, float.NaN));
    }

    [Fact]
    public void AConstantOfASmallUnsignedTypeGetsASign()
    {
        Assert.Equal([-56], Plain<int>(nameof(Kernels.SmallConstant), 0));
        Assert.Throws<SimtCompileException>(() => Ours<int>(nameof(Kernels.SmallConstant), 0));
    }

    [Fact]
    public void AChoiceBetweenASmallIntegerAndAnotherCutsTheOtherOff()
    {
        Assert.Equal([0, -24], Plain<int>(nameof(Kernels.SmallOrLarge), 0, 1));
        Assert.Throws<SimtCompileException>(() => Ours<int>(nameof(Kernels.SmallOrLarge), 7));
    }

    [Fact]
    public void ASmallPartOfAFloatIsTheSmallTypesLimit()
    {
        Assert.Equal([44, 255], Plain<float>(nameof(Kernels.SmallPart), 44, 300));
        Assert.Throws<SimtCompileException>(() => Ours<float>(nameof(Kernels.SmallPart), 7));
    }

    [Fact]
    public void ConstantsAreFoldedAsIfFloatsWereRealNumbers()
    {
        // Left as it is: sums lose the sign of zero, and rounding between two constants.
        Assert.True(float.IsNegative(Ours<float>(nameof(Kernels.PlusZero), -0f)[0]));
        Assert.Equal([1], Ours<float>(nameof(Kernels.PlusAndMinus), 1));
    }

    [Fact]
    public void OverflowIsNotChecked()
    {
        Assert.Equal([int.MinValue], Plain<int>(nameof(Kernels.CheckedSum), int.MaxValue));
        Assert.Throws<SimtCompileException>(() => Ours<int>(nameof(Kernels.CheckedSum), 1));
    }

    [Fact]
    public void ACharHasEightBits()
    {
        Assert.Equal([0x42], [Plain<int>(nameof(Kernels.Character), 0x4141)[0] & 0xFFFF]);
        Assert.Throws<SimtCompileException>(() => Ours<int>(nameof(Kernels.Character), 1));
    }

    [Fact]
    public void ItsUnrollerMiscountsNestedLoopsThatContinue()
    {
        int[] places = [0, 5, 17, 15, 240, 255, 100];
        int[] right = [4, 6, 9, 4, 4, 4, 9];
        Assert.NotEqual(right, Plain<int>(nameof(Kernels.Neighbours), new Unroll(), OptimizationLevel.O1, places));
        Assert.Equal(right, Ours<int>(nameof(Kernels.Neighbours), places));
    }

    [Fact]
    public void AtO2ABranchOnAnAtomicsResultIsTakenForUniform()
    {
        Assert.Contains("bra.uni", Between(Text(nameof(Kernels.BranchOnAnAtomic), new None(), OptimizationLevel.O2), "atom.", "st.global"));
    }

    private static string Between(string text, string from, string to)
    {
        int at = text.IndexOf(from, StringComparison.Ordinal);
        return text[at..text.IndexOf(to, at, StringComparison.Ordinal)];
    }

    private static T[] Ours<T>(string kernel, params T[] x) where T : unmanaged => Run(SimtKernel.Of(typeof(Kernels).GetMethod(kernel)!), x);

    private static T[] Plain<T>(string kernel, params T[] x) where T : unmanaged => Plain(kernel, new None(), OptimizationLevel.O1, x);

    private static T[] Plain<T>(string kernel, IBackendHook hook, OptimizationLevel level, T[] x) where T : unmanaged
    {
        MethodInfo method = typeof(Kernels).GetMethod(kernel)!;
        return Run(new SimtKernel(method, PtxModule.Of(method, Text(kernel, hook, level), [], SimtKernel.DefaultTarget)), x);
    }

    // ILGPU's PTX, without anything of ours but what the hook adds.
    private static string Text(string kernel, IBackendHook hook, OptimizationLevel level)
    {
        using Context context = Context.Create(builder => builder.EnableAlgorithms().Optimize(level));
        using var backend = new PTXBackend(context, new CudaCapabilityContext(CudaArchitecture.SM_80), CudaArchitecture.SM_80, CudaInstructionSet.ISA_78, null);
        EntryPointDescription entry = EntryPointDescription.FromExplicitlyGroupedKernel(typeof(Kernels).GetMethod(kernel)!);
        return ((PTXCompiledKernel)backend.Compile(entry, KernelSpecialization.Empty, hook)).PTXAssembly;
    }

    private static T[] Run<T>(SimtKernel kernel, T[] x) where T : unmanaged
    {
        using var device = new EmulatedDevice();
        using var dx = new DeviceBuffer<T>(device, x.Length);
        using var dy = new DeviceBuffer<T>(device, x.Length);
        dx.Upload(x);
        device.Launch(kernel, 1, x.Length, 0, KernelArgument.Of(dy.View), KernelArgument.Of(dx.View));
        return dy.Download();
    }

    // No passes, but for the one that tells global memory from the rest: the interpreter knows no generic addresses.
    private class None : IBackendHook
    {
        public void FinishedCodeGeneration(IRContext context, Method entryPoint)
        {
        }

        public virtual void InitializedKernelContext(IRContext kernelContext, Method kernelMethod) =>
            KernelCompiler.Transform(kernelContext, new InferKernelAddressSpaces(MemoryAddressSpace.Global));

        public void OptimizedKernelContext(IRContext kernelContext, Method kernelMethod)
        {
        }
    }

    private sealed class Unroll : None
    {
        public override void InitializedKernelContext(IRContext kernelContext, Method kernelMethod)
        {
            base.InitializedKernelContext(kernelContext, kernelMethod);
            KernelCompiler.Transform(kernelContext, new LoopUnrolling(), new UnreachableCodeElimination(), new DeadCodeElimination(), new SimplifyControlFlow());
        }
    }
}
