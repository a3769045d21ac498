using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>Training steps by model size, batch and length: tokens/s and percent of the machine's peak.</summary>
internal static class StepTable
{
    public static int Run()
    {
        Machine limits = Machine.Limits;
        Console.WriteLine($"{"model",-8}{"batch",6}{"length",8}{"ms/step",10}{"tokens/s",10}{"GFLOP/s",9}{"% of peak",11}");
        foreach (StepSize size in StepSize.Swept)
        {
            using IKernels kernels = Devices.Open("cpu");
            using var benchmark = new StepBenchmark(new StepOptions(size.Model, size.Batch, size.Sequence, 5, 0, false), kernels);
            double seconds = benchmark.Measure(5), rate = size.Flops / seconds / 1e9;
            Console.WriteLine($"{size.Model,-8}{size.Batch,6}{size.Sequence,8}{seconds * 1e3,10:F1}{benchmark.Tokens / seconds,10:N0}{rate,9:F1}{100 * rate / limits.Peak,11:F0}");
        }
        return 0;
    }
}
