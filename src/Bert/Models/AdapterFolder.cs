using System.Text.Json;
using System.Text.Json.Nodes;

namespace BareBert.Bert.Models;

/// <summary>
/// A folder that holds what fine-tuning added to another model: adapter_config.json and adapter_model.safetensors as PEFT has
/// them, and beside them, where BareBert wrote it, config.json with the classes and the tokenizer's files.
/// </summary>
/// <remarks>
/// LoRA folders go both ways between PEFT and BareBert. PEFT has no bottleneck adapters: theirs have a <c>peft_type</c> of
/// their own, which PEFT refuses.
/// </remarks>
public sealed class AdapterFolder
{
    private const string ModelPrefix = "base_model.model.", BaseHash = "base_model_sha256", Quantization = "quantization_config";

    private readonly string _path;
    private readonly AdapterConfig _config;
    private readonly bool _quantizes;

    private AdapterFolder(string path, AdapterConfig config, BaseModel @base, bool quantizes) =>
        (_path, _config, Base, _quantizes) = (path, config, @base, quantizes);

    /// <summary>The model that was added to.</summary>
    public BaseModel Base { get; }

    /// <summary>PEFT's <c>task_type</c>: what the adapted model is for; null where the file does not say.</summary>
    public string? PeftType => _config.TaskType;

    /// <summary>Whether a folder is one.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, CheckpointNames.AdapterConfig));

    /// <summary>Opens a folder and finds its base model.</summary>
    /// <exception cref="InputException">A file is missing or wrong, or the base model is missing or another one than it was.</exception>
    public static AdapterFolder Open(string folder)
    {
        AdapterConfig config = AdapterConfig.Load(Path.Combine(folder, CheckpointNames.AdapterConfig));
        string? found = new[] { config.BasePath, Path.Combine(folder, config.BasePath) }.FirstOrDefault(p => Directory.Exists(p));
        if (found is null)
            throw new InputException($"the base model is missing: {folder} was trained on {config.BasePath}; put it there, or mend base_model_name_or_path in {CheckpointNames.AdapterConfig}");
        BaseModel @base = ModelFolder.Open(found).ToBase();
        string file = Path.Combine(folder, CheckpointNames.Config);
        IReadOnlyDictionary<string, JsonElement> facts = File.Exists(file) ? BertConfigJson.Load(file).Other : new Dictionary<string, JsonElement>();
        if (facts.TryGetValue(BaseHash, out JsonElement hash) && hash.ValueKind == JsonValueKind.String && hash.GetString() != @base.Sha256)
            throw new InputException($"the base model has changed: {found} is not what {folder} was trained on; restore it, or fine-tune again");
        return new AdapterFolder(folder, config, @base, facts.ContainsKey(Quantization));
    }

    /// <summary>The base model's configuration, with as many classes as the folder's classifier has; it does not say what the adapted model is for.</summary>
    public BertConfig ConfigOfBase()
    {
        BertConfig config = BertConfigJson.Load(Path.Combine(Base.Path, CheckpointNames.Config));
        config = config with { Architecture = null };
        using SafetensorsFile file = OpenTensors();
        int labels = file.Tensors.TryGetValue($"{ModelPrefix}classifier.weight", out StoredTensor? classifier) ? (int)classifier.Shape[0] : 0;
        return labels == 0 || labels == config.Labels.Count ? config
            : config with { Labels = [.. Enumerable.Range(0, labels).Select(id => $"LABEL_{id}")] };
    }

    /// <summary>The configuration without what only concerns the adapters.</summary>
    public static BertConfig Strip(BertConfig config) => config with
    {
        Other = config.Other.Where(pair => pair.Key is not (BaseHash or Quantization)).ToDictionary(pair => pair.Key, pair => pair.Value),
    };

    /// <summary>Whether the folder has a tensor of that name, as Hugging Face's model has it.</summary>
    public bool Contains(string hfName)
    {
        using SafetensorsFile file = OpenTensors();
        return file.Tensors.ContainsKey(ModelPrefix + hfName);
    }

