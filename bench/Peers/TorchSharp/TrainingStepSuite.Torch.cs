using BareBert.Kernels;
using BenchmarkDotNet.Attributes;

namespace BareBert.Bench;

public partial class TrainingStepSuite
{
    private const int ComparedSteps = 3;

    private TorchBert? _torch;

    [GlobalSetup(Target = nameof(TorchOneThread))]
    public void SetUpTorchOneThread() => SetUpTorch(1);

    [GlobalSetup(Target = nameof(TorchAllThreads))]
    public void SetUpTorchAllThreads() => SetUpTorch(Environment.ProcessorCount);

    [Benchmark(Description = "TorchSharp, 1 thread"), Library(LibraryAttribute.TorchSharp, OneThread = true)]
    public double TorchOneThread() => _torch!.Step();

    [Benchmark(Description = "TorchSharp, all threads"), Library(LibraryAttribute.TorchSharp)]
    public double TorchAllThreads() => _torch!.Step();

    partial void CleanUpPeers()
    {
        _torch?.Dispose();
        _torch = null;
    }

    // Both begin with the same weights. Masks of dropout differ, so that losses are compared without: over three steps, in which forward, backward,
    // clipping and optimizer all have their say.
    private void SetUpTorch(int threads)
    {
        var options = new StepOptions(Size.Model, Size.Batch, Size.Sequence, 0, threads, false);
        using IKernels kernels = Devices.Open("cpu", threads);
        using (var ours = new StepBenchmark(options with { Dropout = 0 }, kernels))
        using (var theirs = new TorchBert(ours, Size, dropout: 0, threads))
        {
            for (int step = 0; step < ComparedSteps; step++)
            {
                ours.Step();
                Peer.Check($"loss of step {step + 1} of {Size}, TorchSharp", [(float)theirs.Step()], [(float)ours.Loss], 1e-4);
            }
        }
        using var weights = new StepBenchmark(options, kernels);
        _torch = new TorchBert(weights, Size, weights.Model.Config.HiddenDropout, threads);
    }
}
