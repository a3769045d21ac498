using ILGPU;

namespace BareBert.Simt;

/// <summary>Atomics that the GPU has no instruction for, written in the dialect: read, compute, and try to put the result
/// in place until nobody came in between.</summary>
internal static class DeviceAtomic
{
    public static float Max(ref float target, float value)
    {
        float seen = target;
        while (value > seen)
        {
            float before = seen;
            seen = Atomic.CompareExchange(ref target, before, value);
            if (seen == before)
                break;
        }
        return seen;
    }

    public static float Min(ref float target, float value)
    {
        float seen = target;
        while (value < seen)
        {
            float before = seen;
            seen = Atomic.CompareExchange(ref target, before, value);
            if (seen == before)
                break;
        }
        return seen;
    }

    public static double Max(ref double target, double value)
    {
        double seen = target;
        while (value > seen)
        {
            double before = seen;
            seen = Atomic.CompareExchange(ref target, before, value);
            if (seen == before)
                break;
        }
        return seen;
    }

    public static double Min(ref double target, double value)
    {
        double seen = target;
        while (value < seen)
        {
            double before = seen;
            seen = Atomic.CompareExchange(ref target, before, value);
            if (seen == before)
                break;
        }
        return seen;
    }
}
