using System.Text;

namespace BareBert.Bert.Tokenization;

/// <summary>The <c>pre_tokenizer</c> of a <c>tokenizer.json</c>.</summary>
internal static class PreTokenizerJson
{
    /// <exception cref="InputException">Wrong, or one that is not done here.</exception>
    public static IPreTokenizer Read(JsonFields json)
    {
        string type = json.Require("type", json.Text("type"));
        switch (type)
        {
            case "BertPreTokenizer":
                return new BertPreTokenizer();
            case "Sequence":
                return new PreTokenizerSequence([.. json.Objects("pretokenizers").Select(Read)]);
            case "Whitespace":
                return new WhitespacePreTokenizer();
            case "WhitespaceSplit":
                return new ClassPreTokenizer(UnicodeClasses.IsWhiteSpace, SplitBehavior.Removed);
            case "Punctuation":
                return new ClassPreTokenizer(UnicodeClasses.IsPunctuation, Behavior(json) ?? SplitBehavior.Isolated);
            case "Digits":
                return new ClassPreTokenizer(UnicodeClasses.IsNumeric, json.Flag("individual_digits") == true ? SplitBehavior.Isolated : SplitBehavior.Contiguous);
            case "CharDelimiterSplit":
                int delimiter = Character(json, "delimiter") ?? throw json.Wrong("delimiter", "is missing");
                return new ClassPreTokenizer(point => point == delimiter, SplitBehavior.Removed);
            case "Split":
                return new PatternPreTokenizer(PatternJson.Read(json), Behavior(json) ?? throw json.Wrong("behavior", "is missing"), json.Flag("invert") ?? false);
            case "Metaspace":
                return new MetaspacePreTokenizer(Character(json, "replacement") ?? SentencePieceModel.Space, Scheme(json), json.Flag("split") ?? true);
            default:
                throw new InputException($"unsupported tokenizer: {json.Source}: the pre-tokenizer {Printable.Quote(type)}; use another model");
        }
    }

    private static SplitBehavior? Behavior(JsonFields json) => json.Text("behavior") switch
    {
        null => null,
        string name when Enum.TryParse(name, out SplitBehavior behavior) && behavior.ToString() == name => behavior,
        string name => throw json.Wrong("behavior", $"{Printable.Quote(name)} is none that is known"),
    };

    // Before there was a prepend_scheme, add_prefix_space said it.
    private static PrependScheme Scheme(JsonFields json) => json.Text("prepend_scheme") switch
    {
        null => json.Flag("add_prefix_space") == false ? PrependScheme.Never : PrependScheme.Always,
        "always" => PrependScheme.Always,
        "never" => PrependScheme.Never,
        "first" => PrependScheme.First,
        string name => throw json.Wrong("prepend_scheme", $"{Printable.Quote(name)} is none that is known"),
    };

    private static int? Character(JsonFields json, string name)
    {
        if (json.Text(name) is not string text)
            return null;
        return Rune.DecodeFromUtf16(text, out Rune rune, out int length) == System.Buffers.OperationStatus.Done && length == text.Length
            ? rune.Value
            : throw json.Wrong(name, "is not one character");
    }
}
