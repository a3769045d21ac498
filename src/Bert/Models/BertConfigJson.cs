using BareBert.Kernels;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BareBert.Bert.Models;

/// <summary>Reads and writes a <see cref="BertConfig"/> as Hugging Face's config.json.</summary>
/// <remarks>Keys that are missing get the defaults of transformers' own configuration class of that family.</remarks>
public static class BertConfigJson
{
    private const long MaxLength = 16 << 20;

    // The encoder's escapes are for HTML; a config.json is read by people.
    private static readonly JsonSerializerOptions Indented =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads and validates a file.</summary>
    /// <exception cref="InputException">Missing, not JSON, or a key that is wrong: the message names file and key.</exception>
    public static BertConfig Load(string path) => Parse(InputFiles.ReadAll(path, MaxLength), path);

    /// <summary>Parses and validates a config.json.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="where">The file, for messages.</param>
    /// <exception cref="InputException">Not JSON, or a key that is wrong.</exception>
    public static BertConfig Parse(ReadOnlyMemory<byte> json, string where)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            BertConfig config = new ConfigReader(document.RootElement, where).Read().Validate(where);
            // Broken UTF-8 and escaped lone surrogates pass the parser and fail when the text is asked for. Keys that mean
            // nothing here are first looked at when they are written, which must not be at the end of a long training.
            Write(config);
            return config;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new InputException($"wrong model configuration: {where}: not JSON; it must be a Hugging Face config.json", e);
        }
    }

    /// <summary>The file's text: keys sorted, two spaces of indentation, as transformers writes it.</summary>
    public static string Write(BertConfig config)
    {
        ConfigKeys keys = ConfigKeys.Of(config.Family);
        var values = new SortedDictionary<string, JsonNode?>(StringComparer.Ordinal)
        {
            ["model_type"] = config.Family.ToString().ToLowerInvariant(),
            ["vocab_size"] = config.VocabSize,
            [keys.Hidden] = config.HiddenSize,
            [keys.Layers] = config.Layers,
            [keys.Heads] = config.Heads,
            [keys.Intermediate] = config.IntermediateSize,
            [keys.Activation] = config.Activation == Activation.Gelu ? "gelu" : "gelu_new",
            ["max_position_embeddings"] = config.MaxPositions,
            [keys.HiddenDropout] = config.HiddenDropout,
            [keys.AttentionDropout] = config.AttentionDropout,
            ["initializer_range"] = config.InitializerRange,
            ["pad_token_id"] = config.PadTokenId,
            ["torch_dtype"] = "float32",
        };
        if (config.ClassifierDropout is double dropout)
            values[keys.ClassifierDropout] = dropout;
        AddFamilyKeys(config, values);
        if (config.Architecture is not null)
            values["architectures"] = new JsonArray(config.Architecture);
        if (config.ClassifierHiddenSize > 0)
            values["classifier_hidden_size"] = config.ClassifierHiddenSize;
        if (config.ProblemType is not null)
            values["problem_type"] = config.ProblemType;
        if (config.NoAnswerThreshold is double threshold)
            values["no_answer_threshold"] = threshold;
        AddLabels(config, values);
        foreach ((string key, JsonElement value) in config.Other)
            values.TryAdd(key, JsonNode.Parse(value.GetRawText()));
        return new JsonObject(values).ToJsonString(Indented) + "\n";
    }

    private static void AddFamilyKeys(BertConfig config, SortedDictionary<string, JsonNode?> values)
    {
        if (config.Family == ModelFamily.DistilBert)
        {
            values["qa_dropout"] = config.QaDropout;
            values["sinusoidal_pos_embds"] = false;
            return;
        }
        values["type_vocab_size"] = config.TypeVocabSize;
        values["layer_norm_eps"] = config.LayerNormEps;
        values["position_embedding_type"] = "absolute";
        if (config.Family == ModelFamily.Albert)
        {
            values["embedding_size"] = config.EmbeddingSize;
            values["num_hidden_groups"] = config.LayerGroups;
            values["inner_group_num"] = config.LayersPerGroup;
        }
    }

    private static void AddLabels(BertConfig config, SortedDictionary<string, JsonNode?> values)
    {
        if (config.Labels.Count == 0)
            return;
        var names = new JsonObject();
        var ids = new JsonObject();
        for (int id = 0; id < config.Labels.Count; id++)
        {
            names.Add(id.ToString(), config.Labels[id]);
            ids.Add(config.Labels[id], id);
        }
        values["id2label"] = names;
        values["label2id"] = ids;
    }
}
