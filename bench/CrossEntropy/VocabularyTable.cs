using System.Diagnostics;
using System.Globalization;
using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>
/// A stopwatch table of the fused vocabulary loss: GFLOP/s with gradients and without, beside the same three multiplies
/// alone with all logits in memory, taken in turn.
/// </summary>
public static class VocabularyTable
{
    private const int Turns = 5;

    private static readonly (int Rows, int C)[] Sizes = [(614, 128), (614, 256), (614, 512), (154, 768), (614, 768)];

    /// <summary><c>bench -- vocab [C]</c>.</summary>
    public static int Run(string filter = "", double seconds = 4)
    {
        Machine machine = Machine.Limits;
        Print($"FMA peak: {machine.Peak:F1} GFLOP/s on {machine.Threads} threads; {VocabularySize.V} words");
        Print($"{"rows",5}{"C",5}{"evaluation",12}{"% peak",8}{"gradients",11}{"% peak",8}{"multiplies",12}{"% peak",8}{"ratio",7}");
        foreach ((int rows, int c) in Sizes.Where(s => filter is "" || s.C.ToString(CultureInfo.InvariantCulture) == filter))
            Row(rows, c, machine.Peak, seconds);
        return 0;
    }

    private static void Row(int rows, int c, double peak, double seconds)
    {
        VocabularySize evaluated = new(rows, c, false), trained = new(rows, c, true);
        using var evaluation = new VocabularyOperands(new CpuKernels(), evaluated);
        using var training = new VocabularyOperands(new CpuKernels(), trained);
        double[] times = Interleave(seconds, evaluation.Loss, training.Loss, training.Multiplies);
        double e = evaluated.Flops / times[0] / 1e9, g = trained.Flops / times[1] / 1e9, m = trained.Flops / times[2] / 1e9;
        Print($"{rows,5}{c,5}{e,12:F1}{100 * e / peak,8:F0}{g,11:F1}{100 * g / peak,8:F0}{m,12:F1}{100 * m / peak,8:F0}{g / m,7:F2}");
    }

    // Medians over turns.
    private static double[] Interleave(double seconds, params Action[] ways)
    {
        var times = ways.Select(_ => new List<double>()).ToArray();
        for (int turn = 0; turn < Turns; turn++)
        {
            for (int i = 0; i < ways.Length; i++)
            {
                ways[i]();
                long begin = Stopwatch.GetTimestamp();
                do
                {
                    long start = Stopwatch.GetTimestamp();
                    ways[i]();
                    times[i].Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                }
                while (Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds / (Turns * ways.Length));
            }
        }
        return [.. times.Select(t => t.Order().ElementAt(t.Count / 2))];
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
