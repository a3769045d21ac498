using System.Diagnostics;
using System.Globalization;
using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>
/// A stopwatch table of attention: GFLOP/s and percent of the FMA peak by sequence length, one thread and all, with and
/// without dropout. A head's flops are 4·T²·D forward and 10·T²·D backward.
/// </summary>
public static class AttentionTable
{
    private const int Heads = 4;
    private const int HeadSize = 64;
    private const int Tokens = 4096;
    private const int Turns = 5;

    public static int Run(string filter = "", double seconds = 0.25)
    {
        using var team = new ThreadTeam();
        using var alone = new ThreadTeam(1);
        double peak1 = FmaPeak.Measure(alone), peak = FmaPeak.Measure(team);
        Print($"FMA peak: {peak1:F1} GFLOP/s on 1 thread, {peak:F1} on {team.Count}; {Tokens} tokens, {Heads} heads of {HeadSize}");
        Print($"{"T",5}{"dropout",9}{"threads",9}{"forward",10}{"% peak",8}{"backward",10}{"% peak",8}{"both",10}{"% peak",8}");
        foreach (int length in new[] { 32, 64, 128, 256, 512 }.Where(t => filter is "" || t.ToString() == filter))
        {
            foreach (double rate in new[] { 0, 0.1 })
            {
                Row(length, rate, 1, peak1, seconds);
                if (team.Count > 1)
                    Row(length, rate, team.Count, peak, seconds);
            }
        }
        return 0;
    }

    private static void Row(int length, double rate, int threads, double peak, double seconds)
    {
        using var kernels = new CpuKernels(threads);
        using var operands = new AttentionOperands(kernels.Memory, Tokens / length, length, Heads, HeadSize, rate);
        double forward = operands.ForwardFlops / 1e9 / Time(() => operands.Forward(kernels), seconds);
        double backward = operands.BackwardFlops / 1e9 / Time(() => operands.Backward(kernels), seconds);
        double both = (operands.ForwardFlops + operands.BackwardFlops)
            / (operands.ForwardFlops / forward + operands.BackwardFlops / backward);
        Print($"{length,5}{rate,9:F1}{threads,9}{forward,10:F1}{100 * forward / peak,8:F0}{backward,10:F1}{100 * backward / peak,8:F0}{both,10:F1}{100 * both / peak,8:F0}");
    }

    // The median run.
    private static double Time(Action run, double seconds)
    {
        var times = new List<double>();
        for (int turn = 0; turn < Turns; turn++)
        {
            run();
            long begin = Stopwatch.GetTimestamp();
            do
            {
                long start = Stopwatch.GetTimestamp();
                run();
                times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
            while (Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds / Turns);
        }
        return times.Order().ElementAt(Environment.GetEnvironmentVariable("MIN") is null ? times.Count / 2 : 0);
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
