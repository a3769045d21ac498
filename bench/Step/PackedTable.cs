using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>
/// What packing brings: real texts' lengths in batches of 32, packed, against the same batches padded to their longest,
/// in real tokens a second; for a step of pretraining and for one of fine-tuning a classifier.
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
        Console.WriteLine($"{"texts",-20}{"step",-16}{"mean",6}{"longest",9}{"packed tok/s",14}{"padded tok/s",14}{"ratio",8}");
        foreach (string data in args[1..])
        {
            TextLengths texts = TextLengths.Read(data, tokenizer);
            Compare(texts, classifies: false);
            Compare(texts, classifies: true);
        }
        return 0;
    }

    private static void Compare(TextLengths texts, bool classifies)
    {
        double packed = texts.InBatches.Sum(batch => Seconds(batch, classifies));
        double padded = texts.InBatches.Sum(batch => Seconds(PackedStepSuite.Padded(batch), classifies));
        double tokens = texts.Lengths.Sum();
        Console.WriteLine($"{texts.Name,-20}{(classifies ? "classification" : "pretraining"),-16}{texts.Lengths.Average(),6:F1}{texts.Lengths.Max(),9}{tokens / packed,14:N0}{tokens / padded,14:N0}{padded / packed,8:F2}");
    }

    private static double Seconds(int[] lengths, bool classifies)
    {
        using IKernels kernels = Devices.Open("cpu");
        using var benchmark = new StepBenchmark(new StepOptions("mini", lengths.Length, lengths.Max(), 3, 0, false) { Classifies = classifies }, kernels, lengths);
        return benchmark.Measure(5);
    }
}
