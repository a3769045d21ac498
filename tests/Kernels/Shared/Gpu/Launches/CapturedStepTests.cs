using BareBert.Autograd;
using BareBert.Kernels;
using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>A training step as a device sees it: what it is asked for, and whether that can be recorded and done again.</summary>
public sealed class CapturedStepTests : IDisposable
{
    private readonly RecordingDevice _device = new();
    private readonly GpuKernels _kernels;
    private readonly BertModel _model;
    private readonly PretrainingHeads _heads;
    private readonly Tape _tape;
    private readonly Arena _losses;
    private readonly Tensor _mlm, _nsp;
    private readonly GoldenBatch _batch = GoldenBert.Batches()[0];

    public CapturedStepTests()
    {
        _kernels = new GpuKernels(_device, "emulated", Precision.Bf16);
        (_model, _) = BertModel.LoadForTraining(_kernels, ModelFolder.Open(GoldenBert.Folder), BertTasks.Pretraining, BertModel.TrainAll);
        _heads = new PretrainingHeads(_model);
        _tape = new Tape(_kernels);
        _losses = new Arena(_kernels.Memory);
        (_mlm, _nsp) = (_losses.Zeros(new Shape(1)), _losses.Zeros(new Shape(1)));
    }

    public void Dispose()
    {
        _losses.Dispose();
        _tape.Dispose();
        _model.Dispose();
        _kernels.Dispose();
    }

    [Fact]
    public void ReplayingACapturedStepGivesTheSameBits()
    {
        float[] expected = [];
        // The first step grows the arena, the second runs in the one that stays: inside a capture nothing can be allocated.
        for (int i = 0; i < 2; i++)
        {
            using Tape.Scope scope = _tape.Begin(TapeMode.Training(seed: 1, step: 0));
            expected = GradientsOf(Upload());
        }
        using (_tape.Begin(TapeMode.Training(seed: 1, step: 0)))
        {
            Action step = Upload();
            using IDeviceGraph graph = _device.Capture(step);
            _mlm.Zero();
            Assert.Equal(expected, GradientsOf(graph.Replay));
            float loss = _mlm.ToArray<float>()[0];
            _mlm.Zero();
            Assert.Equal(expected, GradientsOf(graph.Replay));
            Assert.Equal(loss, _mlm.ToArray<float>()[0]);
            Assert.True(loss > 0);
        }
    }

    [Fact]
    public void BetweenItsUploadsAndItsLossesAStepIsLaunchesAlone()
    {
        using (_tape.Begin(TapeMode.Training(seed: 1, step: 0)))
            Upload()();
        _device.Launches.Clear();
        using (_tape.Begin(TapeMode.Training(seed: 1, step: 0)))
        {
            Action step = Upload();
            // A capture refuses whatever would wait for the device, or needs its memory: this one refuses nothing.
            _device.Capture(step).Dispose();
        }
        int layers = _model.Config.Layers;
        Assert.True(_device.Launches.Count <= 60 * layers + 60, $"{_device.Launches.Count} launches for {layers} layers");
    }

    [Fact]
    public void TheKernelsOfAStepAreKnownBefore()
    {
        using (_tape.Begin(TapeMode.Training(seed: 1, step: 0)))
            Upload()();
        HashSet<System.Reflection.MethodInfo> known = [.. TrainingStepKernels.Of(Precision.Bf16)];
        string[] missing = [.. _device.Launches.Select(launch => launch.Kernel).Where(kernel => !known.Contains(kernel.Method)).Select(kernel => kernel.Name).Distinct()];
        Assert.True(missing.Length == 0, string.Join(", ", missing));
    }

    [Fact]
    public void KernelsAreLaunchedAsTheTableOfThemSays()
    {
        using (_tape.Begin(TapeMode.Training(seed: 1, step: 0)))
            Upload()();
        Assert.All(_device.Launches, launch => Assert.Equal(GpuLaunch.Of(launch.Kernel.Method), new GpuLaunch(launch.Group.Count, launch.SharedBytes)));
        Assert.True(_device.Launches.DistinctBy(launch => launch.Kernel).Count() >= 20);
    }

    // Puts the batch on the device; what is returned is the rest of the step.
    private Action Upload()
    {
        PackedInputs inputs = _batch.Upload(_tape);
        Tensor rows = _tape.Upload(_batch.MaskedRows), labels = _tape.Upload(_batch.Labels), next = _tape.Upload(_batch.NextLabels);
        return () =>
        {
            Variable hidden = _model.Encoder.Forward(_tape, inputs);
            _heads.MaskedWordLosses(_tape, hidden, rows, labels, 1.0 / _batch.Labels.Length, _mlm);
            _heads.NextSentenceLosses(_tape, hidden, inputs.FirstRows, next, 1.0 / _batch.NextLabels.Length, _nsp);
            _tape.Backward();
        };
    }

    private float[] GradientsOf(Action step)
    {
        _model.Parameters.Grads.Zero();
        step();
        return _model.Parameters.Grads.ToArray<float>();
    }
}
