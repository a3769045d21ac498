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

    // transformers' names of activation functions; of several for one, the first is written.
    internal static readonly (string Name, Activation Activation)[] Activations =
    [
        ("gelu", Activation.Gelu), ("gelu_python", Activation.Gelu), ("gelu_new", Activation.GeluTanh), ("gelu_fast", Activation.GeluTanh), ("gelu_pytorch_tanh", Activation.GeluTanh),
        ("quick_gelu", Activation.QuickGelu), ("relu", Activation.Relu), ("silu", Activation.Silu), ("swish", Activation.Silu), ("tanh", Activation.Tanh),
    ];

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
            [keys.Activation] = Activations.First(a => a.Activation == config.Activation).Name,
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
        if (config.ClassifierPooling == Pooling.Mean)
            values["classifier_pooling"] = "mean";
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

/// <summary>What each family calls the same thing in its config.json.</summary>
internal sealed record ConfigKeys
{
    public string Hidden { get; init; } = "hidden_size";
    public string Layers { get; init; } = "num_hidden_layers";
    public string Heads { get; init; } = "num_attention_heads";
    public string Intermediate { get; init; } = "intermediate_size";
    public string Activation { get; init; } = "hidden_act";
    public string HiddenDropout { get; init; } = "hidden_dropout_prob";
    public string AttentionDropout { get; init; } = "attention_probs_dropout_prob";
    public string ClassifierDropout { get; init; } = "classifier_dropout";

    public static ConfigKeys Of(ModelFamily family) => family switch
    {
        ModelFamily.DistilBert => Distil,
        ModelFamily.Albert => new ConfigKeys { ClassifierDropout = "classifier_dropout_prob" },
        _ => new ConfigKeys(),
    };

    private static readonly ConfigKeys Distil = new()
    {
        Hidden = "dim",
        Layers = "n_layers",
        Heads = "n_heads",
        Intermediate = "hidden_dim",
        Activation = "activation",
        HiddenDropout = "dropout",
        AttentionDropout = "attention_dropout",
        ClassifierDropout = "seq_classif_dropout",
    };
}

