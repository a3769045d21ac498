using System.Text.Json.Serialization;

namespace BareBert.Bert.Tasks;

/// <summary>The options of fine-tuning for question answering.</summary>
public sealed record QuestionAnsweringOptions : TaskOptions
{
    /// <summary>Tokens of the context that a window repeats of the one before; null: 128, or a third of a window.</summary>
    public int? DocStride { get; init; }

    /// <summary>A question is cut after so many tokens; null: 64, or a third of a window.</summary>
    public int? MaxQuestion { get; init; }

    /// <summary>How many answers of a question are held against each other.</summary>
    public int NBest { get; init; } = 20;

    /// <summary>The longest answer, in tokens.</summary>
    public int MaxAnswer { get; init; } = 30;

    /// <inheritdoc/>
    [JsonIgnore]
    public override FineTuningDefinition Definition => BertTasks.QuestionAnswering;

    internal QaDecoder Decoder => new(NBest, MaxAnswer);

    internal override void Validate()
    {
        TrainingOptions.Require(NBest >= 1, nameof(NBest), NBest, "give 1 or more");
        TrainingOptions.Require(MaxAnswer >= 1, nameof(MaxAnswer), MaxAnswer, "give 1 or more");
    }
}
