using System.Text.Json.Nodes;
using Xunit;
using static BareBert.Tests.TokenizerFolders;

namespace BareBert.Tests;

/// <summary>Which of a folder's files says how text is tokenised.</summary>
public class TokenizerFactoryTests
{
    [Theory]
    [InlineData("BertJapaneseTokenizer")]
    [InlineData("RobertaTokenizer")]
    [InlineData("CamembertTokenizer")]
    public void OtherClassesAreRefusedByName(string name) => Refusals.Of(
        () => Tokenize("a", ("vocab.txt", VocabularyText), ("tokenizer_config.json", $$"""{"tokenizer_class": "{{name}}"}""")), "unsupported tokenizer", $"'{name}'");

    [Fact]
    public void TheGeneralClassNeedsItsFile() => Refusals.Of(
        () => Tokenize("a", ("vocab.txt", VocabularyText), ("tokenizer_config.json", """{"tokenizer_class": "PreTrainedTokenizerFast"}""")), "no tokenizer.json", "add it");

    [Theory]
    [InlineData("BertTokenizer")]
    [InlineData("DistilBertTokenizerFast")]
    [InlineData("ElectraTokenizer")]
    public void BertsOwnClassesAreRead(string name) => Assert.Equal(["hello"],
        Tokenize("Hello", ("vocab.txt", VocabularyText), ("tokenizer_config.json", $$"""{"tokenizer_class": "{{name}}", "do_lower_case": true}""")));

    [Fact]
    public void ATokenizerJsonAloneIsEnough()
    {
        using Scratch folder = With(("tokenizer.json", Document().ToJsonString()), ("tokenizer_config.json", """{"do_lower_case": true}"""));
        SubwordTokenizer tokenizer = TokenizerFactory.Load(folder.Root);
        Assert.IsType<WordPieceTokenizer>(tokenizer);
        Assert.Equal([2, 5, 6, 3], new SequenceEncoder(tokenizer).Encode("the cat").Ids.ToArray());
        Assert.True(TokenizerFactory.IsIn(folder.Root));
    }

    /// <summary>The general class leaves the cleaning to the file, whatever the vocabulary beside it would suggest.</summary>
    [Fact]
    public void ATokenizerJsonSaysWhetherTextIsCased() => Assert.Equal(["Hello", "Paris"], Tokenize("Hello Paris",
        ("vocab.txt", VocabularyText), ("tokenizer.json", Document(lowerCase: false).ToJsonString()),
        ("tokenizer_config.json", """{"tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": true, "cls_token": "[CLS]"}""")));

    [Fact]
    public void BertsClassSetsTheCleaningThatItsConfigurationNames()
    {
        using Scratch folder = With(("tokenizer.json", Document(lowerCase: false).ToJsonString()), ("tokenizer_config.json", """{"tokenizer_class": "BertTokenizer", "do_lower_case": true}"""));
        SubwordTokenizer tokenizer = TokenizerFactory.Load(folder.Root);
        Assert.Equal(["hello"], tokenizer.TokenizeToStrings("Hello"));
        Assert.Contains("differ in how text is cleaned", Assert.Single(tokenizer.Notices), StringComparison.Ordinal);
        Assert.Equal(["hello"], SaveAndLoad(tokenizer).Loaded.TokenizeToStrings("Hello"));
    }