/// <summary>Takes a config.json apart: each key is read once, what remains is kept as it is.</summary>
file sealed class ConfigReader
{
    private readonly Dictionary<string, JsonElement> _left = [];
    private readonly string _where;

    /// <exception cref="InputException">Not an object, or a key appears twice.</exception>
    public ConfigReader(JsonElement root, string where)
    {
        _where = where;
        if (root.ValueKind != JsonValueKind.Object)
            throw new InputException($"wrong model configuration: {where}: not a JSON object; it must be a Hugging Face config.json");
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (!_left.TryAdd(property.Name, property.Value))
                throw Wrong(Printable.Quote(property.Name), "it appears twice");
        }
    }

    /// <summary>All keys as a configuration; sizes are not yet validated against each other.</summary>
    public BertConfig Read()
    {
        string? architecture = Architecture();
        ModelFamily family = Family(architecture);
        ConfigKeys keys = ConfigKeys.Of(family);
        RefuseWhatIsNotAnEncoder();
        RefusePrunedHeads();
        bool albert = family == ModelFamily.Albert;
        bool distil = family == ModelFamily.DistilBert;
        int hidden = Int(keys.Hidden, albert ? 4096 : 768);
        double hiddenDropout = Double(keys.HiddenDropout, albert ? 0 : 0.1);
        var config = new BertConfig
        {
            Family = family,
            Architecture = architecture,
            VocabSize = Int("vocab_size", albert ? 30000 : 30522),
            HiddenSize = hidden,
            EmbeddingSize = albert ? Positive("embedding_size", 128) : 0,
            Layers = Int(keys.Layers, distil ? 6 : 12),
            Heads = Int(keys.Heads, albert ? 64 : 12),
            IntermediateSize = Int(keys.Intermediate, albert ? 16384 : 3072),
            MaxPositions = Int("max_position_embeddings", 512),
            TypeVocabSize = distil ? 0 : Int("type_vocab_size", 2),
            Activation = Activation(keys.Activation, albert ? "gelu_new" : "gelu"),
            HiddenDropout = hiddenDropout,
            AttentionDropout = Double(keys.AttentionDropout, albert ? 0 : 0.1),
            ClassifierDropout = OptionalDouble(keys.ClassifierDropout) ?? (distil ? 0.2 : albert ? 0.1 : null),
            QaDropout = distil ? Double("qa_dropout", 0.1) : 0,
            InitializerRange = Double("initializer_range", 0.02),
            LayerNormEps = distil ? 1e-12 : Double("layer_norm_eps", 1e-12),
            PadTokenId = Int("pad_token_id", 0),
            LayerGroups = albert ? Int("num_hidden_groups", 1) : 1,
            LayersPerGroup = albert ? Int("inner_group_num", 1) : 1,
            ClassifierHiddenSize = Int("classifier_hidden_size", 0),
            ClassifierPooling = ClassifierPooling(),
            NoAnswerThreshold = OptionalDouble("no_answer_threshold"),
            Labels = Labels(),
            ProblemType = ProblemType(),
        };
        DropWhatHoldsForTheFileAlone();
        return config with { Other = _left.ToDictionary(pair => pair.Key, pair => pair.Value.Clone()) };
    }

    private Pooling ClassifierPooling() => String("classifier_pooling") switch
    {
        null or "cls" => Pooling.Cls,
        "mean" => Pooling.Mean,
        string other => throw NotSupported("classifier_pooling", other),
    };

    private ModelFamily Family(string? architecture)
    {
        string type = String("model_type") ?? Guess(architecture);
        return type switch
        {
            "bert" => ModelFamily.Bert,
            "distilbert" => ModelFamily.DistilBert,
            "albert" => ModelFamily.Albert,
            _ => throw NotSupported("model_type", type),
        };
    }

    /// <summary>Files of 2018 and 2019 have no model_type.</summary>
    private string Guess(string? architecture)
    {
        if (architecture is not null)
            return architecture.StartsWith("DistilBert", StringComparison.Ordinal) ? "distilbert"
                : architecture.StartsWith("Albert", StringComparison.Ordinal) ? "albert"
                : architecture.StartsWith("Bert", StringComparison.Ordinal) ? "bert"
                : throw NotSupported("architectures", architecture);
        if (_left.ContainsKey("n_layers") && _left.ContainsKey("dim"))
            return "distilbert";
        if (_left.ContainsKey("embedding_size"))
            return "albert";
        if (_left.ContainsKey("hidden_size"))
            return "bert";
        throw Wrong("model_type", "it is missing");
    }

    private void RefuseWhatIsNotAnEncoder()
    {
        string positions = String("position_embedding_type") ?? "absolute";
        if (positions != "absolute")
            throw Wrong("position_embedding_type", $"{Printable.Quote(positions)} is not supported, only 'absolute' is");
        foreach (string key in (string[])["is_decoder", "add_cross_attention", "sinusoidal_pos_embds"])
        {
            // Distil's sinusoids are only another initialisation, frozen by some trainers: the weights are in the file all the same.
            if (Take(key) is { ValueKind: JsonValueKind.True } && key != "sinusoidal_pos_embds")
                throw Wrong(key, "only encoders are supported");
        }
    }

    /// <summary>Of the weights that were read, or of who wrote them: a model that is saved has float32 weights, no code of its own, and one matrix for words that go in and come out.</summary>
    private void DropWhatHoldsForTheFileAlone()
    {
        foreach (string key in (string[])["torch_dtype", "dtype", "auto_map", "_name_or_path", "tie_word_embeddings"])
            Take(key);
    }

    private string? ProblemType()
    {
        string? problem = String("problem_type");
        return problem is null || ProblemTypes.All.Contains(problem) ? problem
            : throw Wrong("problem_type", $"{Printable.Quote(problem)} is not one of {string.Join(", ", ProblemTypes.All)}");
    }

    private void RefusePrunedHeads()
    {
        if (Take("pruned_heads") is { ValueKind: JsonValueKind.Object } heads && heads.EnumerateObject().Any(layer => layer.Value.ValueKind != JsonValueKind.Array || layer.Value.GetArrayLength() > 0))
            throw Wrong("pruned_heads", "layers with fewer heads than others are not supported");
    }

    private Activation Activation(string key, string ifMissing)
    {
        string name = String(key) ?? ifMissing;
        int found = Array.FindIndex(BertConfigJson.Activations, a => a.Name == name);
        return found >= 0 ? BertConfigJson.Activations[found].Activation
            : throw Wrong(key, $"{Printable.Quote(name)} is not supported; {string.Join(", ", BertConfigJson.Activations.Select(a => a.Name))} are");
    }

    private string? Architecture()
    {
        if (Take("architectures") is not JsonElement list)
            return null;
        if (list.ValueKind != JsonValueKind.Array || list.EnumerateArray().Any(e => e.ValueKind != JsonValueKind.String))
            throw Wrong("architectures", "it is not a list of names");
        return list.EnumerateArray().Select(e => e.GetString()).FirstOrDefault();
    }

    private string[] Labels()
    {
        JsonElement? ids = Take("label2id"), names = Take("id2label"), count = Take("num_labels");
        if (names is JsonElement byId)
            return ByPosition("id2label", Entries("id2label", byId, p => (p.Name, TextOrNull(p.Value))));
        if (ids is JsonElement byName)
            return ByPosition("label2id", Entries("label2id", byName, p => (p.Value.GetRawText(), p.Name)));
        if (count is not JsonElement number)
            return [];
        if (number.ValueKind != JsonValueKind.Number || !number.TryGetInt32(out int labels) || labels is < 1 or > 1_000_000)
            throw Wrong("num_labels", $"{Printable.Quote(number.GetRawText())} is not a number of classes");
        return [.. Enumerable.Range(0, labels).Select(id => $"LABEL_{id}")];
    }

    private List<(string Id, string? Name)> Entries(string key, JsonElement map, Func<JsonProperty, (string, string?)> entry) =>
        map.ValueKind == JsonValueKind.Object ? [.. map.EnumerateObject().Select(entry)] : throw Wrong(key, "it is not an object");

    private string[] ByPosition(string key, List<(string Id, string? Name)> entries)
    {
        var names = new string[entries.Count];
        foreach ((string id, string? name) in entries)
        {
            bool isPosition = int.TryParse(id, out int position) && position >= 0 && position < names.Length;
            if (!isPosition || names[position] is not null || name is null)
                throw Wrong(key, $"its {entries.Count} classes are not numbered 0 to {entries.Count - 1} with a name each");
            names[position] = name;
        }
        return names;
    }

    private JsonElement? Take(string key) =>
        _left.Remove(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private string? String(string key)
    {
        if (Take(key) is not JsonElement value)
            return null;
        return TextOrNull(value) ?? throw Wrong(key, $"{Printable.Quote(value.GetRawText())} is not text");
    }

    private static string? TextOrNull(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private int Int(string key, int ifMissing)
    {
        if (Take(key) is not JsonElement value)
            return ifMissing;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
            ? number
            : throw Wrong(key, $"{Printable.Quote(value.GetRawText())} is not a whole number");
    }

    private int Positive(string key, int ifMissing)
    {
        int value = Int(key, ifMissing);
        return value > 0 ? value : throw Wrong(key, $"{value} is not positive");
    }

    private double Double(string key, double ifMissing) => OptionalDouble(key) ?? ifMissing;

    private double? OptionalDouble(string key)
    {
        if (Take(key) is not JsonElement value)
            return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number)
            ? number
            : throw Wrong(key, $"{Printable.Quote(value.GetRawText())} is not a number");
    }

    // Nothing is wrong with the file, so there is nothing to correct.
    private InputException NotSupported(string key, string family) => new($"not supported: {_where} describes another family of models, {key} {Printable.Quote(family)}; "
        + "those supported are BERT (bert), DistilBERT (distilbert) and ALBERT (albert)");

    private InputException Wrong(string key, string why) => new($"wrong model configuration: {_where}: {key}: {why}; correct it");
}
