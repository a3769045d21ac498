using System.Diagnostics;
using System.Text;

namespace BareBert.Bench;

/// <summary>WordPiece on a text file, on one thread and on all, in MB of UTF-8 a second.</summary>
internal static class TokenizerTable
{
    private const int Passes = 5;

    public static int Run(string[] args)
    {
        if (args.Length < 2)
        {
            Console.WriteLine("tokenizer: give a vocab.txt and a text file: -- tokenizer VOCAB TEXT");
            return 0;
        }
        var tokenizer = new WordPieceTokenizer(Vocabulary.Load(args[0]));
        string[] lines = File.ReadAllLines(args[1]);
        double megabytes = lines.Sum(line => (double)Encoding.UTF8.GetByteCount(line) + 1) / 1e6;
        Console.WriteLine($"{"threads",7}{"MB/s",9}{"tokens/s",14}");
        foreach (int threads in new[] { 1, Environment.ProcessorCount }.Distinct())
        {
            TokenizerSuite.Pass(tokenizer, lines, threads);
            double[] seconds = new double[Passes];
            long tokens = 0;
            for (int i = 0; i < Passes; i++)
            {
                long start = Stopwatch.GetTimestamp();
                tokens = TokenizerSuite.Pass(tokenizer, lines, threads);
                seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
            Array.Sort(seconds);
            double median = seconds[Passes / 2];
            Console.WriteLine($"{threads,7}{megabytes / median,9:F0}{tokens / median,14:N0}");
        }
        return 0;
    }
}
