using BareBert.Bert;
using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>Training steps by model size, batch and length: tokens/s and percent of the machine's peak.</summary>
internal static class StepTable
{
    private static readonly (string Model, int Batch, int Sequence)[] Cases =
    [
        ("tiny", 32, 128), ("mini", 32, 128), ("small", 16, 128), ("base", 8, 128),
        ("mini", 1, 128), ("mini", 8, 128), ("mini", 64, 128),
        ("mini", 128, 32), ("mini", 8, 512),
    ];

    public static int Run()
    {
        Machine limits = Machine.Limits;
        Console.WriteLine($"{"model",-8}{"batch",6}{"length",8}{"ms/step",10}{"tokens/s",10}{"GFLOP/s",9}{"% of peak",11}");
        foreach ((string model, int batch, int sequence) in Cases)
        {
            using IKernels kernels = Devices.Open("cpu");
            using var benchmark = new StepBenchmark(new StepOptions(model, batch, sequence, 5, 0, false), kernels);
            double seconds = benchmark.Measure(5), rate = benchmark.Flops() / seconds / 1e9;
            Console.WriteLine($"{model,-8}{batch,6}{sequence,8}{seconds * 1e3,10:F1}{benchmark.Tokens / seconds,10:N0}{rate,9:F1}{100 * rate / limits.Peak,11:F0}");
        }
        return 0;
    }
}

/// <summary>
/// What packing brings: real texts' lengths in batches of 32, packed, against the same batches padded to their longest,
/// in real tokens a second.
/// </summary>
internal static class PackedTable
{
    private const int Batch = 32, Batches = 6;

    public static int Run(string[] args)
    {
        if (args.Length == 0)
        {
            Console.WriteLine("packed against padded: give a folder of SST trees or an IMDB archive, and a vocab.txt: -- packed VOCAB DATA…");
            return 0;
        }
        var tokenizer = new WordPieceTokenizer(Vocabulary.Load(args[0]));
        Console.WriteLine($"{"texts",-24}{"mean",6}{"longest",9}{"packed tok/s",14}{"padded tok/s",14}{"ratio",8}");
        foreach (string data in args[1..])
            Compare(Path.GetFileName(Path.TrimEndingDirectorySeparator(data)), Lengths(ClassificationData.Read(data).Train, tokenizer));
        return 0;
    }

    private static int[] Lengths(ClassificationDataset data, WordPieceTokenizer tokenizer)
    {
        var random = new PhiloxStream(1, 0);
        ClassificationExample[] examples = [.. data.Examples];
        random.Shuffle(examples.AsSpan());
        var encoder = new SequenceEncoder(tokenizer, new SequenceOptions(250));
        return [.. examples.Take(Batch * Batches).Select(e => encoder.Encode(e.Text).Length)];
    }

    private static void Compare(string name, int[] lengths)
    {
        double packed = 0, padded = 0;
        for (int i = 0; i < Batches; i++)
        {
            int[] batch = lengths[(i * Batch)..((i + 1) * Batch)];
            packed += Seconds(batch);
            padded += Seconds([.. Enumerable.Repeat(batch.Max(), Batch)]);
        }
        double tokens = lengths.Sum();
        Console.WriteLine($"{name,-24}{lengths.Average(),6:F1}{lengths.Max(),9}{tokens / packed,14:N0}{tokens / padded,14:N0}{padded / packed,8:F2}");
    }

    private static double Seconds(int[] lengths)
    {
        using IKernels kernels = Devices.Open("cpu");
        using var benchmark = new StepBenchmark(new StepOptions("mini", lengths.Length, lengths.Max(), 3, 0, false), kernels, lengths);
        return benchmark.Measure(3);
    }
}
