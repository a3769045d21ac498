using System.Diagnostics;
using System.Globalization;
using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>
/// A stopwatch table of attention: GFLOP/s and percent of the FMA peak by sequence length, one thread and all, with and
/// without dropout.
/// </summary>
public static class AttentionTable
{
    private const int Turns = 5;

    /// <summary><c>bench -- attention [T]</c>.</summary>
    public static int Run(string filter = "", double seconds = 0.25)
    {
        Machine machine = Machine.Limits;
        Print($"FMA peak: {machine.Peak1:F1} GFLOP/s on 1 thread, {machine.Peak:F1} on {machine.Threads}; 4096 tokens, 4 heads of 64");
        Print($"{"T",5}{"dropout",9}{"threads",9}{"forward",10}{"% peak",8}{"backward",10}{"% peak",8}{"both",10}{"% peak",8}");
        foreach (int length in new[] { 32, 64, 128, 256, 512 }.Where(t => filter is "" || t.ToString(CultureInfo.InvariantCulture) == filter))
        {
            foreach (double rate in new[] { 0, 0.1 })
            {
                Row(length, rate, 1, machine.Peak1, seconds);
                if (machine.Threads > 1)
                    Row(length, rate, machine.Threads, machine.Peak, seconds);
            }
        }
        return 0;
    }

    private static void Row(int length, double rate, int threads, double peak, double seconds)
    {
        (double forward, double forwardFlops) = Time(new AttentionSize(4096, length, 4, 64, false, rate), threads, seconds);
        (double backward, double backwardFlops) = Time(new AttentionSize(4096, length, 4, 64, true, rate), threads, seconds);
        double f = forwardFlops / forward / 1e9, b = backwardFlops / backward / 1e9;
        double both = (forwardFlops + backwardFlops) / (forward + backward) / 1e9;
        Print($"{length,5}{rate,9:F1}{threads,9}{f,10:F1}{100 * f / peak,8:F0}{b,10:F1}{100 * b / peak,8:F0}{both,10:F1}{100 * both / peak,8:F0}");
    }

    // The median run.
    private static (double Seconds, double Flops) Time(AttentionSize size, int threads, double seconds)
    {
        using var operands = new AttentionOperands(new CpuKernels(threads), size);
        var times = new List<double>();
        for (int turn = 0; turn < Turns; turn++)
        {
            operands.Run();
            long begin = Stopwatch.GetTimestamp();
            do
            {
                long start = Stopwatch.GetTimestamp();
                operands.Run();
                times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
            while (Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds / Turns);
        }
        return (times.Order().ElementAt(times.Count / 2), size.Flops);
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
