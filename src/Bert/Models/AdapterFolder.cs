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
    private const int MostLabels = 1_000_000;

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
        string? found = new[] { Path.Combine(folder, config.BasePath), config.BasePath }.FirstOrDefault(p => Directory.Exists(p)) ?? InCache(config);
        if (found is null)
            throw new InputException($"the base model is missing: {folder} was trained on {config.BasePath}; {(HubFolders.IsName(config.BasePath) ? $"fetch it with `barebert pull {config.BasePath}`" : "put it there")}, or mend base_model_name_or_path in {CheckpointNames.AdapterConfig}");
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
        using ITensorSource file = OpenTensors();
        int labels = file.Tensors.TryGetValue($"{ModelPrefix}classifier.weight", out StoredTensor? classifier) && classifier.Shape is [> 0 and <= MostLabels, _] ? (int)classifier.Shape[0] : 0;
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
        using ITensorSource file = OpenTensors();
        return file.Tensors.ContainsKey(ModelPrefix + hfName);
    }

    /// <summary>What was added.</summary>
    /// <exception cref="InputException">It is of a kind that is not supported, or does not fit the model.</exception>
    public Adaptation ReadAdaptation(ParameterLayout layout)
    {
        using ITensorSource file = OpenTensors();
        return _config.ToAdaptation(layout, file.Tensors) with { Quantizes = _quantizes };
    }

    /// <summary>
    /// Fills in the added parameters and whatever else the folder has of the model: modules that were trained whole, piece by piece of a joined
    /// weight, and products beside embeddings, pooler and heads, which are added to the weights.
    /// </summary>
    /// <param name="model">Made with <see cref="ReadAdaptation"/>; the base model's weights are in it.</param>
    /// <param name="report">What loading the base model found.</param>
    /// <returns>What is still new.</returns>
    /// <exception cref="InputException">An added parameter is missing or of another shape, or a tensor of the folder has no place in the model.</exception>
    public LoadReport LoadInto(BertModel model, LoadReport report)
    {
        using ITensorSource file = OpenTensors();
        var tensors = new AdapterTensors(file, ModelPrefix);
        foreach (ParameterSpec parameter in model.Specs)
        {
            TensorPiece[] pieces = [.. parameter.Pieces.Where(p => parameter.IsAdded || tensors.Has(p))];
            if (pieces.Length == 0)
                continue;
            float[] values = parameter.IsAdded ? new float[parameter.Count] : model.CopyOf(parameter);
            foreach (TensorPiece piece in pieces)
                tensors.Read(piece, values.AsSpan(piece.Offset, piece.Count));
            model.Set(parameter, values);
            model.ChangesBase |= !parameter.IsAdded && !model.Adaptation!.Trains(parameter);
        }
        if (model.Adaptation is LowRankAdaptation lora)
            AddProducts(model, lora, tensors);
        tensors.RequireAllUsed();
        return new LoadReport([.. report.New.Where(name => !tensors.IsUsed(name))], []);
    }

    // Nothing is learned of a folder that is opened, so where no branch stands beside a weight what was learned can be in it.
    private static void AddProducts(BertModel model, LowRankAdaptation lora, AdapterTensors tensors)
    {
        foreach (ParameterSpec weight in model.Layout.Parameters.Where(p => p.Shape.Length == 2))
        {
            for (int part = 0; part < weight.Pieces.Length; part++)
            {
                if (!lora.HasBranch(weight, part) && tensors.Product(weight.Pieces[part], lora.SizeOf(weight, part).Rank) is (float[] a, float[] b))
                    AddProduct(model, lora, weight, part, tensors, a, b);
                if (tensors.BiasOfB(weight.Pieces[part]) is float[] more)
                    AddToBias(model, lora, weight, part, more);
            }
        }
    }

    private static void AddProduct(BertModel model, LowRankAdaptation lora, ParameterSpec weight, int part, AdapterTensors tensors, float[] a, float[] b)
    {
        TensorPiece piece = weight.Pieces[part];
        if (piece.TiedNames.Length > 0)
            throw new InputException($"not supported: {tensors.Path} adapts the word embeddings of a model whose masked-word head is tied to them, and the head is to stay as it was; use it for another task");
        if (lora.Quantizes && Adaptation.IsProjection(weight))
            throw new InputException($"not supported: {tensors.Path} changes weights that are kept in 4 bits, as DoRA does; open it without quantisation");
        float[] values = model.CopyOf(weight);
        Span<float> own = values.AsSpan(piece.Offset, piece.Count);
        lora.AddProduct(own, a, b, piece.Shape[1], lora.SizeOf(weight, part));
        if (lora.HasMagnitudes)
            LowRankAdaptation.SetLengths(own, tensors.Magnitudes(piece) ?? throw new InputException($"a tensor is missing: {tensors.Path}: the magnitudes (lora_magnitude_vector) of {piece.HfName}; save the adapters again"));
        model.Set(weight, values);
        model.ChangesBase |= !lora.Trains(weight);
    }

    private static void AddToBias(BertModel model, LowRankAdaptation lora, ParameterSpec weight, int part, float[] more)
    {
        ParameterSpec bias = model.Layout[weight.Name[..^"weight".Length] + "bias"];
        float[] values = model.CopyOf(bias);
        double scale = lora.ScaleOf(lora.SizeOf(weight, part));
        for (int i = 0; i < more.Length; i++)
            values[bias.Pieces[part].Offset + i] += (float)(scale * more[i]);
        model.Set(bias, values);
        model.ChangesBase |= !lora.Trains(bias);
    }

    /// <summary>Writes the added parameters, and those of the model that are trained along, into an existing folder.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="model">An adapted model that was loaded.</param>
    /// <param name="values">The parameters' values.</param>
    internal static void Save(string directory, BertModel model, ParameterValues values)
    {
        BaseModel @base = model.Base ?? throw new InvalidOperationException("adapters of a model that lies nowhere");
        if (model.ChangesBase)
            throw new InputException("adapters that change the base model's own embeddings or layers cannot be written as adapters again: save the model merged (`BertModel.SaveMerged`)");
        Adaptation adaptation = model.Adaptation!;
        ParameterSpec[] saved = [.. model.Specs.Where(p => p.IsAdded || adaptation.Trains(p))];
        var writer = new SafetensorsWriter();
        foreach (ParameterSpec parameter in saved)
        {
            foreach (TensorPiece piece in parameter.Pieces)
                writer.Add(AdapterTensors.NameOf(piece, ModelPrefix), piece.Shape.Select(d => (long)d), () => values(parameter).Slice(piece.Offset, piece.Count));
        }
        using (FileStream stream = File.Create(Path.Combine(directory, CheckpointNames.AdapterWeights)))
            writer.WriteTo(stream);
        File.WriteAllText(Path.Combine(directory, CheckpointNames.AdapterConfig), AdapterConfig.Of(model, directory).ToJson());
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

    private static string? InCache(AdapterConfig config) => !HubFolders.IsName(config.BasePath) ? null
        : HubFolders.Find(HubFolders.Of(HubFolders.Cache, "models", config.BasePath), config.Revision is { } revision && !revision.Contains("..", StringComparison.Ordinal) ? revision : "main");

    private ITensorSource OpenTensors()
    {
        string[] names = [CheckpointNames.AdapterWeights, CheckpointNames.AdapterWeightsOfTorch];
        string? file = names.Select(name => Path.Combine(_path, name)).FirstOrDefault(File.Exists);
        return TensorSources.Open(file ?? throw new InputException($"no adapters: {_path} holds neither {names[0]} nor {names[1]}; copy or download one of them again"));
    }
}
