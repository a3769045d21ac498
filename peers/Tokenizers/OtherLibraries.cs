using BareBert.Tests;
using Xunit;

namespace BareBert.TokenizersPeer;

/// <summary>BERT's uncased tokenizer in other libraries: on how many texts each gives our ids. How fast each is, the benchmarks say.</summary>
public class OtherLibraries
{
    [Theory]
    [InlineData("WikiText-2")]
    [InlineData("hard texts")]
    [InlineData("random strings")]
    public void Agreement(string name)
    {
        var vocabulary = Vocabulary.Load(SharedData.Require("vocab", "bert-base-uncased-vocab.txt"));
        string[] texts = name switch
        {
            "WikiText-2" => Texts.WikiText(),
            "hard texts" => Texts.Hard,
            _ => [.. Texts.Random(100_000)],
        };
        foreach (PeerTokenizer peer in PeerTokenizer.All(vocabulary))
        {
            using (peer)
            {
                double percent = peer.Agreement(new WordPieceTokenizer(vocabulary), texts);
                TestContext.Current.TestOutputHelper!.WriteLine($"{name,-16}{peer.Name,-32}{percent,8:F3} % of {texts.Length:N0}");
                Assert.True(peer is not HuggingFaceTokenizer || percent == 100);
            }
        }
    }
}
