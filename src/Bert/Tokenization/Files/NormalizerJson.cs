using System.Text.Json;
using System.Text.Json.Nodes;

namespace BareBert.Bert.Tokenization;

/// <summary>The <c>normalizer</c> of a <c>tokenizer.json</c>.</summary>
internal static class NormalizerJson
{
    /// <exception cref="InputException">Wrong, or one that is not done here.</exception>
    public static ITextNormalizer Read(JsonFields json)
    {
        string type = json.Require("type", json.Text("type"));
        return type switch
        {
            "BertNormalizer" => new BertNormalizer(new BasicTokenizerOptions(json.Flag("lowercase") ?? true, json.Flag("strip_accents"),
                json.Flag("handle_chinese_chars") ?? true, json.Flag("clean_text") ?? true)),
            "Sequence" => new NormalizerSequence([.. json.Objects("normalizers").Select(Read)]),
            "Lowercase" => new LowercaseNormalizer(),
            "StripAccents" => new StripAccentsNormalizer(),
            "Strip" => new StripNormalizer(json.Flag("strip_left") ?? true, json.Flag("strip_right") ?? true),
            "NFC" => new UnicodeForm(compose: true, compatibility: false),
            "NFD" => new UnicodeForm(compose: false, compatibility: false),
            "NFKC" => new UnicodeForm(compose: true, compatibility: true),
            "NFKD" => new UnicodeForm(compose: false, compatibility: true),
            "Nmt" => new NmtNormalizer(),
            "Prepend" => new PrependNormalizer(json.Require("prepend", json.Text("prepend"))),
            "Replace" => new ReplaceNormalizer(PatternJson.Read(json), json.Require("content", json.Text("content"))),
            "Precompiled" => new PrecompiledNormalizer(PrecompiledCharsMap.Parse(Bytes(json, "precompiled_charsmap"), json.Source)),
            _ => throw new InputException($"unsupported tokenizer: {json.Source}: the normalizer {Printable.Quote(type)}; use another model"),
        };
    }

    /// <summary>BERT's.</summary>
    public static JsonObject Write(BasicTokenizerOptions options) => new()
    {
        ["type"] = "BertNormalizer",
        ["clean_text"] = options.CleanText,
        ["handle_chinese_chars"] = options.SplitChinese,
        ["strip_accents"] = options.StripAccents,
        ["lowercase"] = options.LowerCase,
    };

    private static byte[] Bytes(JsonFields json, string name)
    {
        if (json.Find(name) is not JsonElement value)
            return [];
        return value.ValueKind == JsonValueKind.String && value.TryGetBytesFromBase64(out byte[]? bytes) ? bytes : throw json.Wrong(name, "is not base 64");
    }
}

/// <summary>A pattern: <c>{"String": …}</c> or <c>{"Regex": …}</c>.</summary>
internal static class PatternJson
{
    /// <exception cref="InputException">Neither.</exception>
    public static TextPattern Read(JsonFields json)
    {
        JsonFields pattern = json.Require("pattern", json.Object("pattern"));
        string? text = pattern.Text("String");
        return new TextPattern(text ?? pattern.Require("Regex", pattern.Text("Regex")), isRegex: text is null, json.Source);
    }
}
