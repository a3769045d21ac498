using System.Reflection;
using BareBert.Kernels;

namespace BareBert.Tests;

/// <summary>How a kernel is launched: what, beside its registers, decides how many groups fit a multiprocessor. CapturedStepTests holds it to real launches.</summary>
/// <param name="Threads">Of a group.</param>
/// <param name="SharedBytes">Dynamic shared memory of a group.</param>
internal readonly record struct GpuLaunch(int Threads, int SharedBytes = 0)
{
    /// <summary>A kernel's, as <see cref="GpuKernels"/> makes it.</summary>
    public static GpuLaunch Of(MethodInfo kernel)
    {
        GpuKernelAttribute mark = kernel.GetCustomAttribute<GpuKernelAttribute>()!;
        if (!kernel.DeclaringType!.Name.StartsWith("TensorAttention", StringComparison.Ordinal))
            return new(mark.GroupSize, mark.SharedBytes);
        bool isBf16 = kernel.GetGenericArguments()[0] == typeof(Bf16Operands);
        TensorAttention tensor = TensorAttention.For(isBf16 ? Precision.Bf16 : Precision.Tf32, headSize: 64, aligned: true)!;
        return new(mark.GroupSize, kernel.DeclaringType == typeof(TensorAttentionForwardKernel) ? tensor.ForwardBytes : tensor.BackwardBytes);
    }
}

/// <summary>How many groups of a kernel a multiprocessor holds at once (CUDA C Programming Guide, "Technical Specifications per Compute Capability").</summary>
/// <param name="Groups">Groups.</param>
/// <param name="Percent">Their threads, of those that a multiprocessor can hold.</param>
internal readonly record struct Occupancy(int Groups, int Percent)
{
    private const int Registers = 65536, RegisterGrain = 256, WarpGrain = 4, Threads = 2048, MaxGroups = 32, SharedReserved = 1024, SharedGrain = 128;

    /// <summary>Of a chip.</summary>
    /// <param name="chip">sm_80 or sm_90.</param>
    /// <param name="launch">How the kernel is launched.</param>
    /// <param name="registers">Of a thread; a warp takes them in grains of 256, and warps come in fours.</param>
    /// <param name="staticShared">Bytes of a group.</param>
    public static Occupancy Of(string chip, GpuLaunch launch, int registers, int staticShared)
    {
        int shared = chip == "sm_80" ? 164 << 10 : 228 << 10, warps = (launch.Threads + 31) / 32;
        int byRegisters = Registers / Grains(32 * registers, RegisterGrain) / WarpGrain * WarpGrain / warps;
        int byShared = shared / Grains(staticShared + launch.SharedBytes + SharedReserved, SharedGrain);
        int groups = Math.Min(Math.Min(byRegisters, byShared), Math.Min(Threads / (32 * warps), MaxGroups));
        return new Occupancy(groups, 100 * groups * 32 * warps / Threads);
    }

    private static int Grains(int value, int grain) => (value + grain - 1) / grain * grain;
}
