namespace BareBert.Bert;

/// <summary>What stands on top of the encoder.</summary>
public enum ModelTask
{
    /// <summary>Nothing: hidden states, and the pooler where the family has one.</summary>
    Encoder,
    /// <summary>Masked words and next sentence (ALBERT: sentence order).</summary>
    Pretraining,
    /// <summary>Masked words alone.</summary>
    MaskedLm,
    /// <summary>Classes of a text or a pair.</summary>
    Classification,
    /// <summary>Start and end of an answer.</summary>
    QuestionAnswering,
}

/// <summary>Names of <see cref="ModelTask"/> on the command line and in Hugging Face's code.</summary>
public static class ModelTasks
{
    private static readonly (ModelTask Task, string Name, string ClassSuffix)[] All =
    [
        (ModelTask.Encoder, "encoder", "Model"),
        (ModelTask.Pretraining, "pretraining", "ForPreTraining"),
        (ModelTask.MaskedLm, "masked-lm", "ForMaskedLM"),
        (ModelTask.Classification, "classification", "ForSequenceClassification"),
        (ModelTask.QuestionAnswering, "qa", "ForQuestionAnswering"),
    ];

    /// <summary>All names, for usage texts.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(t => t.Name)];

    /// <summary>The name on the command line.</summary>
    public static string CliName(this ModelTask task) => All.First(t => t.Task == task).Name;

    /// <summary>The task of that name.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static ModelTask Parse(string name)
    {
        foreach ((ModelTask task, string known, _) in All)
        {
            if (known == name)
                return task;
        }
        throw new InputException($"unknown task: {name}; it is one of {string.Join(", ", Names)}");
    }

    /// <summary>What a family is pretrained for: masked words and next sentence, or where it has no head for the latter, words alone.</summary>
    public static ModelTask OfPretraining(ModelFamily family) =>
        HuggingFaceNames.Of(family).NextSentence is null ? ModelTask.MaskedLm : ModelTask.Pretraining;

    /// <summary>Hugging Face's class, as <c>architectures</c> of config.json names it: <c>BertForPreTraining</c>.</summary>
    public static string ArchitectureName(ModelFamily family, ModelTask task) => family + All.First(t => t.Task == task).ClassSuffix;

    /// <summary>The task of a Hugging Face class name; null when it is none of these.</summary>
    public static ModelTask? OfArchitecture(string? architecture)
    {
        foreach (ModelFamily family in Enum.GetValues<ModelFamily>())
        {
            foreach ((ModelTask task, _, _) in All)
            {
                if (ArchitectureName(family, task) == architecture)
                    return task;
            }
        }
        return null;
    }
}
