using BareBert.Autograd;
using BareBert.Bert.Distributed;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>A whole pretraining run, small enough for a test, with dropout.</summary>
internal sealed class TinyRun : IDisposable
{
    private static readonly MemoryCorpus Text = MemoryCorpus.Random(3, documents: 30, mostSentences: 8, mostWords: 9);

    /// <summary>What it learns from, the same in every run.</summary>
    public static PretrainingCorpus Corpus { get; } = PretrainingCorpus.Open(
        TokenCache.InMemory(Text, MemoryCorpus.Letters), Text, MemoryCorpus.Letters, new PretrainingOptions(SequenceLength: 24));

    public static BertConfig Config { get; } = new()
    {
        VocabSize = MemoryCorpus.Letters.VocabularySize, HiddenSize = 16, Layers = 2, Heads = 2, IntermediateSize = 32, MaxPositions = 24,
        HiddenDropout = 0.1, AttentionDropout = 0.1,
    };

    /// <summary>Six steps with warm-up, nothing evaluated before the first.</summary>
    public static TrainerOptions Options { get; } = new()
    {
        Steps = 6, Schedule = new LearningRateSchedule(ScheduleKind.Linear, 1e-2, 2), RateOf = BertModel.RateOf,
        EvaluateFirst = false, LogEvery = 1, BestBy = "mlm_loss", Seed = 7,
    };

    private readonly IKernels _kernels;

    public TinyRun(string directory, bool resume = false, int batchSize = 8, int accumulate = 1, int threads = 2, SequenceLengths? lengths = null)
        : this(RunDirectory.Open(directory, resume ? RunOpening.Resume : RunOpening.New), batchSize, accumulate, threads, lengths: lengths)
    {
    }

    /// <summary>One process's of a run that several train, each batch cut into parts.</summary>
    public TinyRun(RunDirectory directory, int batchSize, int accumulate, int threads, int cut = 1, IProcessGroup? group = null, SequenceLengths? lengths = null)
        : this(directory, new CpuKernels(threads), batchSize, accumulate, cut, group, lengths)
    {
    }

    /// <summary>The same, on a device of which it disposes.</summary>
    public TinyRun(RunDirectory directory, IKernels kernels, int batchSize, int accumulate, int cut, IProcessGroup? group, SequenceLengths? lengths = null)
    {
        _kernels = kernels;
        Directory = directory;
        Model = directory.IsResumed ? BertModel.LoadForTraining(_kernels, ModelFolder.Open(Directory.Checkpoint), BertTasks.Pretraining, BertModel.TrainAll).Model
            : BertModel.Create(_kernels, ParameterLayout.For(Config, BertTasks.Pretraining), MemoryCorpus.Letters, seed: 7);
        Task = new PretrainingTask(_kernels, Model, Corpus with { Stages = PretrainingStage.Of(Corpus.Train, lengths ?? 24) }, batchSize, accumulate, cut, group);
    }

    public RunDirectory Directory { get; }

    public BertModel Model { get; }

    public PretrainingTask Task { get; }

    /// <summary>What several processes cost.</summary>
    public ProcessCosts? Costs { get; private set; }

    /// <summary>Trains; <paramref name="afterStep"/> is told the number of steps taken and may cancel.</summary>
    public TrainingEnd Train(TrainerOptions? options = null, Action<int>? afterStep = null, CancellationToken cancel = default)
    {
        using var trainer = new Trainer(_kernels, Task, options ?? Options, Directory, new Observer(afterStep));
        TrainingEnd end = trainer.Run(cancel);
        Costs = trainer.ProcessCosts;
        return end;
    }

    /// <summary>Trains up to a step and is then interrupted.</summary>
    public TrainingEnd TrainUntil(int step, TrainerOptions? options = null)
    {
        using var cancel = new CancellationTokenSource();
        return Train(options, taken =>
        {
            if (taken == step)
                cancel.Cancel();
        }, cancel.Token);
    }

    /// <summary>Every byte of the checkpoint's weights and moments.</summary>
    public (byte[] Weights, byte[] Moments) Saved() => SavedIn(Directory.Checkpoint);

    public static (byte[] Weights, byte[] Moments) SavedIn(string checkpoint) => (
        File.ReadAllBytes(Path.Combine(checkpoint, CheckpointNames.Weights)),
        File.ReadAllBytes(Path.Combine(checkpoint, CheckpointNames.Optimizer)));

    /// <summary>Two runs' checkpoints have the same weights and moments, byte for byte.</summary>
    public static void AssertSameCheckpoint(string expectedRun, string actualRun)
    {
        (byte[] weights, byte[] moments) = SavedIn(Path.Combine(expectedRun, "checkpoint"));
        (byte[] actualWeights, byte[] actualMoments) = SavedIn(Path.Combine(actualRun, "checkpoint"));
        Assert.Equal(weights, actualWeights);
        Assert.Equal(moments, actualMoments);
    }

    public void Dispose()
    {
        Task.Dispose();
        Model.Dispose();
        _kernels.Dispose();
    }

    private sealed class Observer(Action<int>? afterStep) : ITrainingObserver
    {
        public void OnStep(in TrainingProgress progress) => afterStep?.Invoke(progress.Step);
    }
}
