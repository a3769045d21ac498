using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace BareBert.Bert.Models;

/// <summary>adapter_config.json: which kind of adapters, of what sizes, on which model.</summary>
/// <remarks>
/// https://huggingface.co/docs/peft, LoraConfig. Keys, and the names that its loader looks tensors up by, are those of PEFT 0.20
/// (src/peft/tuners/lora/config.py, src/peft/utils/save_and_load.py and other.py).
/// </remarks>
internal sealed class AdapterConfig
{
    private const string LowRank = "LORA", Bottleneck = "BOTTLENECK_ADAPTER", ModelPrefix = "base_model.model.", EndOfA = ".lora_A.weight", EndOfEmbeddingA = ".lora_embedding_A";
    private const long MaxLength = 1 << 20;

    // What of LoraConfig changes what an adapted model computes: read without it, the file would be another model.
    private static readonly string[] BeyondPlain =
    [
        "use_qalora", "use_bdlora", "layer_replication", "target_parameters",
        "trainable_token_indices", "alora_invocation_tokens", "arrow_config", "kasa_config", "monteclora_config",
    ];

    // Other beginnings (PiSSA, OLoRA, CorDA, LoftQ, LoRA-GA) change the base model's weights too, which the folder does not hold.
    private static readonly string[] PlainBeginnings = ["gaussian", "eva", "orthogonal"];

    private static readonly TimeSpan PatternTime = TimeSpan.FromSeconds(1);

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly JsonObject _json;
    private readonly string _where;

    private AdapterConfig(JsonObject json, string where) => (_json, _where) = (json, where);

    /// <summary>The base model as the file has it: a folder, as seen from the adapters' or from where the program runs, or a name at the hub.</summary>
    public string BasePath => Text("base_model_name_or_path") ?? throw Wrong("base_model_name_or_path", "is missing");

    /// <summary>The hub's revision of the base model; null where the file does not say.</summary>
    public string? Revision => Text("revision");

    /// <summary>What the adapted model is for; null where the file does not say.</summary>
    public string? TaskType => Text("task_type");

    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">It is missing, or no JSON object.</exception>
    public static AdapterConfig Load(string path)
    {
        try
        {
            // A key that stands there twice shows when the object is first counted.
            if (JsonNode.Parse(InputFiles.ReadAll(path, MaxLength)) is JsonObject { Count: > 0 } json)
                return new AdapterConfig(json, path);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
        }
        throw new InputException($"wrong adapter configuration: {path}: not a JSON object; it must be PEFT's adapter_config.json");
    }

    /// <summary>Describes a model's adapters.</summary>
    /// <param name="model">The model.</param>
    /// <param name="directory">Where the adapters are kept: a base model of the hub is told by its name, another one by its place as seen from there.</param>
    public static AdapterConfig Of(BertModel model, string directory)
    {
        (string Repository, string Commit)? hub = HubFolders.NameOf(model.Base!.Path);
        string path = hub?.Repository ?? Path.GetRelativePath(Path.GetFullPath(directory), model.Base.Path).Replace('\\', '/');
        var json = new JsonObject { ["base_model_name_or_path"] = path, ["revision"] = hub?.Commit, ["inference_mode"] = true, ["task_type"] = model.Layout.Task.PeftType };
        switch (model.Adaptation)
        {
            case LowRankAdaptation lora:
                json["peft_type"] = LowRank;
                json["r"] = lora.Rank;
                json["lora_alpha"] = lora.Alpha;
                json["lora_dropout"] = lora.Dropout;
                json["use_rslora"] = lora.ScalesByRoot;
                AddSizes(json, lora, model.Layout);
                json["bias"] = "none";
                json["fan_in_fan_out"] = false;
                json["target_modules"] = List(lora.Modules.Order(StringComparer.Ordinal));
                json["modules_to_save"] = List(model.Layout.Parameters.Where(p => !p.IsEncoder).SelectMany(p => p.Pieces).Select(p => LowRankAdaptation.ModuleOf(p).Replace("bert.pooler.dense", "pooler")).Distinct());
                break;
            case BottleneckAdaptation bottleneck:
                json["peft_type"] = Bottleneck;
                json["size"] = bottleneck.Size;
                json["style"] = bottleneck.Style.ToString().ToLowerInvariant();
                break;
        }
        return new AdapterConfig(json, CheckpointNames.AdapterConfig);
    }

