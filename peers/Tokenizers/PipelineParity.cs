using System.Text.Json.Nodes;
using Xunit;
using static BareBert.TokenizersPeer.Documents;

namespace BareBert.TokenizersPeer;

/// <summary>Every part that a <c>tokenizer.json</c> may name, against Hugging Face's Rust library.</summary>
public class PipelineParity
{
    private static JsonObject String(string text) => new() { ["String"] = text };

    private static JsonObject Regex(string text) => new() { ["Regex"] = text };

    public static TheoryData<string> Normalizers => new(Named.Keys);

    internal static readonly Dictionary<string, JsonObject> Named = new()
    {
        ["NFC"] = Part("NFC"),
        ["NFD"] = Part("NFD"),
        ["NFKC"] = Part("NFKC"),
        ["NFKD"] = Part("NFKD"),
        ["Lowercase"] = Part("Lowercase"),
        ["StripAccents"] = Part("StripAccents"),
        ["Strip"] = Part("Strip", ("strip_left", true), ("strip_right", false)),
        ["Nmt"] = Part("Nmt"),
        ["Prepend"] = Part("Prepend", ("prepend", "▁")),
        ["Replace text"] = Part("Replace", ("pattern", String("a")), ("content", "bé")),
        ["Replace regex"] = Part("Replace", ("pattern", Regex(" {2,}|[A-F]+")), ("content", " ")),
        ["Sequence"] = Part("Sequence", ("normalizers", new JsonArray(Part("NFD"), Part("Lowercase"), Part("StripAccents"), Part("Strip", ("strip_left", true), ("strip_right", true))))),
    };

    [Theory, MemberData(nameof(Normalizers))]
    public void Normalizer(string name) => Assert.Empty(Agreement.Compare(
        name, WordPieceParity.Every(Named[name].DeepClone(), Part("WhitespaceSplit")), [.. Texts.Hard, .. Texts.Random(20_000), .. Singles()]));

    public static TheoryData<string> PreTokenizers => new(Cuts.Keys);

    internal static readonly Dictionary<string, JsonObject> Cuts = new()
    {
        ["Whitespace"] = Part("Whitespace"),
        ["WhitespaceSplit"] = Part("WhitespaceSplit"),
        ["Punctuation"] = Part("Punctuation", ("behavior", "Isolated")),
        ["Punctuation removed"] = Part("Punctuation", ("behavior", "Removed")),
        ["Punctuation to the word before"] = Part("Punctuation", ("behavior", "MergedWithPrevious")),
        ["Punctuation to the word behind"] = Part("Punctuation", ("behavior", "MergedWithNext")),
        ["Punctuation together"] = Part("Punctuation", ("behavior", "Contiguous")),
        ["Digits"] = Part("Digits", ("individual_digits", true)),
        ["Digits together"] = Part("Digits", ("individual_digits", false)),
        ["CharDelimiterSplit"] = Part("CharDelimiterSplit", ("delimiter", "e")),
        ["Split at a text"] = Part("Split", ("pattern", String("e")), ("behavior", "MergedWithNext"), ("invert", false)),
        ["Split at a regex"] = Part("Split", ("pattern", Regex("[a-m]+")), ("behavior", "Isolated"), ("invert", false)),
        ["Split at what is not"] = Part("Split", ("pattern", Regex("[a-m]+")), ("behavior", "Removed"), ("invert", true)),
        ["Metaspace"] = Part("Metaspace", ("replacement", "▁"), ("prepend_scheme", "always"), ("split", true)),
        ["Metaspace first"] = Part("Metaspace", ("replacement", "▁"), ("prepend_scheme", "first"), ("split", true)),
        ["Metaspace never"] = Part("Metaspace", ("replacement", "▁"), ("prepend_scheme", "never"), ("split", false)),
        ["Sequence"] = Part("Sequence", ("pretokenizers", new JsonArray(Part("WhitespaceSplit"), Part("Metaspace", ("replacement", "▁"), ("prepend_scheme", "always")), Part("Digits", ("individual_digits", true))))),
    };

    [Theory, MemberData(nameof(PreTokenizers))]
    public void PreTokenizer(string name) => Assert.Empty(Agreement.Compare(
        name, WordPieceParity.Every(null, Cuts[name].DeepClone()), [.. Texts.Hard, .. Texts.Random(20_000), .. Singles()]));

    public static TheoryData<bool, bool, bool, bool, bool> Flags =>
        [.. from bits in Enumerable.Range(0, 32) select new TheoryDataRow<bool, bool, bool, bool, bool>((bits & 1) > 0, (bits & 2) > 0, (bits & 4) > 0, (bits & 8) > 0, (bits & 16) > 0)];

    [Theory, MemberData(nameof(Flags))]
    public void Added_tokens(bool special, bool normalized, bool singleWord, bool left, bool right)
    {
        JsonObject document = WordPieceParity.Every(BertNormalizer(true));
        JsonArray added = document["added_tokens"]!.AsArray();
        int next = Texts.EveryCharacter.Length;
        string[] contents = ["[SUBJ]", "Foo", "foo bar", "é", "ÉCLAIR", "東京", "e", "."];
        foreach (string content in contents)
        {
            int known = Array.IndexOf(Texts.EveryCharacter, content);
            added.Add(Added(content, known >= 0 ? known : next++, special, normalized, singleWord, left, right));
        }
        string[] fragments = [.. contents, "foo", "FOO", "eclair", "éclair", "foo  bar", " ", "  ", "a", "_", "1", "東", "\u0301", "[MASK]", "\u00A0", "x"];
        var random = new Random(3);
        var texts = Enumerable.Range(0, 3000).Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => fragments[random.Next(fragments.Length)])));
        Assert.Empty(Agreement.Compare("added tokens", document, texts));
    }

    [Fact]
    public void Templates_and_truncation()
    {
        JsonObject document = WordPieceParity.Every(BertNormalizer(true));
        JsonObject special = new() { ["[CLS]"] = Special("[CLS]", 2), ["[SEP]"] = Special("[SEP]", 3, 4) };
        document["post_processor"] = Part("TemplateProcessing",
            ("single", new JsonArray(Place("SpecialToken", "[CLS]", 0), Place("Sequence", "A", 0), Place("SpecialToken", "[SEP]", 0))),
            ("pair", new JsonArray(Place("SpecialToken", "[CLS]", 0), Place("Sequence", "A", 0), Place("SpecialToken", "[SEP]", 0), Place("Sequence", "B", 1), Place("SpecialToken", "[SEP]", 1))),
            ("special_tokens", special));
        foreach (string direction in (string[])["Right", "Left"])
        {
            document["truncation"] = new JsonObject { ["direction"] = direction, ["max_length"] = 12, ["strategy"] = "LongestFirst", ["stride"] = 0 };
            Assert.Empty(Agreement.Compare($"cut {direction}", document, [.. Texts.Hard, .. Texts.Random(2000)]));
        }
    }

    private static JsonObject Special(string name, params int[] ids) =>
        new() { ["id"] = name, ["ids"] = new JsonArray([.. ids.Select(id => (JsonNode)id)]), ["tokens"] = new JsonArray([.. ids.Select(_ => (JsonNode)name)]) };

    private static JsonObject Place(string kind, string id, int type) => new() { [kind] = new JsonObject { ["id"] = id, ["type_id"] = type } };

    private static IEnumerable<string> Singles() => Texts.Assigned.Select(point => $"q{char.ConvertFromUtf32(point)}q");
}
