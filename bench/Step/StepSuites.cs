using BareBert.Kernels;
using BenchmarkDotNet.Attributes;

namespace BareBert.Bench;

/// <summary>A pretraining step by model, batch and length, on one thread and on all.</summary>
[WarmupCount(1), IterationCount(5)]
public partial class TrainingStepSuite
{
    private readonly IKernels _oneThread = Devices.Open("cpu", 1), _allThreads = Devices.Open("cpu");
    private StepBenchmark? _step;

    [ParamsSource(nameof(Sizes))]
    public required StepSize Size { get; set; }

    public static IReadOnlyList<StepSize> Sizes => StepSize.Swept;

    [GlobalSetup(Target = nameof(OneThread))]
    public void SetUpOneThread() => _step = new StepBenchmark(new StepOptions(Size.Model, Size.Batch, Size.Sequence, 0, 1, false), _oneThread);

    [GlobalSetup(Target = nameof(AllThreads))]
    public void SetUpAllThreads() => _step = new StepBenchmark(new StepOptions(Size.Model, Size.Batch, Size.Sequence, 0, 0, false), _allThreads);

    [GlobalCleanup]
    public void CleanUp()
    {
        _step?.Dispose();
        _step = null;
        CleanUpPeers();
    }

    [Benchmark(Baseline = true, Description = "1 thread"), Library(LibraryAttribute.Ours, OneThread = true)]
    public double OneThread() => _step!.Step();

    [Benchmark(Description = "all threads"), Library(LibraryAttribute.Ours)]
    public double AllThreads() => _step!.Step();

    // Rows of -p:Peers=true.
    partial void CleanUpPeers();
}

/// <summary>
/// A step of fine-tuning a classifier, the mini model, on batches of real texts, padded to the longest of a batch and packed without padding. Texts come from the
/// classification data that the environment variable BAREBERT_TEXTS names, tokenised with the vocab.txt of BAREBERT_VOCAB; without
/// both there is nothing to measure.
/// </summary>
[WarmupCount(1), IterationCount(5)]
public class PackedStepSuite
{
    private readonly IKernels _kernels = Devices.Open("cpu");
    private StepBenchmark? _step;

    /// <summary>One batch of real texts.</summary>
    /// <param name="Name">Tells it from the others: BenchmarkDotNet takes rows of one name for one.</param>
    /// <param name="Lengths">Tokens of each text.</param>
    public sealed record TextBatch(string Name, int[] Lengths) : IWork
    {
        public double Flops => 0;

        public double Tokens => Lengths.Sum();

        public override string ToString() => $"{Name}, longest {Lengths.Max()}, mean {Lengths.Average():F0}";
    }

    [ParamsSource(nameof(Batches))]
    public required TextBatch Texts { get; set; }

    public static IEnumerable<TextBatch> Batches()
    {
        if (BenchData.Vocabulary is not { } vocabulary || BenchData.Texts is not { } texts)
        {
            Console.Error.WriteLine("bench: no texts for PackedStepSuite: set BAREBERT_TEXTS to classification data and BAREBERT_VOCAB to a vocab.txt");
            yield break;
        }
        TextLengths lengths = TextLengths.Read(texts, new WordPieceTokenizer(Vocabulary.Load(vocabulary)));
        foreach (var (number, batch) in lengths.InBatches.Index())
            yield return new TextBatch($"{lengths.Name} {number + 1}", batch);
    }

    [GlobalSetup(Target = nameof(PaddedBatch))]
    public void SetUpPadded() => _step = Prepare(Padded(Texts.Lengths));

    [GlobalSetup(Target = nameof(PackedBatch))]
    public void SetUpPacked() => _step = Prepare(Texts.Lengths);

    [GlobalCleanup]
    public void CleanUp() => _step?.Dispose();

    [Benchmark(Baseline = true, Description = "padded")]
    public double PaddedBatch() => _step!.Step();

    [Benchmark(Description = "packed")]
    public double PackedBatch() => _step!.Step();

    /// <summary>Every text as long as the longest.</summary>
    internal static int[] Padded(int[] lengths) => [.. Enumerable.Repeat(lengths.Max(), lengths.Length)];

    private StepBenchmark Prepare(int[] lengths) =>
        new(new StepOptions("mini", lengths.Length, lengths.Max(), 0, 0, false) { Classifies = true }, _kernels, lengths);
}