    /// <summary>What was added.</summary>
    /// <exception cref="InputException">It is of a kind that is not supported, or does not fit the model.</exception>
    public Adaptation ReadAdaptation(ParameterLayout layout)
    {
        using SafetensorsFile file = OpenTensors();
        return _config.ToAdaptation(layout, file.Tensors) with { Quantizes = _quantizes };
    }

    /// <summary>Fills in the added parameters and those of the model that were trained along.</summary>
    /// <param name="model">Made with <see cref="ReadAdaptation"/>.</param>
    /// <param name="report">What loading the base model found.</param>
    /// <returns>What is still new, and the folder's tensors that have no place.</returns>
    /// <exception cref="InputException">An added parameter is missing or of another shape.</exception>
    public LoadReport LoadInto(BertModel model, LoadReport report)
    {
        using SafetensorsFile file = OpenTensors();
        var used = new HashSet<string>();
        foreach (ParameterSpec parameter in model.Specs)
        {
            if (!parameter.IsAdded && !parameter.Pieces.All(p => file.Tensors.ContainsKey(NameOf(p))))
                continue;
            var values = new float[parameter.Count];
            foreach (TensorPiece piece in parameter.Pieces)
            {
                StoredTensor stored = file.Find(NameOf(piece));
                if (!stored.Shape.SequenceEqual(piece.Shape.Select(d => (long)d)))
                    throw new InputException($"an adapter of another shape: {file.Path}: {Printable.Quote(stored.Name)} is {stored.ShapeText}, the model's is [{string.Join(", ", piece.Shape)}]; use its own base model");
                file.ReadFinite(stored.Name, values.AsSpan(piece.Offset, piece.Count));
                used.Add(stored.Name);
            }
            model.Set(parameter, values);
        }
        return new LoadReport([.. report.New.Where(name => !used.Contains(ModelPrefix + name))], [.. file.Tensors.Keys.Where(name => !used.Contains(name))]);
    }

    /// <summary>Writes the added parameters, and those of the model that are trained along, into an existing folder.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="model">An adapted model that was loaded.</param>
    /// <param name="values">The parameters' values.</param>
    internal static void Save(string directory, BertModel model, ParameterValues values)
    {
        BaseModel @base = model.Base ?? throw new InvalidOperationException("adapters of a model that lies nowhere");
        Adaptation adaptation = model.Adaptation!;
        ParameterSpec[] saved = [.. model.Specs.Where(p => p.IsAdded || adaptation.Trains(p))];
        var writer = new SafetensorsWriter();
        foreach (ParameterSpec parameter in saved)
        {
            foreach (TensorPiece piece in parameter.Pieces)
                writer.Add(NameOf(piece), piece.Shape.Select(d => (long)d), () => values(parameter).Slice(piece.Offset, piece.Count));
        }
        using (FileStream stream = File.Create(Path.Combine(directory, CheckpointNames.AdapterWeights)))
            writer.WriteTo(stream);
        File.WriteAllText(Path.Combine(directory, CheckpointNames.AdapterConfig), AdapterConfig.Of(model, @base.Path).ToJson());
        File.WriteAllText(Path.Combine(directory, CheckpointNames.Config), BertConfigJson.Write(ConfigOf(model, @base)));
    }

    private static BertConfig ConfigOf(BertModel model, BaseModel @base)
    {
        var facts = new Dictionary<string, JsonElement>(Strip(model.Config).Other) { [BaseHash] = JsonSerializer.SerializeToElement(@base.Sha256) };
        if (model.Adaptation!.Quantizes)
        {
            facts[Quantization] = JsonSerializer.SerializeToElement(new JsonObject
            {
                ["quant_method"] = "bitsandbytes", ["load_in_4bit"] = true, ["bnb_4bit_quant_type"] = "nf4", ["bnb_4bit_use_double_quant"] = true,
            });
        }
        return model.Config with { Architecture = model.Layout.ArchitectureName, Other = facts };
    }

    private SafetensorsFile OpenTensors() => SafetensorsFile.Open(Path.Combine(_path, CheckpointNames.AdapterWeights));

    private static string NameOf(TensorPiece piece) =>
        piece.HfName.StartsWith(ModelPrefix, StringComparison.Ordinal) ? piece.HfName : ModelPrefix + piece.HfName;
}
