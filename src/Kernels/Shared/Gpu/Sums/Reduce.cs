using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>Sums and maxima over the threads of a warp or group, in a fixed order: every thread gets the same bits.</summary>
public static class Reduce
{
    /// <summary>Σ over the lanes of each run of <paramref name="width"/>, a power of two known while compiling.</summary>
    public static float WarpSum(float value, int width = 32)
    {
        for (int mask = width / 2; mask > 0; mask /= 2)
            value += Warp.ShuffleXor(value, mask);
        return value;
    }

    /// <summary>The same in double precision.</summary>
    public static double WarpSum(double value)
    {
        for (int mask = 16; mask > 0; mask /= 2)
            value += Warp.ShuffleXor(value, mask);
        return value;
    }

    /// <summary>The largest over the lanes of each run of <paramref name="width"/>; NaN where there is one.</summary>
    public static float WarpMax(float value, int width = 32)
    {
        for (int mask = width / 2; mask > 0; mask /= 2)
            value = Larger(value, Warp.ShuffleXor(value, mask));
        return value;
    }

    /// <summary>The larger one, or NaN: <c>max.f32</c> would drop it.</summary>
    public static float Larger(float a, float b) => a > b || float.IsNaN(a) ? a : b;

    /// <summary>Σ over a group of whole warps, at most 32.</summary>
    public static double GroupSum(double value)
    {
        ArrayView<double> sums = SharedMemory.Allocate<double>(32);
        value = WarpSum(value);
        if (Warp.LaneIdx == 0)
            sums[Warp.WarpIdx] = value;
        Group.Barrier();
        int warps = Group.DimX / Warp.WarpSize;
        double total = WarpSum(Warp.LaneIdx < warps ? sums[Warp.LaneIdx] : 0);
        Group.Barrier();
        return total;
    }

    /// <summary>Σ over a group of whole warps, at most 32.</summary>
    public static float GroupSum(float value)
    {
        ArrayView<float> sums = SharedMemory.Allocate<float>(32);
        value = WarpSum(value);
        if (Warp.LaneIdx == 0)
            sums[Warp.WarpIdx] = value;
        Group.Barrier();
        int warps = Group.DimX / Warp.WarpSize;
        float total = WarpSum(Warp.LaneIdx < warps ? sums[Warp.LaneIdx] : 0);
        Group.Barrier();
        return total;
    }
}
