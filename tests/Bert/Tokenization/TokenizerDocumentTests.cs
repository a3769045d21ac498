using System.Text;
using System.Text.Json.Nodes;
using BareBert.TokenizersPeer;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using static BareBert.Tests.TokenizerFolders;

namespace BareBert.Tests;

/// <summary><c>tokenizer.json</c>: every part of it does what Hugging Face's Rust library recorded, and what is not done is refused.</summary>
public class TokenizerDocumentTests
{
    private static readonly JsonObject Recorded = JsonNode.Parse(File.ReadAllText(HardTexts.PathOf("parts.json")))!.AsObject();

    public static TheoryData<string, string> Parts =>
        [.. Recorded["parts"]!.AsArray().Select(part => new TheoryDataRow<string, string>((string)part!["kind"]!, (string)part["name"]!))];

    [Theory, MemberData(nameof(Parts))]
    public void EveryPartDoesWhatTheLibraryDoes(string kind, string name)
    {
        JsonNode part = Recorded["parts"]!.AsArray().First(p => (string)p!["kind"]! == kind && (string)p["name"]! == name)!;
        string[] expected = [.. part["tokens"]!.AsArray().Select(tokens => (string)tokens!)];
        // Every token that was recorded, and its twin within words or at their beginning.
        string[] tokens = [.. expected.SelectMany(line => line.Split('|', StringSplitOptions.RemoveEmptyEntries)).SelectMany(Twins).Distinct()];
        JsonNode json = part["json"]!.DeepClone();
        JsonObject document = Documents.WordPiece(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. tokens],
            kind == "normalizer" ? json : null, kind == "normalizer" ? Documents.Part("WhitespaceSplit") : json);
        SubwordTokenizer tokenizer = Load(document);
        string[] texts = [.. Recorded["texts"]!.AsArray().Select(text => (string)text!)];
        Assert.Equal(expected, texts.Select(text => string.Join('|', tokenizer.TokenizeToStrings(text))));
        Assert.All(texts, text => AssertOffsets(tokenizer, text));
    }

    [Fact]
    public void AUnigramModelGivesTheLibrarysIds()
    {
        SubwordTokenizer tokenizer = Load(Documents.Albert(File.ReadAllBytes(HardTexts.PathOf("small-spiece.model")), lowerCase: true, keepAccents: false));
        HardTexts.Row[] rows = HardTexts.Read("wordpiece.tsv");
        string[] expected = [.. Recorded["unigram"]!.AsArray().Select(ids => (string)ids!)];
        Assert.Equal(expected, rows.Select(row => string.Join(' ', tokenizer.Tokenize(row.Text).Ids.ToArray())));
        Assert.All(rows, row => AssertOffsets(tokenizer, row.Text));
        var (loaded, files) = SaveAndLoad(tokenizer);
        Assert.Equal(["tokenizer.json", "tokenizer_config.json"], files);
        Assert.Equal(expected, rows.Select(row => string.Join(' ', loaded.Tokenize(row.Text).Ids.ToArray())));
        Assert.Equal("the cat", tokenizer.Decode(tokenizer.Tokenize("the cat").Ids));
    }

    [Fact]
    public void WhatATokenizerWritesReadsTheSame()
    {
        var tokenizer = new WordPieceTokenizer(Vocabulary.Load(HardTexts.PathOf("characters-vocab.txt")), new(LowerCase: false));
        using var folder = new Scratch();
        tokenizer.Save(folder.Root);
        File.Delete(folder["vocab.txt"]);
        File.Delete(folder["tokenizer_config.json"]);
        SubwordTokenizer loaded = TokenizerFactory.Load(folder.Root);
        foreach (HardTexts.Row row in HardTexts.Read("wordpiece.tsv"))
            Assert.Equal(tokenizer.Tokenize(row.Text).Ids.ToArray(), loaded.Tokenize(row.Text).Ids.ToArray());
        Assert.Equal(tokenizer.Special, loaded.Special);
        Assert.Equal(new SequenceEncoder(tokenizer).Encode("a", "b").TokenTypeIds(), new SequenceEncoder(loaded).Encode("a", "b").TokenTypeIds());
    }

    [Fact]
    public void PartsThatAreNotReadHereSurviveSaving()
    {
        JsonObject document = Document();
        document["padding"] = new JsonObject { ["strategy"] = "BatchLongest", ["pad_id"] = 0 };
        using Scratch folder = With(("tokenizer.json", document.ToJsonString())), copy = new();
        TokenizerFactory.Load(folder.Root).WithTokens(["[E]"]).Save(copy.Root);
        JsonObject saved = JsonNode.Parse(File.ReadAllText(copy["tokenizer.json"]))!.AsObject();
        foreach (string name in (string[])["padding", "decoder", "normalizer", "post_processor", "model"])
            Assert.True(JsonNode.DeepEquals(document[name], saved[name]), name);
        Assert.Contains(saved["added_tokens"]!.AsArray(), token => (string)token!["content"]! == "[E]" && (int)token["id"]! == Tokens.Length);
    }

    [Theory]
    [InlineData("""{"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0}""", "2 5 6 3", "2 5 3 6 3")]
    [InlineData("""{"direction": "Left", "max_length": 4, "strategy": "LongestFirst", "stride": 0}""", "2 7 8 3", "2 7 3 8 3")]
    [InlineData("""{"direction": "Right", "max_length": 5, "strategy": "OnlySecond", "stride": 1}""", null, "2 5 3 5 3")]
    public void TruncationIsTheFiles(string truncation, string? single, string? pair)
    {
        JsonObject document = Document();
        document["truncation"] = JsonNode.Parse(truncation);
        var encoder = new SequenceEncoder(Load(document));
        if (single is not null)
            Assert.Equal(single, string.Join(' ', encoder.Encode("the cat sat .").Ids.ToArray()));
        if (single is null)
            Assert.Equal(pair, string.Join(' ', encoder.Encode("the", "the cat sat .").Ids.ToArray()));
    }

    [Theory]
    [InlineData("""{"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}""", "2 5 3", "2 5 3 6 3", "0 0 0 1 1")]
    [InlineData("""{"type": "RobertaProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2], "trim_offsets": true}""", "2 5 3", "2 5 3 3 6 3", "0 0 0 0 0 0")]
    [InlineData("null", "5", "5 6", "0 1")]
    public void WhatIsPutAroundTextsIsTheFiles(string processor, string single, string pair, string types)
    {
        JsonObject document = Document();
        document["post_processor"] = JsonNode.Parse(processor);
        var encoder = new SequenceEncoder(Load(document));
        Assert.Equal(single, string.Join(' ', encoder.Encode("the").Ids.ToArray()));
        Assert.Equal(pair, string.Join(' ', encoder.Encode("the", "cat").Ids.ToArray()));
        Assert.Equal(types, string.Join(' ', encoder.Encode("the", "cat").TokenTypeIds()));
    }

    [Theory]
    [InlineData("model", """{"type": "BPE", "vocab": {}, "merges": []}""", "'BPE'")]
    [InlineData("model", """{"type": "WordLevel", "vocab": {}}""", "'WordLevel'")]
    [InlineData("model", """{"type": "WordPiece", "vocab": {"a": 0}}""", "lacks the unknown token")]
    [InlineData("model", """{"type": "WordPiece", "vocab": {"a": 99999999999}}""", "gives 'a' no id")]
    [InlineData("model", """{"type": "Unigram", "vocab": [["a", 0.0]]}""", "unk_id is missing")]
    [InlineData("model", """{"type": "Unigram", "unk_id": 0, "byte_fallback": true, "vocab": [["a", 0.0]]}""", "byte_fallback")]
    [InlineData("model", """{"type": "Unigram", "unk_id": 0, "vocab": [["a"]]}""", "no piece with its score at place 0")]
    [InlineData("normalizer", """{"type": "ByteLevel"}""", "the normalizer 'ByteLevel'")]
    [InlineData("normalizer", """{"type": "Replace", "pattern": {"Regex": "("}, "content": ""}""", "the regular expression '('")]
    [InlineData("normalizer", """{"type": "Precompiled", "precompiled_charsmap": "!"}""", "is not base 64")]
    [InlineData("pre_tokenizer", """{"type": "UnicodeScripts"}""", "the pre-tokenizer 'UnicodeScripts'")]
    [InlineData("pre_tokenizer", """{"type": "Punctuation", "behavior": "Sideways"}""", "'Sideways'")]
    [InlineData("post_processor", """{"type": "ByteLevel"}""", "the post-processor 'ByteLevel'")]
    [InlineData("post_processor", """{"type": "TemplateProcessing", "single": [], "pair": [], "special_tokens": {}}""", "holds each text once")]
    [InlineData("truncation", """{"max_length": "x"}""", "max_length is not a whole number")]
    [InlineData("added_tokens", """[{"content": "a"}]""", "id is missing")]
    public void WhatIsNotDoneIsRefusedByName(string field, string json, string message)
    {
        JsonObject document = Document();
        document[field] = JsonNode.Parse(json);
        Refusals.Of(() => Load(document), message);
    }

    [Fact]
    public void AnyDamageLoadsOrIsRefused()
    {
        byte[] bert = Encoding.UTF8.GetBytes(Document().ToJsonString());
        byte[] albert = Encoding.UTF8.GetBytes(Documents.Albert(File.ReadAllBytes(HardTexts.PathOf("small-spiece.model")), lowerCase: true, keepAccents: false).ToJsonString());
        foreach (byte[] good in (byte[][])[bert, albert])
        {
            Prop.ForAll(Mutations.Of(good).ToArbitrary(), damaged => Refusals.SucceedsOrRefuses(() =>
            {
                using var folder = new Scratch();
                folder.File("tokenizer.json", damaged);
                AssertOffsets(TokenizerFactory.Load(folder.Root), "Some t\u00E9xt \uFB01\u200B (1,2) [MASK] \u6771");
            })).HoldsFor(150);
        }
    }

    private static SubwordTokenizer Load(JsonObject document)
    {
        using Scratch folder = With(("tokenizer.json", document.ToJsonString()));
        return TokenizerFactory.Load(folder.Root);
    }

    private static IEnumerable<string> Twins(string token) => token.StartsWith("##", StringComparison.Ordinal) ? [token, token[2..]] : [token, "##" + token];

    /// <summary>Ranges never fall, and lie in the text.</summary>
    private static void AssertOffsets(SubwordTokenizer tokenizer, string text)
    {
        PieceList pieces = tokenizer.Tokenize(text);
        int start = 0, end = 0;
        for (int i = 0; i < pieces.Count; i++)
        {
            Assert.True(pieces.Starts[i] >= start && pieces.Ends[i] >= end && pieces.Ends[i] >= pieces.Starts[i] && pieces.Ends[i] <= text.Length,
                $"piece {i}: [{pieces.Starts[i]}, {pieces.Ends[i]}) after [{start}, {end}) in {text.Length} units");
            (start, end) = (pieces.Starts[i], pieces.Ends[i]);
        }
    }
}
