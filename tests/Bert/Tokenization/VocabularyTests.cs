using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

public class VocabularyTests
{
    private const string Specials = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";

    [Fact]
    public void ReadsTokensInOrder()
    {
        var vocabulary = Parse(Specials + "the\r\n##ing\n東");
        Assert.Equal(8, vocabulary.Size);
        Assert.Equal((5, 6, 7), (vocabulary.IdOf("the"), vocabulary.IdOf("##ing"), vocabulary.IdOf("東")));
        Assert.Equal("##ing", vocabulary.TokenOf(6));
        Assert.Equal(-1, vocabulary.IdOf("absent"));
        Assert.Equal(new SpecialTokens(0, 1, 2, 3, 4), vocabulary.Special);
        Assert.Throws<ArgumentOutOfRangeException>(() => vocabulary.TokenOf(8));
    }

    [Theory]
    [InlineData("the\n##ing\n[unused1]\n[MASK2]\n\U0001D400", false)]
    [InlineData("the\nParis", true)]
    [InlineData("the\n##É", true)]
    public void KnowsWhetherItIsCasedAndTheTokenizerFollows(string tokens, bool cased)
    {
        var vocabulary = Parse(Specials + tokens);
        Assert.Equal(cased, vocabulary.IsCased);
        Assert.Equal(!cased, new WordPieceTokenizer(vocabulary).Options.LowerCase);
    }

    [Theory]
    [InlineData("", "empty vocabulary: v.txt")]
    [InlineData("[PAD]\n[UNK]\n[CLS]\n[SEP]\nthe\n", "without [MASK]: v.txt")]
    [InlineData("the\na\n", "without [PAD]: v.txt")]
    [InlineData(Specials + "the\na\nthe\n", "'the' twice: v.txt, lines 6 and 8")]
    [InlineData(Specials + "the\n\na\n", "blank token: v.txt, line 7")]
    [InlineData(Specials + "a\0b\n", "binary file, not a vocabulary: v.txt")]
    public void RefusesWhatIsNotAVocabulary(string text, string message)
    {
        var error = Assert.Throws<InputException>(() => Parse(text));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void NamesTheLineThatIsNotUtf8()
    {
        byte[] bytes = [.. Encoding.UTF8.GetBytes(Specials), (byte)'a', (byte)'\n', 0xC3, (byte)'\n'];
        Assert.Contains("line 7", Assert.Throws<InputException>(() => Vocabulary.Parse(bytes, "v.txt")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesTheFileThatIsMissing() =>
        Assert.Contains("nowhere.txt", Assert.Throws<InputException>(() => Vocabulary.Load("nowhere.txt")).Message, StringComparison.Ordinal);

    [Fact]
    public void AnyBytesLoadOrAreRefusedInOneLine() =>
        Prop.ForAll<byte[]>(bytes => LoadsOrRefuses(() => Vocabulary.Parse(bytes, "v.txt"))).QuickCheckThrowOnFailure();

    [Fact]
    public void AnyDamageToAVocabularyLoadsOrIsRefused()
    {
        byte[] whole = File.ReadAllBytes(HardTexts.PathOf("characters-vocab.txt"));
        Prop.ForAll(Damage.To(whole), damaged => LoadsOrRefuses(() => Vocabulary.Parse(damaged, "v.txt"))).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void AnyConfigurationLoadsOrIsRefused()
    {
        byte[] whole = """{"do_lower_case": false, "strip_accents": null, "tokenizer_class": "BertTokenizer", "model_max_length": 512}"""u8.ToArray();
        Assert.Equal(new TokenizerConfig("BertTokenizer", LowerCase: false), TokenizerConfig.Parse(whole, "c.json"));
        Prop.ForAll(Damage.To(whole), damaged => LoadsOrRefuses(() => TokenizerConfig.Parse(damaged, "c.json"))).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("[]", "not a JSON object")]
    [InlineData("{\"do_lower_case\": 1}", "do_lower_case is not true or false")]
    [InlineData("{\"tokenizer_class\": true}", "tokenizer_class is not a text")]
    [InlineData("{\"tokenizer_class\": \"\\ud800\"}", "not UTF-8 text: c.json")]
    [InlineData("{", "not JSON: c.json, line 1")]
    public void RefusesAFaultyConfiguration(string json, string message) => Assert.Contains(
        message, Assert.Throws<InputException>(() => TokenizerConfig.Parse(Encoding.UTF8.GetBytes(json), "c.json")).Message, StringComparison.Ordinal);

    private static Vocabulary Parse(string text) => Vocabulary.Parse(Encoding.UTF8.GetBytes(text), "v.txt");

    /// <summary>False, failing the property, for any exception but an <see cref="InputException"/> of one line.</summary>
    internal static bool LoadsOrRefuses(Action load)
    {
        try
        {
            load();
            return true;
        }
        catch (InputException e)
        {
            return !e.Message.Contains('\n');
        }
    }
}
