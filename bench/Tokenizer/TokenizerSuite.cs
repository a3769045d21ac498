using System.Text;
using BenchmarkDotNet.Attributes;

namespace BareBert.Bench;

/// <summary>
/// WordPiece on a text, on one thread and on all. The text is the file that the environment variable BAREBERT_TEXT names, with the
/// vocab.txt of BAREBERT_VOCAB; without them a generated one, whose words are few and all in its own vocabulary.
/// </summary>
public partial class TokenizerSuite
{
    private WordPieceTokenizer _tokenizer = null!;

    /// <summary>A text by lines.</summary>
    public sealed record TextLines(string Name, string[] Lines) : IWork
    {
        public double Flops => 0;

        public double TextBytes => Lines.Sum(line => (double)Encoding.UTF8.GetByteCount(line) + 1);

        public override string ToString() => Name;
    }

    [ParamsSource(nameof(Texts))]
    public required TextLines Text { get; set; }

    public static IEnumerable<TextLines> Texts()
    {
        if (BenchData.Vocabulary is not null && BenchData.Text is { } file)
            yield return new TextLines(Path.GetFileName(file), File.ReadAllLines(file));
        else
            yield return new TextLines("generated", [.. new SampleWorld().Read().Train.SelectMany(article => article.Sentences)]);
    }

    [GlobalSetup]
    public void SetUp()
    {
        _tokenizer = new WordPieceTokenizer(Words());
        SetUpPeers();
    }

    [GlobalCleanup]
    public void CleanUp() => CleanUpPeers();

    [Benchmark(Baseline = true, Description = "1 thread"), Library(LibraryAttribute.Ours, OneThread = true)]
    public long OneThread() => Pass(_tokenizer, Text.Lines, 1);

    [Benchmark(Description = "all threads"), Library(LibraryAttribute.Ours)]
    public long AllThreads() => Pass(_tokenizer, Text.Lines, Environment.ProcessorCount);

    /// <summary>The vocabulary that goes with the text.</summary>
    internal static Vocabulary Words() => BenchData.Vocabulary is { } file && BenchData.Text is not null
        ? Vocabulary.Load(file)
        : new Vocabulary(new SampleWorld().Vocabulary, "generated");

    // Rows of -p:Peers=true.
    partial void SetUpPeers();

    partial void CleanUpPeers();

    /// <summary>Tokenises every line once.</summary>
    /// <returns>Tokens.</returns>
    internal static long Pass(WordPieceTokenizer tokenizer, string[] lines, int threads)
    {
        long tokens = 0;
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, part =>
        {
            var pieces = new PieceList();
            long count = 0;
            for (int i = lines.Length * part / threads; i < lines.Length * (part + 1) / threads; i++)
            {
                pieces.Clear();
                tokenizer.Encode(lines[i], pieces);
                count += pieces.Count;
            }
            Interlocked.Add(ref tokens, count);
        });
        return tokens;
    }
}
