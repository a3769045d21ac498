using BareBert.Kernels;
using BareBert.Simt;
using GpuLadder = BareBert.Kernels.MatMulLadder;

namespace BareBert.Bench;

/// <summary>Every rung of the GPU's ladder of multiplies, against cuBLAS in the same precision and against the measured ceiling of its instructions.</summary>
internal static class LadderSection
{
    private static readonly int[] Sizes = [512, 1024, 2048, 4096, 8192], SmallSizes = [64];

    // The first two rungs are there to be read; beyond this they only cost time.
    private const int LargestOfSlowRungs = 2048;

    public static void Write(MarkdownReport report, GpuOptions options, GpuKernels kernels, DeviceClock clock)
    {
        report.Section("Matrix multiply");
        InstructionCeiling ceiling = InstructionCeiling.Measure(kernels.Device, clock, options.IsSmall);
        report.Line($"Ceilings, measured by threads that only multiply, in registers: {Tera(ceiling.Fp32)} TFLOP/s of float32 multiply-adds, "
            + $"{Tera(ceiling.Tf32)} of mma.sync in TF32, {Tera(ceiling.Bf16)} in bfloat16.");
        using CuBlas? cublas = CuBlas.TryOpen(kernels.Device, options.CuBlas, out string reason);
        if (cublas is null)
            report.Line(reason + ".");
        report.Table(["M = N = K", "kernel", "error", "ms", "TFLOP/s", "of ceiling", "of cuBLAS"],
            (options.IsSmall ? SmallSizes : Sizes).SelectMany(n => RowsOf(n, kernels, clock, ceiling, cublas)));
    }

    private static IEnumerable<string[]> RowsOf(int n, GpuKernels kernels, DeviceClock clock, InstructionCeiling ceiling, CuBlas? cublas)
    {
        using var operands = new LadderOperands(kernels, n);
        double flops = 2.0 * n * n * n;
        var best = new Dictionary<Precision, double>();
        foreach (Precision precision in cublas is null ? [] : Enum.GetValues<Precision>())
        {
            double seconds = clock.Seconds(() => operands.Run(cublas!, precision));
            best[precision] = flops / seconds;
            yield return Row($"cuBLAS {precision.ToString().ToLowerInvariant()}", operands.Error(() => operands.Run(cublas!, precision)), seconds, precision);
        }
        foreach (MatMulRung rung in GpuLadder.Rungs.Where(rung => n <= LargestOfSlowRungs || rung != GpuLadder.Naive && rung != GpuLadder.SharedTile))
            yield return Row(rung.ToString(), operands.Error(() => operands.Run(rung)), clock.Seconds(() => operands.Run(rung)), PrecisionOf(rung));

        string[] Row(string name, double error, double seconds, Precision precision) =>
        [
            $"{n}", name, $"{error:0.0e+0}", MarkdownReport.Number(1e3 * seconds), Tera(flops / seconds), MarkdownReport.Percent(flops / seconds, ceiling.Of(precision)),
            MarkdownReport.Percent(flops / seconds, best.GetValueOrDefault(precision)),
        ];
    }

    private static string Tera(double rate) => MarkdownReport.Number(rate / 1e12);

    private static Precision PrecisionOf(MatMulRung rung) =>
        rung.IsPacked ? Precision.Bf16 : rung == GpuLadder.TensorCoreTf32 ? Precision.Tf32 : Precision.Fp32;
}

/// <summary>Three square matrices, and two of them in bfloat16 for cuBLAS.</summary>
internal sealed class LadderOperands : IDisposable
{
    private readonly GpuKernels _kernels;
    private readonly Arena _arena;
    private readonly Tensor _c, _a, _b, _shortA, _shortB;
    private readonly int _n;

    public LadderOperands(GpuKernels kernels, int n)
    {
        (_kernels, _n) = (kernels, n);
        _arena = new Arena(kernels.Memory);
        float[] values = Draw(n * n);
        var shape = new Shape(n, n);
        (_c, _a, _b) = (_arena.Zeros(shape), _arena.Upload<float>(shape, values), _arena.Upload<float>(shape, values));
        int[] words = [.. Enumerable.Range(0, n * n / 2).Select(i => (int)Bf16.Pack(values[2 * i], values[2 * i + 1]))];
        (_shortA, _shortB) = (_arena.Upload<int>(new Shape(words.Length), words), _arena.Upload<int>(new Shape(words.Length), words));
    }

    public void Run(MatMulRung rung) => _kernels.Multiply(new MatMulCall(View(_c), View(_a), View(_b), _n, _n, _n), rung);

    public void Run(CuBlas cublas, Precision precision)
    {
        (Tensor a, Tensor b) = precision == Precision.Bf16 ? (_shortA, _shortB) : (_a, _b);
        cublas.MatMul(_c, a, b, _n, precision);
    }

    /// <summary>The largest error of a multiply in some rows and columns, of the root mean square of what is right there; whatever was in c before does not help.</summary>
    public double Error(Action multiply)
    {
        _c.Zero();
        multiply();
        float[] a = _a.ToArray<float>(), b = _b.ToArray<float>(), c = _c.ToArray<float>();
        double worst = 0, squares = 0;
        // The corners of the matrix and of some tiles.
        int[] some = [.. new[] { 0, 1, 31, 64, 127, 128, _n / 2, _n - 129, _n - 1 }.Where(i => i >= 0 && i < _n).Distinct()];
        foreach ((int row, int col) in some.SelectMany(row => some.Select(col => (row, col))))
        {
            double sum = 0;
            for (int k = 0; k < _n; k++)
                sum += (double)a[row * _n + k] * b[k * _n + col];
            squares += sum * sum;
            worst = Math.Max(worst, Math.Abs(c[row * _n + col] - sum));
        }
        return worst / Math.Sqrt(squares / (some.Length * some.Length));
    }

    public void Dispose() => _arena.Dispose();

    private static ILGPU.ArrayView<float> View(Tensor tensor) => DeviceView.At<float>((ulong)tensor.Address, tensor.Count);

    // A prime number of draws, repeated: numbers of ordinary size, as the power that a GPU takes depends on them.
    private static float[] Draw(int count)
    {
        var random = new PhiloxStream(1, 4);
        float[] draws = [.. Enumerable.Range(0, 1009).Select(_ => (float)random.NextNormal())];
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = draws[i % draws.Length];
        return values;
    }
}
