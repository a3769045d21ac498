using BareBert.TokenizersPeer;
using BenchmarkDotNet.Attributes;

namespace BareBert.Bench;

public partial class TokenizerSuite
{
    /// <summary>The name of Hugging Face's library under .NET.</summary>
    internal const string HuggingFaceLibrary = "Tokenizers.DotNet";

    private PeerTokenizer[] _peers = [];

    [Benchmark(Description = "Microsoft.ML.Tokenizers"), Library("Microsoft.ML.Tokenizers", OneThread = true)]
    public void Microsoft() => Pass<MicrosoftTokenizer>();

    [Benchmark(Description = "FastBertTokenizer"), Library("FastBertTokenizer", OneThread = true)]
    public void Fast() => Pass<FastTokenizer>();

    [Benchmark(Description = "Tokenizers.DotNet"), Library(HuggingFaceLibrary, OneThread = true)]
    public void HuggingFace() => Pass<HuggingFaceTokenizer>();

    /// <summary>How many of a hundred lines get the same ids from a row's library as from ours.</summary>
    /// <param name="method">A row.</param>
    /// <param name="text">The lines.</param>
    /// <returns>Null for our own rows.</returns>
    internal static double? Agreement(string method, TextLines text)
    {
        Vocabulary words = Words();
        using PeerTokenizer? peer = method switch
        {
            nameof(Microsoft) => new MicrosoftTokenizer(words),
            nameof(Fast) => new FastTokenizer(words),
            nameof(HuggingFace) => new HuggingFaceTokenizer(words),
            _ => null,
        };
        return peer?.Agreement(new WordPieceTokenizer(words), text.Lines);
    }

    partial void SetUpPeers() => _peers = PeerTokenizer.All(Words());

    partial void CleanUpPeers()
    {
        foreach (PeerTokenizer peer in _peers)
            peer.Dispose();
    }

    private void Pass<TPeer>() where TPeer : PeerTokenizer
    {
        TPeer peer = _peers.OfType<TPeer>().Single();
        foreach (string line in Text.Lines)
            peer.Encode(line);
    }
}
