using System.Text.Json.Serialization;

namespace BareBert.Bert.Tasks;

/// <summary>How the labels of a classification are balanced.</summary>
public enum ClassWeighting
{
    /// <summary>All examples weigh the same.</summary>
    None,

    /// <summary>Rare classes weigh more in the loss.</summary>
    Balanced,
}

/// <summary>The head of a classifier.</summary>
public enum HeadKind
{
    /// <summary>Hugging Face's.</summary>
    Linear,

    /// <summary>A layer of 512 with ReLU before it.</summary>
    Mlp,
}

/// <summary>The options of fine-tuning a classifier.</summary>
public sealed record ClassificationOptions : TaskOptions
{
    /// <inheritdoc cref="TableOptions.TextColumn"/>
    public string? TextColumn { get; init; }

    /// <inheritdoc cref="TableOptions.Text2Column"/>
    public string? Text2Column { get; init; }

    /// <inheritdoc cref="TableOptions.LabelColumn"/>
    public string? LabelColumn { get; init; }

    /// <inheritdoc cref="TableOptions.Glue"/>
    public string? Glue { get; init; }

    /// <inheritdoc cref="TableOptions.NoHeader"/>
    public bool NoHeader { get; init; }

    /// <inheritdoc cref="TableOptions.Separator"/>
    public string? Separator { get; init; }

    /// <inheritdoc cref="TableOptions.Quote"/>
    public Quoting Quote { get; init; }

    /// <inheritdoc cref="TableOptions.ProblemType"/>
    [JsonConverter(typeof(ProblemTypeConverter))]
    public ProblemType? ProblemType { get; init; }

    /// <inheritdoc cref="TableOptions.LabelSeparator"/>
    public string? LabelSeparator { get; init; }

    /// <summary>Of SST's trees, train on whole sentences rather than on every phrase.</summary>
    public bool SstSentences { get; init; }

    /// <summary>Train on this share of the rows, drawn by class.</summary>
    public double Fraction { get; init; } = 1;

    /// <summary>Whether rare classes weigh more.</summary>
    public ClassWeighting ClassWeights { get; init; }

    /// <summary>Share of the target spread over all classes.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>The head.</summary>
    public HeadKind Head { get; init; }

    /// <summary>What the head reads of the encoder: the first token's output, as Hugging Face's does, or the mean over all tokens; null: cls.</summary>
    public Pooling? Pooling { get; init; }

    /// <summary>The end that gives way of a text that is too long; null: the one that the model's tokenizer says, usually the right one.</summary>
    public TruncationSide? TruncationSide { get; init; }

    /// <summary>Also train a bag-of-words logistic regression on the same texts, to compare with.</summary>
    public bool Baseline { get; init; }

    /// <summary>Texts to predict before and after training.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    /// <inheritdoc/>
    [JsonIgnore]
    public override FineTuningDefinition Definition => BertTasks.Classification;

    internal TableOptions Table => new()
    {
        TextColumn = TextColumn, Text2Column = Text2Column, LabelColumn = LabelColumn,
        Glue = Glue, NoHeader = NoHeader, Separator = Separator, Quote = Quote, ProblemType = ProblemType, LabelSeparator = LabelSeparator,
    };

    /// <summary>Refuses what would say of GLUE's files what is known of them.</summary>
    /// <param name="hasOwnParts">There are files beside GLUE's, whose form may have to be said.</param>
    /// <exception cref="InputException">Something is said.</exception>
    internal void RefuseWhatGlueSays(bool hasOwnParts = false)
    {
        string? idle = Glue is null ? null : TextColumn is not null ? nameof(TextColumn) : Text2Column is not null ? nameof(Text2Column) : LabelColumn is not null ? nameof(LabelColumn)
            : ProblemType is not null ? nameof(ProblemType) : LabelSeparator is not null ? nameof(LabelSeparator) : hasOwnParts ? null : Table.OfDelimitedAlone;
        if (idle is not null)
            throw new InputException($"`{idle}` does nothing: how the files of GLUE's {Glue} are to be read is known; leave it out");
    }

    internal override void Validate()
    {
        if (Glue is not null)
            GlueTask.Parse($"`{nameof(Glue)}`", Glue);
        if (Separator is not null)
            Separators.Parse($"`{nameof(Separator)}`", Separator);
        TrainingOptions.Require(Fraction is > 0 and <= 1, nameof(Fraction), Fraction, "give a number above 0, up to 1 for all rows");
        TrainingOptions.Require(LabelSmoothing is >= 0 and < 1, nameof(LabelSmoothing), LabelSmoothing, "give 0 or more, below 1");
    }

    // Written as config.json has them.
    private sealed class ProblemTypeConverter() : OptionsJson.TextConverter<ProblemType?>(
        (_, text) => ProblemTypes.Parse($"`{nameof(ProblemType)}`", text), type => ProblemTypes.NameOf(type!.Value));
}
