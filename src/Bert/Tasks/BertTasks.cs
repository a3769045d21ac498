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

    /// <summary>All of them.</summary>
    public static IReadOnlyList<TaskDefinition> All { get; } = [Encoder, Pretraining, MaskedLm, Classification, QuestionAnswering, TokenClassification];

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

    /// <summary>What a model's folder is for; null where it does not say.</summary>
    /// <exception cref="InputException">It holds adapters of a kind that is not supported.</exception>
    public static TaskDefinition? Of(ModelFolder folder) => OfArchitecture(folder.Config.Architecture) ?? OfAdapter(folder);

    /// <summary>The task of a Hugging Face class name; null when it is none of these.</summary>
    public static TaskDefinition? OfArchitecture(string? architecture) =>
        All.FirstOrDefault(task => Enum.GetValues<ModelFamily>().Any(family => task.ArchitectureName(family) == architecture));

    // Where PEFT's file does not say what the model is for, the head that was trained along does.
    private static TaskDefinition? OfAdapter(ModelFolder folder) => folder.Adapter is not { } adapter ? null
        : adapter.PeftType is { } type ? OfPeft(type, folder.Path)
        : All.FirstOrDefault(task => task.PeftType is not null && HeadOf(task, folder.Config).Any(adapter.Contains));

    private static IEnumerable<string> HeadOf(TaskDefinition task, BertConfig config)
    {
        var parameters = new List<ParameterSpec>();
        task.AddHead(new HeadParameters(config, task.FewestClasses, parameters));
        return parameters.SelectMany(p => p.Pieces).Select(p => p.HfName);
    }

    private static TaskDefinition OfPeft(string type, string folder) => All.FirstOrDefault(t => t.PeftType == type)
        ?? throw new InputException($"wrong adapter configuration: {Path.Combine(folder, CheckpointNames.AdapterConfig)}: task_type {Printable.Quote(type)} is not supported; "
            + $"{string.Join(", ", All.Select(t => t.PeftType).OfType<string>())} are; correct it");
}
