using BareBert.Tests;
using Xunit;

namespace BareBert.TokenizersPeer;

/// <summary>BERT's tokenizers against Hugging Face's Rust library.</summary>
public class WordPieceParity
{
    public static TheoryData<string, bool, bool?, bool, bool> Cleanings => new()
    {
        { "uncased", true, null, true, true },
        { "cased", false, null, true, true },
        { "lower case with accents", true, false, true, true },
        { "cased without accents", false, true, false, true },
        { "not cleaned", true, null, true, false },
    };

    [Theory, MemberData(nameof(Cleanings))]
    public void Random_strings_of_every_assigned_character(string name, bool lowerCase, bool? stripAccents, bool chinese, bool clean) =>
        Assert.Empty(Agreement.Compare(name, Every(Documents.BertNormalizer(lowerCase, stripAccents, chinese, clean)), Texts.Random(100_000)));

    [Theory, MemberData(nameof(Cleanings))]
    public void Hard_texts(string name, bool lowerCase, bool? stripAccents, bool chinese, bool clean) =>
        Assert.Empty(Agreement.Compare(name, Every(Documents.BertNormalizer(lowerCase, stripAccents, chinese, clean)), Texts.Hard));

    [Theory]
    [InlineData("bert-base-uncased-vocab.txt", true)]
    [InlineData("bert-base-cased-vocab.txt", false)]
    public void WikiText_hard_texts_and_random_strings_with_the_published_vocabularies(string file, bool lowerCase)
    {
        var vocabulary = Vocabulary.Load(SharedData.Require("vocab", file));
        var document = Documents.WordPiece(vocabulary.Tokens, Documents.BertNormalizer(lowerCase), Documents.Part("BertPreTokenizer"));
        Assert.Empty(Agreement.Compare(file, document, [.. Texts.WikiText(), .. Texts.Hard, .. Texts.Random(100_000)]));
    }

    [Fact]
    public void Every_code_point_between_letters()
    {
        var texts = Enumerable.Range(1, 0x10FFFF).Where(point => point is < 0xD800 or > 0xDFFF).Select(point => $"q{char.ConvertFromUtf32(point)}q");
        Assert.Empty(Agreement.Compare("every code point", Every(Documents.BertNormalizer(true)), texts));
    }

    internal static System.Text.Json.Nodes.JsonObject Every(System.Text.Json.Nodes.JsonNode? normalizer, System.Text.Json.Nodes.JsonNode? preTokenizer = null) =>
        Documents.WordPiece(Texts.EveryCharacter, normalizer, preTokenizer ?? Documents.Part("BertPreTokenizer"));
}
