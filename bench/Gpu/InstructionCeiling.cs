using BareBert.Kernels;
using BareBert.Simt;
using ILGPU;

namespace BareBert.Bench;

/// <summary>Threads that do nothing but multiply, in registers: the most that kernels of these instructions can reach.</summary>
internal static class CeilingKernels
{
    public const int Chains = 8, Unrolled = 8, GroupSize = 256;

    /// <summary>Eight independent chains of x ← x/2 + 1.</summary>
    public static void MultiplyAdd(ArrayView<float> y, int rounds)
    {
        ArrayView<float> sums = LocalMemory.Allocate<float>(Chains);
        for (int i = 0; i < Chains; i++)
            sums[i] = Group.IdxX + i;
        for (int round = 0; round < rounds; round++)
        {
            for (int step = 0; step < Unrolled; step++)
            {
                for (int i = 0; i < Chains; i++)
                    sums[i] = sums[i] * 0.5f + 1;
            }
        }
        float total = 0;
        for (int i = 0; i < Chains; i++)
            total += sums[i];
        y[Grid.IdxX * GroupSize + Group.IdxX] = total;
    }

    /// <summary>Eight fragments of 16x8, to each of which a warp adds 16x8 · 8x8.</summary>
    public static void Tf32(ArrayView<float> y, int rounds)
    {
        ArrayView<Float4> sums = LocalMemory.Allocate<Float4>(Chains);
        for (int i = 0; i < Chains; i++)
            sums[i] = new Float4(0, 0, 0, 0);
        uint x = TensorCore.ToTf32(Group.IdxX * 0.001f);
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < Chains; i++)
                TensorCore.MultiplyTf32(ref sums[i], new UInt4(x, x, x, x), new UInt2(x, x));
        }
        Store(y, sums);
    }

    /// <summary>Eight fragments of 16x8, to each of which a warp adds 16x16 · 16x8.</summary>
    public static void Bf16(ArrayView<float> y, int rounds)
    {
        ArrayView<Float4> sums = LocalMemory.Allocate<Float4>(Chains);
        for (int i = 0; i < Chains; i++)
            sums[i] = new Float4(0, 0, 0, 0);
        uint x = BareBert.Simt.Bf16.Pack(Group.IdxX * 0.001f, 0.5f);
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < Chains; i++)
                TensorCore.MultiplyBf16(ref sums[i], new UInt4(x, x, x, x), new UInt2(x, x));
        }
        Store(y, sums);
    }

    private static void Store(ArrayView<float> y, ArrayView<Float4> sums)
    {
        float total = 0;
        for (int i = 0; i < Chains; i++)
        {
            Float4 sum = sums[i];
            total += sum.X + sum.Y + sum.Z + sum.W;
        }
        y[Grid.IdxX * GroupSize + Group.IdxX] = total;
    }
}

/// <summary>Flops a second of a device's multiply instructions, by precision.</summary>
internal sealed record InstructionCeiling(double Fp32, double Tf32, double Bf16)
{
    private const int Groups = 132 * 8, Rounds = 4096, Warps = CeilingKernels.GroupSize / 32;

    public double Of(Precision precision) => precision switch { Precision.Bf16 => Bf16, Precision.Tf32 => Tf32, _ => Fp32 };

    /// <summary>Measures.</summary>
    public static InstructionCeiling Measure(ISimtDevice device, DeviceClock clock, bool isSmall)
    {
        (int groups, int rounds) = isSmall ? (1, 4) : (Groups, Rounds);
        using var y = new DeviceBuffer<float>(device, groups * CeilingKernels.GroupSize);
        double Rate(Delegate kernel, double flopsOfGroup)
        {
            SimtKernel compiled = SimtKernel.Of(kernel, device.Target);
            double seconds = clock.Seconds(() => device.Launch(compiled, groups, CeilingKernels.GroupSize, 0, y.View, rounds));
            return flopsOfGroup * groups * rounds / seconds;
        }
        return new InstructionCeiling(
            Rate(CeilingKernels.MultiplyAdd, 2.0 * CeilingKernels.GroupSize * CeilingKernels.Unrolled * CeilingKernels.Chains),
            Rate(CeilingKernels.Tf32, 2.0 * 16 * 8 * 8 * Warps * CeilingKernels.Chains),
            Rate(CeilingKernels.Bf16, 2.0 * 16 * 8 * 16 * Warps * CeilingKernels.Chains));
    }
}
