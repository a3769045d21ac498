using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using BareBert.Tests;
using Xunit;

namespace BareBert.TokenizersPeer;

/// <summary>
/// What the Rust library gives for every part of a <c>tokenizer.json</c> and for a unigram model, recorded for the default tests as
/// <c>tests/golden/tokenizer/parts.json</c>. With BAREBERT_RECORD naming that folder it is written anew.
/// </summary>
public class PartsFile
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] Few =
    [
        "Hello, world!  ", "  don't stop\tnow\n", "caf\u00E9 cafe\u0301 \u00C9CLAIR na\u00EFve", "\uFB01nd \u2460 \u00BD \uFF21 \u1E9B\u0323 \u2126",
        "1,234.56 3rd x2y", "\u6771\u4EACTokyo \uAC01", "a\u00A0b\u3000c\u200Bd\u2028e", "foo_bar-baz\u203Fqux", "\u0130stanbul STRASSE \u03A3\u03A3",
        "e  e ee", "\u2581already \u2581", "\u094D\u0928\u093F \u0E44\u0E17\u0E22 \U0001F600\U0001F3FD",
    ];

    [Fact]
    public void Is_what_the_library_gives()
    {
        var parts = new JsonArray();
        foreach (var (name, json) in PipelineParity.Named)
            parts.Add(Record("normalizer", name, json, WordPieceParity.Every(json.DeepClone(), Documents.Part("WhitespaceSplit"))));
        foreach (var (name, json) in PipelineParity.Cuts)
            parts.Add(Record("pre_tokenizer", name, json, WordPieceParity.Every(null, json.DeepClone())));
        var recorded = new JsonObject { ["texts"] = new JsonArray([.. Few.Select(text => (JsonNode)text)]), ["parts"] = parts, ["unigram"] = Unigram() };
        string now = recorded.ToJsonString(Readable) + "\n";
        if (Environment.GetEnvironmentVariable("BAREBERT_RECORD") is { Length: > 0 } folder)
            File.WriteAllText(Path.Combine(folder, "parts.json"), now);
        else
            Assert.Equal(File.ReadAllText(HardTexts.PathOf("parts.json")), now);
    }

    private static JsonObject Record(string kind, string name, JsonObject json, JsonObject document)
    {
        using var rust = new RustTokenizer(document);
        return new JsonObject
        {
            ["kind"] = kind,
            ["name"] = name,
            ["json"] = json.DeepClone(),
            ["tokens"] = new JsonArray([.. Few.Select(text => (JsonNode)string.Join('|', rust.Encode(text).Select(id => Texts.EveryCharacter[id])))]),
        };
    }

    // The small sentencepiece model of the tests, converted as transformers converts ALBERT's, on the hard texts.
    private static JsonArray Unigram()
    {
        string file = HardTexts.PathOf("small-spiece.model");
        using var rust = new RustTokenizer(Documents.Albert(File.ReadAllBytes(file), lowerCase: true, keepAccents: false));
        return [.. Texts.Hard.Select(text => (JsonNode)string.Join(' ', rust.Encode(text)))];
    }
}