    /// <summary>The configuration is right where the files differ, as in transformers.</summary>
    [Theory]
    [InlineData("""{"truncation_side": "left"}""", null, "cat sat")]
    [InlineData("""{"truncation_side": "right"}""", "Left", "the cat")]
    [InlineData("{}", "Left", "cat sat")]
    [InlineData("{}", null, "the cat")]
    public void TheFilesSayWhichEndOfATextGivesWay(string configuration, string? direction, string kept)
    {
        JsonObject document = Document();
        document["truncation"] = direction is null ? null : new JsonObject { ["max_length"] = 9, ["strategy"] = "LongestFirst", ["stride"] = 0, ["direction"] = direction };
        using Scratch folder = With(("tokenizer.json", document.ToJsonString()), ("tokenizer_config.json", configuration));
        SubwordTokenizer tokenizer = TokenizerFactory.Load(folder.Root);
        Assert.Equal(kept, Kept(tokenizer));
        string text = string.Concat(Enumerable.Repeat("the ", 512)) + "cat";
        Assert.Equal(kept == "cat sat", new SequenceEncoder(tokenizer).Encode(text).Ids[^2] == tokenizer.IdOf("cat"));
        Assert.Equal(kept, Kept(SaveAndLoad(tokenizer).Loaded));
        Assert.Equal("cat sat", Kept(SaveAndLoad(tokenizer.WithTruncationSide(TruncationSide.Left)).Loaded));

        static string Kept(SubwordTokenizer tokenizer) => tokenizer.Decode(SequenceEncoder.UpTo(tokenizer, 4).Encode("the cat sat").Ids);
    }

    [Fact]
    public void AnEndThatTextsDoNotHaveIsRefused() => Refusals.Of(
        () => Tokenize("a", ("vocab.txt", VocabularyText), ("tokenizer_config.json", """{"truncation_side": "top"}""")), "truncation_side", "'top' is neither right nor left");

    [Theory]
    [InlineData("cat.", "cat.")]
    [InlineData("the Cat. cat .", "the,[UNK],cat,.")]
    public void WithoutBasicTokenizationOnlySpacesPart(string text, string expected)
    {
        using Scratch folder = With(("vocab.txt", VocabularyText), ("tokenizer_config.json", """{"do_lower_case": true, "do_basic_tokenize": false}"""));
        SubwordTokenizer tokenizer = TokenizerFactory.Load(folder.Root);
        Assert.Equal(expected.Split(','), tokenizer.TokenizeToStrings(text));
        Assert.Equal(expected.Split(','), SaveAndLoad(tokenizer).Loaded.TokenizeToStrings(text));
    }

    [Theory]
    [InlineData("the CAT. cat.", "the,cat.,cat.")]
    [InlineData("(cat.)", "[UNK],cat,.,[UNK]")]
    [InlineData("\u200Bcat. [MASK]cat.", "cat.,[MASK],cat.")]
    [InlineData("the\u3000cat.", "the,cat.")]
    [InlineData("zz. the", "[UNK],the")]
    public void WordsThatAreNeverSplitStayWhole(string text, string expected)
    {
        using Scratch folder = With(("vocab.txt", VocabularyText), ("tokenizer_config.json", """{"do_lower_case": true, "never_split": ["cat.", "zz."]}"""));
        SubwordTokenizer tokenizer = TokenizerFactory.Load(folder.Root);
        Assert.Equal(expected.Split(','), tokenizer.TokenizeToStrings(text));
        var (loaded, files) = SaveAndLoad(tokenizer);
        Assert.Equal(expected.Split(','), loaded.TokenizeToStrings(text));
        Assert.DoesNotContain("tokenizer.json", files);
    }

    [Fact]
    public void OtherFieldsOfTheConfigurationSurvive()
    {
        using Scratch folder = With(("vocab.txt", VocabularyText), ("tokenizer_config.json",
            """{"model_max_length": 128, "auto_map": {"AutoTokenizer": "x"}, "do_lower_case": true, "clean_up_tokenization_spaces": false}"""));
        using var copy = new Scratch();
        TokenizerFactory.Load(folder.Root).Save(copy.Root);
        JsonObject saved = JsonNode.Parse(File.ReadAllText(copy["tokenizer_config.json"]))!.AsObject();
        Assert.Equal((128, false), ((int)saved["model_max_length"]!, (bool)saved["clean_up_tokenization_spaces"]!));
        Assert.False(saved.ContainsKey("auto_map"));
    }

    [Fact]
    public void AnEmptyFolderIsRefused()
    {
        using var folder = new Scratch();
        Refusals.Of(() => TokenizerFactory.Load(folder.Root), "no tokenizer in the checkpoint");
    }
}
