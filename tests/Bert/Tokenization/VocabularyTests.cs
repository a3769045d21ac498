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
        Assert.Equal(new SpecialTokens(0, 1, 2, 3, 4), new WordPieceTokenizer(vocabulary).Special);
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
    [InlineData("\n\n", "empty vocabulary: v.txt")]
    [InlineData("[PAD]\n[UNK]\n[CLS]\nthe\n", "without '[SEP]': v.txt")]
    [InlineData("the\na\n", "without '[UNK]': v.txt")]
    [InlineData(Specials + "a\0b\n", "binary file, not a vocabulary: v.txt")]
    public void RefusesWhatIsNotAVocabulary(string text, string message)
    {
        var error = Assert.Throws<InputException>(() => new WordPieceTokenizer(Parse(text)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    /// <summary>As Hugging Face's loaders: every line is an id, and of equal lines the last is meant.</summary>
    [Fact]
    public void RepeatedAndBlankLinesKeepTheirIds()
    {
        var vocabulary = Parse(Specials + "the\n\nfilm\nthe\n.\n");
        Assert.Equal((10, 8, 7, 9), (vocabulary.Size, vocabulary.IdOf("the"), vocabulary.IdOf("film"), vocabulary.IdOf(".")));
        Assert.Equal("", vocabulary.TokenOf(6));
        Assert.Collection(vocabulary.Notices,
            notice => Assert.Contains("1 blank lines, as line 7: v.txt", notice, StringComparison.Ordinal),
            notice => Assert.Contains("'the' in lines 6 and 9: v.txt", notice, StringComparison.Ordinal));
        Assert.Equal([8, 7, 9], new WordPieceTokenizer(vocabulary).Tokenize("the film .").Ids.ToArray());
    }

    [Fact]
    public void WithoutAMaskThereIsNoId() =>
        Assert.Equal(new SpecialTokens(-1, 0, 1, 2, -1), new WordPieceTokenizer(Parse("[UNK]\n[CLS]\n[SEP]\nthe\n")).Special);

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
        Prop.ForAll<byte[]>(bytes => LoadsOrRefuses(() => Vocabulary.Parse(bytes, "v.txt"))).HoldsFor();

    [Fact]
    public void AnyDamageToAVocabularyLoadsOrIsRefused()
    {
        byte[] whole = File.ReadAllBytes(HardTexts.PathOf("characters-vocab.txt"));
        Prop.ForAll(Damage.To(whole), damaged => LoadsOrRefuses(() => Vocabulary.Parse(damaged, "v.txt"))).HoldsFor();
    }

    [Fact]
    public void AnyConfigurationLoadsOrIsRefused()
    {
        byte[] whole = """{"do_lower_case": false, "strip_accents": null, "tokenizer_class": "BertTokenizer", "model_max_length": 512}"""u8.ToArray();
        TokenizerConfig config = TokenizerConfig.Parse(whole, "c.json");
        Assert.Equal(("BertTokenizer", false, null), (config.TokenizerClass, config.LowerCase, config.StripAccents));
        Prop.ForAll(Damage.To(whole), damaged => LoadsOrRefuses(() => TokenizerConfig.Parse(damaged, "c.json"))).HoldsFor();
    }

    [Theory]
    [InlineData("[]", "not a JSON object")]
    [InlineData("{\"do_lower_case\": 1}", "do_lower_case is not true or false")]
    [InlineData("{\"never_split\": [1]}", "never_split holds something else than texts")]
    [InlineData("{\"added_tokens_decoder\": {\"x\": {\"content\": \"a\"}}}", "added_tokens_decoder holds something else")]
    [InlineData("{\"cls_token\": 1}", "cls_token is neither a text nor a token")]
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
