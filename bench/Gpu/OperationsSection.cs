using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>Each operation that moves much and computes little against the measured speed of a copy; attention and the vocabulary loss in flops.</summary>
internal static class OperationsSection
{
    private const int CopyFloats = 64 << 20, SmallCopyFloats = 1 << 16;

    public static void Write(MarkdownReport report, GpuOptions options, GpuKernels kernels, DeviceClock clock)
    {
        (int rows, int cols) = options.IsSmall ? (8, 64) : (8192, 768);
        report.Section("Operations");
        double copy = CopyRate(kernels, clock, options.IsSmall ? SmallCopyFloats : CopyFloats);
        report.Line($"Operands are [{rows}, {cols}]. A copy within the device moves {MarkdownReport.Number(copy / 1e9)} GB/s, read and written.");
        using (var cases = new OpCases(kernels, rows, cols))
        {
            report.Table(["operation", "µs", "GB/s", "of a copy"], cases.All.Select(op =>
            {
                double seconds = clock.Seconds(op.Call), rate = op.Traffic.Bytes / seconds;
                return (string[])[op.Name, MarkdownReport.Number(1e6 * seconds), MarkdownReport.Number(rate / 1e9), MarkdownReport.Percent(rate, copy)];
            }));
        }
        report.Table(["attention, D = 64", "T", "ms", "TFLOP/s"], Attention(options.IsSmall, kernels, clock));
        report.Table(["vocabulary loss", "rows × C", "ms", "TFLOP/s"], Vocabulary(options.IsSmall, kernels, clock));
    }

    private static double CopyRate(GpuKernels kernels, DeviceClock clock, int floats)
    {
        using var arena = new Arena(kernels.Memory);
        Tensor from = arena.Zeros(new Shape(floats)), to = arena.Zeros(new Shape(floats));
        return 2.0 * sizeof(float) * floats / clock.Seconds(() => to.CopyFrom(from));
    }

    private static IEnumerable<string[]> Attention(bool isSmall, GpuKernels kernels, DeviceClock clock)
    {
        (int tokens, int heads) = isSmall ? (32, 1) : (16_384, 12);
        foreach (int length in isSmall ? (int[])[16] : [128, 512])
        {
            double flops = 0, seconds = 0;
            foreach (bool backward in new[] { false, true })
            {
                var size = new AttentionSize(tokens, length, heads, 64, backward, Dropout: 0.1);
                using var operands = new AttentionOperands(kernels, size);
                double time = clock.Seconds(operands.Run);
                (flops, seconds) = (flops + size.Flops, seconds + time);
                yield return Row(backward ? "backward" : "forward", $"{length}", size.Flops, time);
            }
            yield return Row("both", $"{length}", flops, seconds);
        }
    }

    private static IEnumerable<string[]> Vocabulary(bool isSmall, GpuKernels kernels, DeviceClock clock)
    {
        var size = isSmall ? new VocabularySize(1, 8, Gradients: true) : new VocabularySize(1228, 768, Gradients: true);
        using var operands = new VocabularyOperands(kernels, size);
        yield return Row("with gradients", $"{size.Rows} × {size.C}", size.Flops, clock.Seconds(operands.Loss));
    }

    private static string[] Row(string name, string size, double flops, double seconds) =>
        [name, size, MarkdownReport.Number(1e3 * seconds), MarkdownReport.Number(flops / seconds / 1e12)];
}
