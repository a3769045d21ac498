using BareBert.Bert;
using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>
/// What packing brings: real texts' lengths in batches of 32, packed, against the same batches padded to their longest,
/// in real tokens a second.
/// </summary>
internal static class PackedTable
{
    public static int Run(string[] args)
    {
        if (args.Length < 2)
        {
            Console.WriteLine("packed against padded: give a vocab.txt and a folder of SST trees, an IMDB archive or a table: -- packed VOCAB DATA…");
            return 0;
        }
        var tokenizer = new WordPieceTokenizer(Vocabulary.Load(args[0]));
        Console.WriteLine($"{"texts",-24}{"mean",6}{"longest",9}{"packed tok/s",14}{"padded tok/s",14}{"ratio",8}");
        foreach (string data in args[1..])
            Compare(TextLengths.Read(data, tokenizer));
        return 0;
    }

    private static void Compare(TextLengths texts)
    {
        double packed = texts.InBatches.Sum(Seconds), padded = texts.InBatches.Sum(batch => Seconds(PackedStepSuite.Padded(batch)));
        double tokens = texts.Lengths.Sum();
        Console.WriteLine($"{texts.Name,-24}{texts.Lengths.Average(),6:F1}{texts.Lengths.Max(),9}{tokens / packed,14:N0}{tokens / padded,14:N0}{padded / packed,8:F2}");
    }

    private static double Seconds(int[] lengths)
    {
        using IKernels kernels = Devices.Open("cpu");
        using var benchmark = new StepBenchmark(new StepOptions("mini", lengths.Length, lengths.Max(), 3, 0, false), kernels, lengths);
        return benchmark.Measure(3);
    }
}
