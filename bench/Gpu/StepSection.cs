using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>A training step by size and precision, beside PyTorch's on the same device.</summary>
internal static class StepSection
{
    private static readonly (string Model, int Batch, int Sequence)[] Cases =
        [("tiny", 32, 128), ("mini", 32, 128), ("small", 64, 128), ("base", 8, 128), ("base", 64, 128), ("base", 16, 512)];

    public static void Write(MarkdownReport report, GpuOptions options)
    {
        report.Section("Training step");
        report.Line("Forward, backward, clipping and AdamW, dropout 0.1; tokens a second, in brackets those of PyTorch for one of ours.");
        using TorchStep? torch = TorchStep.TryOpen(options, out string reason);
        if (torch is null)
            report.Line(reason + ".");
        report.Table(["model", "batch × length", "precision", "ms", "tokens/s", "TFLOP/s", "PyTorch eager", "PyTorch compiled"], Rows(options, torch));
        foreach (string failure in torch?.Failures ?? [])
            report.Line($"- {failure}");
    }

    private static IEnumerable<string[]> Rows(GpuOptions options, TorchStep? torch)
    {
        foreach ((string model, int batch, int sequence) in options.IsSmall ? [("tiny", 1, 8)] : Cases)
        {
            foreach (Precision precision in Enum.GetValues<Precision>())
            {
                StepOptions step = new(model, batch, sequence, options.IsSmall ? 1 : 20, 0, false) { Vocabulary = options.IsSmall ? 1200 : StepSize.Vocabulary };
                double seconds = Measure(options.Device, step, precision), rate = batch * sequence / seconds;
                double flops = new StepSize(model, batch, sequence) { Words = step.Vocabulary }.Flops;
                yield return
                [
                    model, $"{batch} × {sequence}", precision.ToString().ToLowerInvariant(), MarkdownReport.Number(1e3 * seconds), MarkdownReport.Number(rate),
                    MarkdownReport.Number(flops / seconds / 1e12), Beside(torch, step, precision, rate, compiled: false), Beside(torch, step, precision, rate, compiled: true),
                ];
            }
        }
    }

    private static double Measure(string device, StepOptions options, Precision precision)
    {
        using IKernels kernels = Devices.Open(device, precision: precision);
        using var benchmark = new StepBenchmark(options, kernels);
        return benchmark.Measure(options.Steps);
    }

    private static string Beside(TorchStep? torch, StepOptions step, Precision precision, double ours, bool compiled)
    {
        double? theirs = torch?.TokensPerSecond(step, precision, compiled);
        return theirs is null ? "–" : $"{MarkdownReport.Number(theirs.Value)} ({theirs.Value / ours:F2})";
    }
}
