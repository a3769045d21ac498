using System.Diagnostics;
using System.Globalization;

namespace BareBert.Bench;

/// <summary>How busy others kept the machine while something was measured: what tells whether its figures are worth anything. Linux says it, in /proc/stat.</summary>
internal sealed class OtherLoad
{
    private const double TicksPerSecond = 100; // USER_HZ, the same on every Linux

    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly TimeSpan _own = Own();
    private readonly (double Busy, double Stolen)? _all = All();

    /// <summary>Since it was made, in processors.</summary>
    public override string ToString()
    {
        if (_all is not { } before || All() is not { } after)
            return "unknown";
        double seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
        double others = Math.Max(0, after.Busy - before.Busy - (Own() - _own).TotalSeconds) / seconds, stolen = (after.Stolen - before.Stolen) / seconds;
        return string.Create(CultureInfo.InvariantCulture, $"other processes took {others:F2} of {Environment.ProcessorCount} processors, other machines on the same host {stolen:F2}");
    }

    private static TimeSpan Own()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime;
    }

    // Seconds since the machine started: "cpu user nice system idle iowait irq softirq steal …".
    private static (double Busy, double Stolen)? All()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        double[] ticks = [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(n => double.Parse(n, CultureInfo.InvariantCulture))];
        return ticks.Length < 8 ? null : ((ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) / TicksPerSecond, ticks[7] / TicksPerSecond);
    }
}
