using System.Text.Json.Nodes;

namespace BareBert.TokenizersPeer;

/// <summary>The <c>tokenizer.json</c> of what is compared.</summary>
internal static partial class Documents
{
    private static readonly string[] Specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    /// <summary>A piece of JSON that is a component: its type, and its fields.</summary>
    public static JsonObject Part(string type, params (string Name, JsonNode? Value)[] fields)
    {
        var part = new JsonObject { ["type"] = type };
        foreach (var (name, value) in fields)
            part[name] = value;
        return part;
    }

    /// <summary>BERT's cleaning.</summary>
    public static JsonObject BertNormalizer(bool lowerCase, bool? stripAccents = null, bool chinese = true, bool clean = true) => Part(
        "BertNormalizer", ("clean_text", clean), ("handle_chinese_chars", chinese), ("strip_accents", stripAccents), ("lowercase", lowerCase));

    /// <summary>A WordPiece tokenizer; its special tokens are added as BERT's are.</summary>
    public static JsonObject WordPiece(IReadOnlyList<string> vocabulary, JsonNode? normalizer, JsonNode? preTokenizer)
    {
        var ids = new JsonObject();
        for (int id = 0; id < vocabulary.Count; id++)
            ids[vocabulary[id]] = id;
        return Document(normalizer, preTokenizer, [.. Specials.Where(name => ids.ContainsKey(name)).Select(name => Added(name, (int)ids[name]!))], Part(
            "WordPiece", ("unk_token", "[UNK]"), ("continuing_subword_prefix", "##"), ("max_input_chars_per_word", 100), ("vocab", ids)));
    }

    /// <summary>An added token.</summary>
    public static JsonObject Added(
        string content, int id, bool special = true, bool normalized = false, bool singleWord = false, bool left = false, bool right = false) => new()
    {
        ["id"] = id,
        ["content"] = content,
        ["single_word"] = singleWord,
        ["lstrip"] = left,
        ["rstrip"] = right,
        ["normalized"] = normalized,
        ["special"] = special,
    };

    private static JsonObject Document(JsonNode? normalizer, JsonNode? preTokenizer, JsonNode[] added, JsonObject model) => new()
    {
        ["version"] = "1.0",
        ["truncation"] = null,
        ["padding"] = null,
        ["added_tokens"] = new JsonArray(added),
        ["normalizer"] = normalizer,
        ["pre_tokenizer"] = preTokenizer,
        ["post_processor"] = null,
        ["decoder"] = null,
        ["model"] = model,
    };
}
