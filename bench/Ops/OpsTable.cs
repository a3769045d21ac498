using System.Diagnostics;
using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary><c>bench -- ops [threads] [filter]</c>: the CPU's memory-bound operations against the measured memory bandwidth.</summary>
public static class OpsTable
{
    private const double MinSeconds = 0.15;

    public static int Run(string[] args)
    {
        int threads = args.Length > 0 && int.TryParse(args[0], out int given) ? given : 0;
        string filter = args.FirstOrDefault(arg => !int.TryParse(arg, out _)) ?? "";
        using var kernels = new CpuKernels(threads);
        using var team = new ThreadTeam(threads);
        using var meter = new BandwidthMeter(team);
        Bandwidth bandwidth = meter.Measure();
        Console.WriteLine($"{kernels.Threads} threads; read {bandwidth.Read:F1} GB/s, copy {bandwidth.Copy:F1} GB/s, update {bandwidth.Update:F1} GB/s");
        // In the caches, beyond the second level, beyond the third.
        foreach ((int rows, int cols) in new[] { (16, 256), (512, 256), (4096, 256), (32_768, 768) })
            Table(kernels, rows, cols, filter, meter);
        return 0;
    }

    private static void Table(CpuKernels kernels, int rows, int cols, string filter, BandwidthMeter meter)
    {
        using var cases = new OpCases(kernels, rows, cols);
        Console.WriteLine($"\n[{rows}, {cols}]: {4.0 * rows * cols / 1e6:F1} MB a tensor");
        Console.WriteLine($"{"",-32}{"µs",12}{"GB/s",8}{"time / ideal",14}");
        foreach (OpCase op in cases.All.Where(op => op.Name.Contains(filter)))
        {
            // Taken before and after: other work on the machine takes its share of the bandwidth too.
            Bandwidth before = meter.Measure(3);
            double seconds = Median(op.Call);
            Bandwidth after = meter.Measure(3);
            double ideal = (before.Seconds(op.Traffic) + after.Seconds(op.Traffic)) / 2;
            Console.WriteLine($"{op.Name,-32}{seconds * 1e6,12:F1}{op.Traffic.Bytes / seconds / 1e9,8:F1}{seconds / ideal,14:F2}");
        }
    }

    private static double Median(Action call)
    {
        var times = new List<double>();
        var watch = Stopwatch.StartNew();
        for (int i = 0; i < 40 || watch.Elapsed.TotalSeconds < MinSeconds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            call();
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            if (watch.Elapsed.TotalSeconds > 8 * MinSeconds && i >= 8)
                break;
        }
        // The first calls run code that is not yet optimised.
        times = times[(times.Count / 3)..];
        times.Sort();
        return times[times.Count / 2];
    }
}
