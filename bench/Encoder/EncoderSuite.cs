using BenchmarkDotNet.Attributes;

namespace BareBert.Bench;

/// <summary>A pass through an encoder, as predictions and embeddings take it: one sentence and batches, on one thread and on all.</summary>
public partial class EncoderSuite
{
    private const string Int8 = "int8";

    private EncoderBenchmark? _encoder;

    [ParamsSource(nameof(Sizes))]
    public required EncoderSize Size { get; set; }

    public static IReadOnlyList<EncoderSize> Sizes => EncoderSize.Swept;

    [GlobalSetup(Target = nameof(OneThread))]
    public void SetUpOneThread() => _encoder = new EncoderBenchmark(Size, 1);

    [GlobalSetup(Target = nameof(AllThreads))]
    public void SetUpAllThreads() => _encoder = new EncoderBenchmark(Size, 0);

    [GlobalSetup(Target = nameof(Int8OneThread))]
    public void SetUpInt8OneThread() => _encoder = EncoderBenchmark.InBytes(Size, 1);

    [GlobalSetup(Target = nameof(Int8AllThreads))]
    public void SetUpInt8AllThreads() => _encoder = EncoderBenchmark.InBytes(Size, 0);

    [GlobalCleanup]
    public void CleanUp()
    {
        _encoder?.Dispose();
        _encoder = null;
        CleanUpPeers();
    }

    [Benchmark(Baseline = true, Description = "1 thread"), Library(LibraryAttribute.Ours, OneThread = true)]
    public void OneThread() => _encoder!.Run();

    [Benchmark(Description = "all threads"), Library(LibraryAttribute.Ours)]
    public void AllThreads() => _encoder!.Run();

    [Benchmark(Description = "int8, 1 thread"), Library(LibraryAttribute.Ours, OneThread = true, Variant = Int8)]
    public void Int8OneThread() => _encoder!.Run();

    [Benchmark(Description = "int8, all threads"), Library(LibraryAttribute.Ours, Variant = Int8)]
    public void Int8AllThreads() => _encoder!.Run();

    // Rows of -p:Peers=true.
    partial void CleanUpPeers();
}
