using System.Diagnostics;
using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>Times what a device does: many calls, one wait, so that what lies between calls is hidden as in a training step.</summary>
internal sealed class DeviceClock(IKernels kernels, bool isSmall)
{
    private const double MinSeconds = 0.05;
    private const int Turns = 5, MostCalls = 2000;

    /// <summary>Seconds of one call, the median of a few turns; the first call, which compiles and loads, is not counted.</summary>
    public double Seconds(Action call)
    {
        Turn(call, 1);
        if (isSmall)
            return Turn(call, 1);
        int calls = Math.Clamp((int)(MinSeconds / Math.Max(1e-6, Turn(call, 1))), 1, MostCalls);
        double[] turns = [.. Enumerable.Range(0, Turns).Select(_ => Turn(call, calls)).Order()];
        return turns[Turns / 2];
    }

    private double Turn(Action call, int calls)
    {
        kernels.Synchronize();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < calls; i++)
            call();
        kernels.Synchronize();
        return Stopwatch.GetElapsedTime(start).TotalSeconds / calls;
    }
}