    // PEFT takes the keys for regular expressions: a whole name, its dots taken as they are, means itself.
    private static void AddSizes(JsonObject json, LowRankAdaptation lora, ParameterLayout layout)
    {
        JsonObject ranks = [], alphas = [];
        foreach ((ParameterSpec weight, int part) in layout.Parameters.Where(Adaptation.IsProjection).SelectMany(w => w.Pieces.Select((_, part) => (w, part))))
        {
            string module = LowRankAdaptation.ModuleOf(weight.Pieces[part]);
            LowRankSize size = lora.SizeOf(weight, part);
            if (lora.Modules.Contains(module) && size.Rank != lora.Rank)
                ranks[Regex.Escape(module)] = size.Rank;
            if (lora.Modules.Contains(module) && size.Alpha != lora.Alpha)
                alphas[Regex.Escape(module)] = size.Alpha;
        }
        if (ranks.Count > 0)
            json["rank_pattern"] = ranks;
        if (alphas.Count > 0)
            json["alpha_pattern"] = alphas;
    }

    /// <summary>As indented JSON.</summary>
    public string ToJson() => _json.ToJsonString(Indented) + "\n";

    /// <summary>What the file describes, of a model.</summary>
    /// <param name="layout">The model.</param>
    /// <param name="tensors">Those beside the file: they say which modules are adapted, however the file names them.</param>
    /// <exception cref="InputException">It is of a kind that is not supported.</exception>
    public Adaptation ToAdaptation(ParameterLayout layout, IReadOnlyDictionary<string, StoredTensor> tensors) => Text("peft_type") switch
    {
        LowRank => ToLowRank(layout, tensors),
        Bottleneck => new BottleneckAdaptation
        {
            Size = Count("size"),
            Style = Text("style") switch { "houlsby" => AdapterStyle.Houlsby, "pfeiffer" => AdapterStyle.Pfeiffer, _ => throw Wrong("style", "is neither houlsby nor pfeiffer") },
        },
        string other => throw Wrong("peft_type", $"{Printable.Quote(other)} is not supported; {LowRank} and {Bottleneck} are"),
        null => throw Wrong("peft_type", "is missing"),
    };

    private LowRankAdaptation ToLowRank(ParameterLayout layout, IReadOnlyDictionary<string, StoredTensor> tensors)
    {
        if (BeyondPlain.FirstOrDefault(IsSet) is string key)
            throw Wrong(key, "is not supported; LoRA, rsLoRA and DoRA are");
        if (Text("init_lora_weights") is string beginning && !PlainBeginnings.Contains(beginning))
            throw Wrong("init_lora_weights", $"{Printable.Quote(beginning)} is not supported: it changed the base model's weights too; convert the adapters to plain LoRA");
        if (Flag("use_dora") && Flag("lora_bias"))
            throw Wrong("lora_bias", "is not supported beside use_dora");
        HashSet<string> known = [.. layout.Parameters.Where(Adaptation.IsProjection).SelectMany(p => p.Pieces).Select(LowRankAdaptation.ModuleOf)];
        HashSet<string> modules = [.. tensors.Keys.Where(n => n.StartsWith(ModelPrefix, StringComparison.Ordinal) && n.EndsWith(EndOfA, StringComparison.Ordinal)).Select(n => n[ModelPrefix.Length..^EndOfA.Length])];
        if (modules.Count == 0 && !tensors.Keys.Any(n => n.EndsWith(EndOfEmbeddingA, StringComparison.Ordinal)))
            throw Wrong("target_modules", "adapts nothing");
        return new LowRankAdaptation
        {
            Rank = Count("r"),
            Alpha = Number("lora_alpha"),
            Dropout = _json["lora_dropout"] is null ? 0 : Number("lora_dropout"),
            ScalesByRoot = Flag("use_rslora"),
            Sizes = Sizes(layout),
            HasMagnitudes = Flag("use_dora"),
            // Others have no branch: what was learned goes into the weights, as all does where rows have lengths of their own.
            Modules = Flag("use_dora") ? new HashSet<string>() : modules.Intersect(known).ToHashSet(),
        };
    }

