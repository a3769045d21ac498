namespace BareBert.Bert.Tasks;

/// <summary>The tasks that are here. Whatever goes over tasks goes over <see cref="All"/>.</summary>
public static class BertTasks
{
    /// <summary>Nothing on top: hidden states, and the pooler where the family has one.</summary>
    public static TaskDefinition Encoder { get; } = new EncoderDefinition();

    /// <summary>Masked words and next sentence (ALBERT: sentence order).</summary>
    public static TaskDefinition Pretraining { get; } = new PretrainingDefinition();

    /// <summary>Masked words alone.</summary>
    public static TaskDefinition MaskedLm { get; } = new MaskedLmDefinition();

    /// <summary>Classes of a text or a pair.</summary>
    public static FineTuningDefinition Classification { get; } = new ClassificationDefinition();

    /// <summary>Start and end of an answer.</summary>
    public static FineTuningDefinition QuestionAnswering { get; } = new QuestionAnsweringDefinition();

    /// <summary>A class for every word.</summary>
    public static FineTuningDefinition TokenClassification { get; } = new TokenClassificationDefinition();

    /// <summary>One vector of a text.</summary>
    public static FineTuningDefinition SentenceEmbedding { get; } = new SentenceEmbeddingDefinition();

    /// <summary>All of them.</summary>
    public static IReadOnlyList<TaskDefinition> All { get; } = [Encoder, Pretraining, MaskedLm, Classification, QuestionAnswering, TokenClassification, SentenceEmbedding];

    /// <summary>Those that models are fine-tuned for.</summary>
    public static IReadOnlyList<FineTuningDefinition> FineTuned { get; } = [.. All.OfType<FineTuningDefinition>()];

    /// <summary>All names, for usage texts.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(t => t.Name)];

    /// <summary>The task of that name.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static TaskDefinition Parse(string name) => All.FirstOrDefault(t => t.Name == name)
        ?? throw new InputException($"unknown task: {name}; it is one of {string.Join(", ", Names)}");

    /// <summary>What a family is pretrained for: masked words and next sentence, or where it has no head for the latter, words alone.</summary>
    public static TaskDefinition OfPretraining(ModelFamily family) => PretrainingDefinition.NextSentence(family) is null ? MaskedLm : Pretraining;

    /// <summary>What a model's folder is for; where config.json does not say, its tensors do; null where neither does.</summary>
    /// <exception cref="InputException">It holds adapters of a kind that is not supported, or weights that cannot be read.</exception>
    public static TaskDefinition? Of(ModelFolder folder) => OfArchitecture(folder.Config.Architecture) switch
    {
        // Of a head that stands on the encoder nothing is read where the folder says what the encoder alone is for.
        FineTuningDefinition known => known,
        _ when folder.IsSentenceModel => SentenceEmbedding,
        { } known => known,
        null when folder.Adapter is not null => OfAdapter(folder),
        null => folder.Config.Architecture is null ? OfTensors(folder) : null,
    };

    /// <summary>A task, where a model's folder is not for another one with the same tensors' names: each word's classes are no classes of a text.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="wanted">What it is opened for.</param>
    /// <exception cref="InputException">It is for something else.</exception>
    public static TaskDefinition Require(ModelFolder folder, FineTuningDefinition wanted)
    {
        TaskDefinition? known = Of(folder);
        if (known is FineTuningDefinition && known != wanted)
            throw new InputException($"a model for {known.Name}, not for {wanted.Name}: {folder.Path}; open it for that, or fine-tune it for {wanted.Name} first");
        if (known is null && folder.Config.Architecture is { } other)
            throw new InputException($"not supported: {folder.Path} is a {Printable.Quote(other)}, whose head is not for {wanted.Name}; use a model for that");
        return wanted;
    }

    /// <summary>The task of a Hugging Face class name; null when it is none of these.</summary>
    public static TaskDefinition? OfArchitecture(string? architecture) =>
        All.FirstOrDefault(task => Enum.GetValues<ModelFamily>().Any(family => task.ArchitectureName(family) == architecture));

    /// <summary>The task whose head is whole; null where none is.</summary>
    /// <param name="config">The model's.</param>
    /// <param name="has">Whether a parameter of a head is there.</param>
    /// <param name="isOfWords">Whether classes are those of words: theirs and those of texts lie in a layer of one name.</param>
    internal static TaskDefinition? OfHead(BertConfig config, Func<ParameterSpec, bool> has, bool isOfWords)
    {
        TaskDefinition[] withHeads = [.. isOfWords ? new[] { TokenClassification, Classification } : [Classification, TokenClassification], QuestionAnswering,
            .. PretrainingDefinition.NextSentence(config.Family) is null ? [] : new[] { Pretraining }, MaskedLm];
        return withHeads.FirstOrDefault(task => HeadOf(task, config).All(has));
    }

    /// <summary>The task whose head a file of weights holds; null where it holds none.</summary>
    internal static TaskDefinition? OfTensors(BertConfig config, ITensorSource source)
    {
        // What tells classes of texts from those of words is what only the former are read through: a pooler, or DistilBERT's layer
        // before the last; old token classifiers had a pooler too, but classes that begin and continue entities.
        var names = new WeightNames(source);
        bool isOfWords = config.Labels.Any(label => label.StartsWith("B-", StringComparison.Ordinal) || label.StartsWith("I-", StringComparison.Ordinal))
            || (config.HasPooler && names.Find("pooler.dense.weight") is null && names.Find("pooler.weight") is null);
        return OfHead(config, p => p.Pieces.All(piece => piece.TiedNames.Prepend(piece.HfName).Any(name => names.Find(name) is not null)), isOfWords);
    }

    private static TaskDefinition? OfTensors(ModelFolder folder)
    {
        if (!TensorSources.IsIn(folder.Path))
            return null;
        using ITensorSource source = folder.OpenWeights();
        return OfTensors(folder.Config, source);
    }

    // Where PEFT's file does not say what the model is for, the head that was trained along does.
    private static TaskDefinition? OfAdapter(ModelFolder folder) => folder.Adapter is not { } adapter ? null
        : adapter.PeftType is { } type ? OfPeft(type, folder.Path)
        : All.FirstOrDefault(task => task.PeftType is not null && HeadOf(task, folder.Config).SelectMany(p => p.Pieces).Any(piece => adapter.Contains(piece.HfName)));

    private static List<ParameterSpec> HeadOf(TaskDefinition task, BertConfig config)
    {
        var parameters = new List<ParameterSpec>();
        task.AddHead(new HeadParameters(config, task.FewestClasses, parameters));
        return parameters;
    }

    private static TaskDefinition OfPeft(string type, string folder) => All.FirstOrDefault(t => t.PeftType == type)
        ?? throw new InputException($"wrong adapter configuration: {Path.Combine(folder, CheckpointNames.AdapterConfig)}: task_type {Printable.Quote(type)} is not supported; "
            + $"{string.Join(", ", All.Select(t => t.PeftType).OfType<string>())} are; correct it");
}
