using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace BareBert.Bert.Tasks;

/// <summary>What to fine-tune for what, on what, and how.</summary>
public sealed record FineTunerOptions : TrainingOptions
{
    // Of what an adaptation adds: wider than any layer that it stands beside is no longer less than the layer.
    private const int MostWidth = 1 << 14;

    /// <summary>What is to be learned, with the options of its own.</summary>
    [JsonIgnore]
    public TaskOptions? Task { get; init; }

    /// <summary>The examples, in the forms that the task reads.</summary>
    public string? Data { get; init; }

    /// <summary>A file to validate on; null: what the data have for that, or a share of the training examples.</summary>
    public string? Validation { get; init; }

    /// <summary>A file to test on once training is over; null: what the data have for that.</summary>
    public string? Test { get; init; }

    /// <summary>A checkpoint folder or a run; or a size by name, for a network of random weights.</summary>
    public string? Model { get; init; }

    /// <summary>Take only the sizes and the vocabulary of the model; the weights are random, to compare with.</summary>
    public bool Untrained { get; init; }

    /// <summary>For a size by name: a vocab.txt, a spiece.model, or how many entries of a WordPiece vocabulary to train; null: 8000.</summary>
    [JsonPropertyName("vocab")]
    public string? Vocabulary { get; init; }

    /// <summary>What learns.</summary>
    public FineTuningMethod Method { get; init; }

    /// <summary>The most tokens of an example; null: as suits the task.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Keep the embeddings and so many of the lowest layers as they are.</summary>
    [ForMethods(FineTuningMethod.Full)]
    public int FreezeLayers { get; init; }

    /// <summary>Multiply the learning rate by this from each layer to the one below.</summary>
    [ForMethods(FineTuningMethod.Full)]
    public double LayerDecay { get; init; } = 1;

    /// <summary>Share of the training data to validate on where there is no such split; null: a fifth.</summary>
    public double? ValidationSplit { get; init; }

    /// <summary>Parts of the training data of which one is validated on and the others are learned from; null: <see cref="ValidationSplit"/> says what is.</summary>
    public int? KFold { get; init; }

    /// <summary>Which of <see cref="KFold"/>'s parts is validated on, from 1.</summary>
    public int? Fold { get; init; }

    /// <summary>The metric that says which model is the best; null: the task's first.</summary>
    public string? BestBy { get; init; }

    /// <summary>Memory for what a frozen encoder says, in bytes; what it does not hold runs through the encoder every epoch.</summary>
    [JsonConverter(typeof(OptionsJson.BytesConverter))]
    [ForMethods(FineTuningMethod.Frozen)]
    public long FeatureCache { get; init; } = 4L << 30;

    /// <summary>Method adapter: after attention and feed-forward, or after the latter alone.</summary>
    [ForMethods(FineTuningMethod.Adapter)]
    public AdapterStyle AdapterStyle { get; init; }

    /// <summary>Method adapter: width of the bottleneck.</summary>
    [ForMethods(FineTuningMethod.Adapter)]
    public int AdapterSize { get; init; } = 64;

    /// <summary>Methods lora and qlora: rank of the products.</summary>
    [ForMethods(FineTuningMethod.Lora, FineTuningMethod.Qlora)]
    public int Rank { get; init; } = 8;

    /// <summary>Methods lora and qlora: the products are multiplied by alpha/rank.</summary>
    [ForMethods(FineTuningMethod.Lora, FineTuningMethod.Qlora)]
    public double Alpha { get; init; } = 16;

    /// <summary>Methods lora and qlora: share of the input dropped on the way into a product.</summary>
    [ForMethods(FineTuningMethod.Lora, FineTuningMethod.Qlora)]
    public double LoraDropout { get; init; } = 0.1;

    /// <summary>Methods lora and qlora: layers that get a product, see <see cref="LowRankAdaptation.ModulesFor"/>.</summary>
    [JsonConverter(typeof(OptionsJson.ListConverter))]
    [ForMethods(FineTuningMethod.Lora, FineTuningMethod.Qlora)]
    public IReadOnlyList<string> Target { get; init; } = ["query", "value"];

    internal override string Verb => "finetune";

    internal override bool CutsBatches => Task?.Definition.CutsBatches ?? true;

    internal DataFiles Files => new(Data!, Validation, Test);

    internal const double UsualValidationSplit = 0.2;

