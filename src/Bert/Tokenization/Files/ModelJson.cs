using System.Text.Json;

namespace BareBert.Bert.Tokenization;

/// <summary>The <c>model</c> of a <c>tokenizer.json</c>.</summary>
/// <param name="Vocabulary">In id order; empty where an id stands for nothing.</param>
/// <param name="Scores">Of a unigram model; null: WordPiece.</param>
/// <param name="Unknown">The unknown token.</param>
/// <param name="Prefix">WordPiece: what begins a piece that continues a word.</param>
/// <param name="LongestWord">WordPiece: the most characters of a word that is spelled.</param>
internal sealed record ModelJson(IReadOnlyList<string> Vocabulary, double[]? Scores, string Unknown, string Prefix, int LongestWord)
{
    /// <summary>Ids beyond it are a fault of the file: the largest vocabularies have a few hundred thousand.</summary>
    public const int LargestId = 10_000_000;

    /// <exception cref="InputException">Wrong, or neither WordPiece nor unigram.</exception>
    public static ModelJson Read(JsonFields model)
    {
        string? type = model.Text("type") ?? (model.Find("vocab") is { ValueKind: JsonValueKind.Array } ? "Unigram" : null);
        return type switch
        {
            "WordPiece" => ReadWordPiece(model),
            "Unigram" => ReadUnigram(model),
            _ => throw new InputException($"unsupported tokenizer: {model.Source}: {(type is null ? "a model without a type" : Printable.Quote(type))}; WordPiece and Unigram are supported, BERT's kinds"),
        };
    }

    private static ModelJson ReadWordPiece(JsonFields model)
    {
        JsonFields vocabulary = model.Require("vocab", model.Object("vocab"));
        var tokens = new List<string>();
        foreach (JsonProperty entry in vocabulary.Element.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out int id) || id is < 0 or > LargestId)
                throw model.Wrong("vocab", $"gives {Printable.Quote(entry.Name)} no id");
            while (tokens.Count <= id)
                tokens.Add("");
            tokens[id] = entry.Name;
        }
        string unknown = model.Text("unk_token") ?? Tokenization.Vocabulary.UnknownToken;
        if (!tokens.Contains(unknown) || unknown.Length == 0)
            throw model.Wrong("vocab", $"lacks the unknown token {Printable.Quote(unknown)}");
        return new ModelJson(tokens, null, unknown, model.Text("continuing_subword_prefix") ?? Tokenization.Vocabulary.ContinuationPrefix,
            model.Natural("max_input_chars_per_word") ?? TokenizerDocument.DefaultLongestWord);
    }

    private static ModelJson ReadUnigram(JsonFields model)
    {
        if (model.Flag("byte_fallback") == true)
            throw new InputException($"unsupported tokenizer: {model.Source}: byte_fallback, unknown characters as bytes; use another model");
        var pieces = new List<string>();
        var scores = new List<double>();
        foreach (JsonElement entry in model.List("vocab"))
        {
            bool isPiece = entry.ValueKind == JsonValueKind.Array && entry.GetArrayLength() == 2
                && entry[0].ValueKind == JsonValueKind.String && entry[1].ValueKind == JsonValueKind.Number;
            if (!isPiece || entry[0].GetString() is not { Length: > 0 } piece || !entry[1].TryGetDouble(out double score) || !double.IsFinite(score))
                throw model.Wrong("vocab", $"holds no piece with its score at place {pieces.Count}");
            pieces.Add(piece);
            scores.Add(score);
        }
        int unknown = model.Require("unk_id", model.Natural("unk_id"));
        if (unknown >= pieces.Count)
            throw model.Wrong("unk_id", "is not the place of a piece");
        return new ModelJson(pieces, [.. scores], pieces[unknown], "", 0);
    }
}
