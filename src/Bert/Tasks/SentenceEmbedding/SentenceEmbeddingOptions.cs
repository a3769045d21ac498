using System.Text.Json.Serialization;

namespace BareBert.Bert.Tasks;

/// <summary>The options of fine-tuning for vectors of texts.</summary>
public sealed record SentenceEmbeddingOptions : TaskOptions
{
    /// <summary>Column of the first text; null: guessed by its name, or the first.</summary>
    public string? TextColumn { get; init; }

    /// <summary>Column of the text that belongs to it; null: guessed by its name, or the second.</summary>
    public string? Text2Column { get; init; }

    /// <summary>Column of a text that only seems to belong to it; null: guessed by its name, or the third, or there is none.</summary>
    public string? NegativeColumn { get; init; }

    /// <summary>Column of how alike the two are, of data to evaluate on; null: guessed by its name, or there is none.</summary>
    public string? LabelColumn { get; init; }

    /// <inheritdoc cref="TableOptions.NoHeader"/>
    public bool NoHeader { get; init; }

    /// <inheritdoc cref="TableOptions.Separator"/>
    public string? Separator { get; init; }

    /// <inheritdoc cref="TableOptions.Quote"/>
    public Quoting Quote { get; init; }

    /// <summary>How tokens' vectors become a text's; null: as the model says, else the mean.</summary>
    public Pooling? Pooling { get; init; }

    /// <inheritdoc cref="ClassificationOptions.TruncationSide"/>
    public TruncationSide? TruncationSide { get; init; }

    /// <summary>What is put before first texts; null: the model's own prompt for queries, if it has one.</summary>
    public string? QueryPrompt { get; init; }

    /// <summary>What is put before the others; null: the model's own prompt for documents, if it has one.</summary>
    public string? DocumentPrompt { get; init; }

    /// <summary>The cosines are multiplied by this before the softmax: one over its temperature.</summary>
    public double Scale { get; init; } = 20;

    /// <inheritdoc/>
    [JsonIgnore]
    public override FineTuningDefinition Definition => BertTasks.SentenceEmbedding;

    internal PairColumns Columns => new(
        new TableOptions { TextColumn = TextColumn, Text2Column = Text2Column, LabelColumn = LabelColumn, NoHeader = NoHeader, Separator = Separator, Quote = Quote }, NegativeColumn);

    internal override void Validate()
    {
        if (Separator is not null)
            Separators.Parse($"`{nameof(Separator)}`", Separator);
        TrainingOptions.Require(Scale > 0 && double.IsFinite(Scale), nameof(Scale), Scale, "give a positive number, as 20");
    }
}