    /// <summary>The options that mean something to the method by name, the task's among them.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject { ["task"] = Task?.Definition.Name };
        foreach ((string name, JsonNode? value) in OptionsJson.WriteRecord(this).Concat(Task is null ? [] : OptionsJson.WriteRecord(Task)))
            json[name] = value?.DeepClone();
        foreach ((PropertyInfo property, _) in ForMethodsAttribute.Foreign(GetType(), Method))
            json.Remove(OptionsJson.NamesOf(GetType())[property.Name]);
        return json;
    }

    /// <summary>Drops what run.json of earlier versions has besides: the options of other tasks and methods.</summary>
    internal static void Forget(JsonObject json)
    {
        IReadOnlyDictionary<string, string> names = OptionsJson.NamesOf(typeof(FineTunerOptions));
        if (Enum.TryParse(json["method"]?.ToString(), ignoreCase: true, out FineTuningMethod method))
        {
            foreach ((PropertyInfo property, _) in ForMethodsAttribute.Foreign(typeof(FineTunerOptions), method))
                json.Remove(names[property.Name]);
        }
        if (BertTasks.FineTuned.FirstOrDefault(t => t.Name == json["task"]?.ToString()) is not { } task)
            return;
        HashSet<string> own = [.. OptionsJson.NamesOf(task.OptionsType).Values, .. names.Values];
        foreach (string foreign in BertTasks.FineTuned.SelectMany(t => OptionsJson.NamesOf(t.OptionsType).Values).Where(name => !own.Contains(name)))
            json.Remove(foreign);
    }

    /// <summary>Reads options; those that only other tasks have must not be among them.</summary>
    /// <param name="json">Names and values.</param>
    /// <param name="where">Where they are from.</param>
    /// <exception cref="InputException">A name is unknown, or a value wrong.</exception>
    public static FineTunerOptions FromJson(JsonObject json, string where)
    {
        if (json["task"] is not JsonValue value || !value.TryGetValue(out string? name))
            throw new InputException($"wrong options: {where}: `Task` is missing; give one of {string.Join(", ", BertTasks.FineTuned.Select(t => t.Name))}");
        FineTuningDefinition task = BertTasks.FineTuned.FirstOrDefault(t => t.Name == name)
            ?? throw new InputException($"`Task` {name} is unknown: give {string.Join(" or ", BertTasks.FineTuned.Select(t => t.Name))}");
        HashSet<string> own = [.. OptionsJson.NamesOf(task.OptionsType).Values];
        JsonObject Part(Func<string, bool> isIn) => new(json.Where(pair => pair.Key != "task" && isIn(pair.Key)).Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone())));
        var options = OptionsJson.Read<FineTunerOptions>(Part(key => !own.Contains(key)), where);
        IReadOnlyDictionary<string, string> names = OptionsJson.NamesOf(typeof(FineTunerOptions));
        foreach ((PropertyInfo property, string methods) in ForMethodsAttribute.Foreign(typeof(FineTunerOptions), options.Method).Where(f => json.ContainsKey(names[f.Property.Name])))
            throw Foreign(property, methods);
        return options with { Task = (TaskOptions)OptionsJson.Read(task.OptionsType, Part(own.Contains), where) };
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        RequireApart(Model);
        var standard = new FineTunerOptions();
        foreach ((PropertyInfo property, string methods) in ForMethodsAttribute.Foreign(GetType(), Method).Where(f => !Equals(OptionsJson.Write(f.Property.GetValue(this))?.ToJsonString(), OptionsJson.Write(f.Property.GetValue(standard))?.ToJsonString())))
            throw Foreign(property, methods);
        Require(MaxLength is null or >= 1, nameof(MaxLength), MaxLength, "give 1 or more");
        Require(ValidationSplit is null or (> 0 and < 1), nameof(ValidationSplit), ValidationSplit, "give a number between 0 and 1, as 0.2");
        Require(KFold is null or >= 2, nameof(KFold), KFold, "give 2 or more");
        if (KFold is null != Fold is null)
            throw new InputException($"`{nameof(KFold)}` and `{nameof(Fold)}` belong together: how many parts there are, and which of them is validated on");
        Require(Fold is null || (Fold >= 1 && Fold <= KFold), nameof(Fold), Fold, $"give 1 to {KFold}");
        if (KFold is not null && ValidationSplit is not null)
            throw new InputException($"`{nameof(KFold)}` and `{nameof(ValidationSplit)}` are two ways to say what is validated on: leave one out");
        Require(AdapterSize is >= 1 and <= MostWidth, nameof(AdapterSize), AdapterSize, $"give 1 to {MostWidth}");
        Require(Rank is >= 1 and <= MostWidth, nameof(Rank), Rank, $"give 1 to {MostWidth}");
        Require(Alpha > 0, nameof(Alpha), Alpha, "give a positive number");
        Require(LoraDropout is >= 0 and < 1, nameof(LoraDropout), LoraDropout, "give 0 or more, below 1");
        Task!.Validate();
    }

    private static InputException Foreign(PropertyInfo property, string methods) =>
        new($"`{property.Name}` is for `{nameof(Method)}` {methods}: leave it out");

    /// <summary>What the method adds to a model; null where it adds nothing.</summary>
    /// <exception cref="InputException">A target is no layer of the model.</exception>
    internal Adaptation? AdaptationOf(ParameterLayout layout) => Method switch
    {
        FineTuningMethod.Adapter => new BottleneckAdaptation { Size = AdapterSize, Style = AdapterStyle },
        FineTuningMethod.Lora or FineTuningMethod.Qlora => new LowRankAdaptation
        {
            Rank = Rank,
            Alpha = Alpha,
            Dropout = LoraDropout,
            Modules = LowRankAdaptation.ModulesFor(layout, Target),
            Quantizes = Method == FineTuningMethod.Qlora,
        },
        _ => null,
    };
}

/// <summary>The options that one task has beside those of every fine-tuning.</summary>
public abstract record TaskOptions
{
    /// <summary>The task.</summary>
    [JsonIgnore]
    public abstract FineTuningDefinition Definition { get; }

    internal virtual void Validate()
    {
    }
}
