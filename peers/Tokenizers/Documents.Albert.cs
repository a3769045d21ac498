using System.Text.Json.Nodes;

namespace BareBert.TokenizersPeer;

internal static partial class Documents
{
    /// <summary>ALBERT's tokenizer as transformers converts a sentencepiece model.</summary>
    public static JsonObject Albert(byte[] file, bool lowerCase, bool keepAccents)
    {
        var model = SentencePieceModel.Parse(file, "spiece.model");
        byte[] charsMap = Field(Field(file, 3), 2); // normalizer_spec.precompiled_charsmap of sentencepiece_model.proto
        List<JsonNode> steps = [Replace("``", "\""), Replace("''", "\"")];
        if (!keepAccents)
            steps.AddRange([Part("NFKD"), Part("StripAccents")]);
        if (lowerCase)
            steps.Add(Part("Lowercase"));
        if (charsMap.Length > 0)
            steps.Add(Part("Precompiled", ("precompiled_charsmap", Convert.ToBase64String(charsMap))));
        steps.Add(Part("Replace", ("pattern", new JsonObject { ["Regex"] = " {2,}" }), ("content", " ")));
        var pieces = new JsonArray([.. model.Pieces.Select(piece => (JsonNode)new JsonArray(piece.Text, (double)piece.Score))]);
        return Document(
            Part("Sequence", ("normalizers", new JsonArray([.. steps]))),
            Part("Metaspace", ("replacement", "▁"), ("add_prefix_space", true), ("prepend_scheme", "always")),
            [.. new[] { "<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]" }.Where(model.Ids.ContainsKey).Select(name => Added(name, model.Ids[name]))],
            Part("Unigram", ("unk_id", model.Special()), ("vocab", pieces)));
    }

    private static JsonObject Replace(string old, string now) =>
        Part("Replace", ("pattern", new JsonObject { ["String"] = old }), ("content", now));

    private static byte[] Field(byte[] message, int number)
    {
        var reader = new ProtobufReader(message, "spiece.model");
        while (reader.Next())
        {
            if (reader.Field == number)
                return reader.ReadBytes().ToArray();
            reader.Skip();
        }
        return [];
    }

    private static int Special(this SentencePieceModel model) => model.Ids[SentencePieceModel.UnknownToken];
}
