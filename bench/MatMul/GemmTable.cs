using System.Diagnostics;
using System.Globalization;
using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>
/// A stopwatch table of the multiplies that training BERT does: GFLOP/s, percent of the machine's FMA peak, scaling over
/// one thread, and OpenBLAS on the same operands, taken in turn in the same seconds.
/// </summary>
public static unsafe class GemmTable
{
    private const int Turns = 5;

    private sealed record Shape(string Name, int M, int N, int K, bool TransposeA = false, bool TransposeB = false);

    // tokens = batch 32 of 128; 614 of them are masked. Forward x·Wᵀ, backward dy·W and dyᵀ·x.
    private static readonly Shape[] Shapes =
    [
        new("square 1024", 1024, 1024, 1024),
        new("square 2048", 2048, 2048, 2048),
        new("attention out, forward", 4096, 256, 256, TransposeB: true),
        new("attention out, dx", 4096, 256, 256),
        new("attention out, dW", 256, 256, 4096, TransposeA: true),
        new("QKV, forward", 4096, 768, 256, TransposeB: true),
        new("QKV, dx", 4096, 256, 768),
        new("QKV, dW", 768, 256, 4096, TransposeA: true),
        new("FFN up, forward", 4096, 1024, 256, TransposeB: true),
        new("FFN up, dx", 4096, 256, 1024),
        new("FFN up, dW", 1024, 256, 4096, TransposeA: true),
        new("FFN down, forward", 4096, 256, 1024, TransposeB: true),
        new("FFN down, dx", 4096, 1024, 256),
        new("FFN down, dW", 256, 1024, 4096, TransposeA: true),
        new("vocabulary, forward", 614, 30522, 256, TransposeB: true),
        new("vocabulary, dx", 614, 256, 30522),
        new("vocabulary, dW", 30522, 256, 614, TransposeA: true),
        new("base FFN up, forward", 1024, 3072, 768, TransposeB: true),
        new("base FFN up, dx", 1024, 768, 3072),
        new("base FFN up, dW", 3072, 768, 1024, TransposeA: true),
        new("tiny QKV, forward", 4096, 384, 128, TransposeB: true),
        new("tiny QKV, dW", 384, 128, 4096, TransposeA: true),
        new("pooler", 32, 256, 256, TransposeB: true),
    ];

    public static int Run(string filter = "", double seconds = 0.5)
    {
        using var team = new ThreadTeam();
        using var alone = new ThreadTeam(1);
        using var gemm = new Gemm(team);
        using var gemm1 = new Gemm(alone);
        double peak1 = FmaPeak.Measure(alone), peak = FmaPeak.Measure(team);
        Print($"FMA peak: {peak1:F1} GFLOP/s on 1 thread, {peak:F1} on {team.Count}");
        if (OpenBlas.Installed)
            OpenBlas.SetThreads(team.Count);
        else
            Print(OpenBlas.Hint);
        Print($"{"shape",-26}{"M",6}{"N",7}{"K",7}{"GFLOP/s",10}{"% peak",8}{"1 thread",10}{"% peak",8}{"scaling",9}{"OpenBLAS",10}{"ratio",7}");
        foreach (Shape shape in Shapes.Where(s => s.Name.Contains(filter)))
            Row(shape, gemm, gemm1, peak, peak1, seconds);
        return 0;
    }

    private static void Row(Shape s, Gemm gemm, Gemm gemm1, double peak, double peak1, double seconds)
    {
        using var operands = new MatMulOperands(new(s.M, s.N, s.K));
        float* a = operands.A, b = operands.B, c = operands.C;
        int lda = s.TransposeA ? s.M : s.K, ldb = s.TransposeB ? s.K : s.N;
        var call = new GemmCall
        {
            M = s.M, N = s.N, K = s.K, A = a, Lda = lda, TransposeA = s.TransposeA, B = b, Ldb = ldb, TransposeB = s.TransposeB, C = c, Ldc = s.N,
        };
        Action[] ways =
        [
            () => gemm.Run(call),
            () => gemm1.Run(call),
            () => { if (OpenBlas.Installed) OpenBlas.MatMul(s.M, s.N, s.K, a, lda, s.TransposeA, b, ldb, s.TransposeB, c, s.N); },
        ];
        double[] times = Interleave(ways, seconds);
        double flop = 2.0 * s.M * s.N * s.K / 1e9;
        double ours = flop / times[0], one = flop / times[1], blas = OpenBlas.Installed ? flop / times[2] : double.NaN;
        Print($"{s.Name,-26}{s.M,6}{s.N,7}{s.K,7}{ours,10:F1}{100 * ours / peak,8:F0}{one,10:F1}{100 * one / peak1,8:F0}{ours / one,9:F2}{blas,10:F1}{ours / blas,7:F2}");
    }

    // Medians over turns, so that what else the machine does falls on all alike. A turn begins with a pause, in which the
    // threads of the one before go to sleep (OpenBLAS's spin for a while), and runs that wake its own.
    private static double[] Interleave(Action[] ways, double seconds)
    {
        var times = ways.Select(_ => new List<double>()).ToArray();
        for (int turn = 0; turn < Turns; turn++)
        {
            for (int i = 0; i < ways.Length; i++)
            {
                Thread.Sleep(50);
                double turnSeconds = seconds / (Turns * ways.Length), elapsed;
                long begin = Stopwatch.GetTimestamp();
                do
                {
                    long start = Stopwatch.GetTimestamp();
                    ways[i]();
                    double time = Stopwatch.GetElapsedTime(start).TotalSeconds;
                    elapsed = Stopwatch.GetElapsedTime(begin).TotalSeconds;
                    if (elapsed - time > turnSeconds / 3)
                        times[i].Add(time);
                }
                while (elapsed < turnSeconds || times[i].Count == 0);
            }
        }
        return [.. times.Select(t => t.Order().ElementAt(t.Count / 2))];
    }

    private static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static void Print(string text) => Console.WriteLine(text);
}
