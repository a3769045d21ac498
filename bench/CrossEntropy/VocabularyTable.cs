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
    private const int V = 30522;
    private const int Turns = 5;

    public static int Run(string filter = "", double seconds = 4)
    {
        using var team = new ThreadTeam();
        double peak = FmaPeak.Measure(team);
        Print($"FMA peak: {peak:F1} GFLOP/s on {team.Count} threads; V = {V}");
        Print($"{"rows",5}{"C",5}{"evaluation",12}{"% peak",8}{"gradients",11}{"% peak",8}{"multiplies",12}{"% peak",8}{"ratio",7}");
        foreach ((int rows, int c) in new[] { (614, 128), (614, 256), (614, 512), (154, 768), (614, 768) }.Where(s => filter is "" || s.Item2.ToString() == filter))
            Row(rows, c, peak, seconds);
        return 0;
    }

    private static void Row(int rows, int c, double peak, double seconds)
    {
        using var kernels = new CpuKernels();
        using var arena = new Arena(kernels.Memory);
        Tensor x = Random(arena, new Shape(rows, c), 1), weight = Random(arena, new Shape(V, c), 2), bias = Random(arena, new Shape(V), 3);
        Tensor dx = arena.Zeros(x.Shape), dweight = arena.Zeros(weight.Shape), dbias = arena.Zeros(bias.Shape);
        Tensor losses = arena.Zeros(new Shape(rows)), predictions = arena.Zeros(new Shape(rows), DType.Int32), logits = arena.Zeros(new Shape(rows, V));
        Tensor labels = arena.Upload<int>(new Shape(rows), [.. Enumerable.Range(0, rows).Select(i => i * 37 % V)]);
        double[] times = Interleave(seconds,
            () => kernels.VocabularyCrossEntropy(losses, predictions, default, default, default, x, weight, bias, labels, 1.0 / rows),
            () => kernels.VocabularyCrossEntropy(losses, predictions, dx, dweight, dbias, x, weight, bias, labels, 1.0 / rows),
            () =>
            {
                kernels.MatMul(logits, x, weight, transposeB: true);
                kernels.MatMul(dx, logits, weight, accumulate: true);
                kernels.MatMul(dweight, logits, x, transposeA: true, accumulate: true);
            });
        double flop = 2.0 * rows * V * c / 1e9;
        double evaluation = flop / times[0], gradients = 3 * flop / times[1], multiplies = 3 * flop / times[2];
        Print($"{rows,5}{c,5}{evaluation,12:F1}{100 * evaluation / peak,8:F0}{gradients,11:F1}{100 * gradients / peak,8:F0}{multiplies,12:F1}{100 * multiplies / peak,8:F0}{gradients / multiplies,7:F2}");
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

    private static Tensor Random(Arena arena, Shape shape, uint stream)
    {
        var random = new PhiloxStream(7, stream);
        var values = new float[shape.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = 0.1f * (float)random.NextNormal();
        return arena.Upload<float>(shape, values);
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