    /// <summary>rank_pattern and alpha_pattern: ends of modules' names, as regular expressions, with sizes of their own.</summary>
    private Dictionary<string, LowRankSize> Sizes(ParameterLayout layout)
    {
        var sizes = new Dictionary<string, LowRankSize>();
        (Regex Module, double Value)[] ranks = Pattern("rank_pattern"), alphas = Pattern("alpha_pattern");
        if (ranks.Length + alphas.Length == 0)
            return sizes;
        foreach (ParameterSpec weight in layout.Parameters.Where(p => p.Shape.Length == 2))
        {
            for (int part = 0; part < weight.Pieces.Length; part++)
            {
                string module = LowRankAdaptation.ModuleOf(weight.Pieces[part]);
                double rank = First(ranks, module) ?? Count("r");
                if (rank is not (>= 1 and <= 65536) || rank != Math.Floor(rank))
                    throw Wrong("rank_pattern", $"has {rank} for {module}, which is no number from 1 to 65536");
                sizes[LowRankAdaptation.NameOf(weight.Name, part, 'A')] = new LowRankSize((int)rank, First(alphas, module) ?? Number("lora_alpha"));
            }
        }
        return sizes;
    }

    private (Regex, double)[] Pattern(string key)
    {
        if (_json[key] is not JsonObject map)
            return IsSet(key) ? throw Wrong(key, "is no object") : [];
        try
        {
            return [.. map.Select(pair => (new Regex($@"^(.*\.)?({pair.Key})$", RegexOptions.None, PatternTime),
                pair.Value is JsonValue value && value.TryGetValue(out double number) && double.IsFinite(number) ? number : throw Wrong(key, $"has no number for {Printable.Quote(pair.Key)}")))];
        }
        catch (ArgumentException)
        {
            throw Wrong(key, "has a name that is no regular expression");
        }
    }

    private double? First((Regex Module, double Value)[] patterns, string module)
    {
        try
        {
            int found = Array.FindIndex(patterns, pattern => pattern.Module.IsMatch(module));
            return found < 0 ? null : patterns[found].Value;
        }
        catch (RegexMatchTimeoutException)
        {
            throw Wrong("rank_pattern or alpha_pattern", "has a regular expression that takes forever");
        }
    }

    private string? Text(string key) => _json[key] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private bool Flag(string key) => _json[key] is JsonValue value && value.TryGetValue(out bool flag) && flag;

    // A dictionary or a list of patterns is there always, and empty where it is not used.
    private bool IsSet(string key) => _json[key] switch
    {
        null => false,
        JsonObject map => map.Count > 0,
        JsonArray list => list.Count > 0,
        JsonValue value => !value.TryGetValue(out bool flag) || flag,
        _ => true,
    };

    private double Number(string key) => _json[key] is JsonValue value && value.TryGetValue(out double number) && double.IsFinite(number)
        ? number : throw Wrong(key, "is no number");

    private int Count(string key) => Number(key) is double number and >= 1 and <= 65536 && number == Math.Floor(number)
        ? (int)number : throw Wrong(key, "is no number from 1 to 65536");

    private InputException Wrong(string key, string why) => new($"wrong adapter configuration: {_where}: {key} {why}; correct it");

    private static JsonArray List(IEnumerable<string> items) => new([.. items.Select(item => (JsonNode)item)]);
}
