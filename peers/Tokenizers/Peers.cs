using System.Diagnostics;
using System.Text;
using BareBert.Tests;
using Xunit;

namespace BareBert.TokenizersPeer;

/// <summary>
/// BERT's uncased tokenizer in this and other libraries, beside Hugging Face's Rust library: on how many texts each gives its ids, and
/// how fast. Explicit, as times mean something on an idle machine only: <c>dotnet run -c Release --project peers/Tokenizers -- -explicit only -showLiveOutput</c>.
/// </summary>
public class Peers
{
    private const int Passes = 3, LongestText = 4096;

    private sealed record Peer(string Name, Func<string, int[]> Encode);

    [Fact(Explicit = true)]
    public async Task Agreement_and_speed()
    {
        string file = SharedData.Require("vocab", "bert-base-uncased-vocab.txt");
        var vocabulary = Vocabulary.Load(file);
        var ours = new WordPieceTokenizer(vocabulary);
        var microsoft = await Microsoft.ML.Tokenizers.BertTokenizer.CreateAsync(file);
        var fast = new FastBertTokenizer.BertTokenizer();
        await fast.LoadVocabularyAsync(file, convertInputToLowercase: true);
        using var rust = new RustTokenizer(Documents.WordPiece(vocabulary.Tokens, Documents.BertNormalizer(true), Documents.Part("BertPreTokenizer")));
        var pieces = new PieceList();
        Peer[] peers =
        [
            new("Tokenizers.DotNet 1.4.1 (Rust)", rust.Encode),
            new("BareBert", text =>
            {
                pieces.Clear();
                ours.Encode(text, pieces);
                return pieces.Ids.ToArray();
            }),
            new("FastBertTokenizer 1.2.6", text => Array.ConvertAll(fast.Encode(text, LongestText).InputIds.ToArray()[1..^1], id => (int)id)),
            new("Microsoft.ML.Tokenizers 2.0.1", text => [.. microsoft.EncodeToIds(text, addSpecialTokens: false)]),
        ];
        foreach (var (name, texts) in new[] { ("WikiText-2", Texts.WikiText()), ("hard texts", Texts.Hard), ("random strings", Texts.Random(100_000).ToArray()) })
        {
            int[][] right = [.. texts.Select(rust.Encode)];
            double megabytes = texts.Sum(text => (double)Encoding.UTF8.GetByteCount(text)) / 1e6;
            foreach (Peer peer in peers)
            {
                int alike = texts.Zip(right).Count(pair => Encoded(peer, pair.First).AsSpan().SequenceEqual(pair.Second));
                double seconds = Enumerable.Range(0, Passes).Min(_ => Seconds(peer, texts));
                TestContext.Current.TestOutputHelper!.WriteLine($"{name,-16}{peer.Name,-32}{alike,10:N0} of {texts.Length,-10:N0}{megabytes / seconds,8:F1} MB/s, 1 thread");
            }
        }
    }

    // What a peer throws counts as another answer.
    private static int[] Encoded(Peer peer, string text)
    {
        try
        {
            return peer.Encode(text);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IndexOutOfRangeException)
        {
            return [-1];
        }
    }

    private static double Seconds(Peer peer, string[] texts)
    {
        long start = Stopwatch.GetTimestamp();
        foreach (string text in texts)
            Encoded(peer, text);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
