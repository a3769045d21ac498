using System.Text.Json.Serialization;

namespace BareBert.Bert.Tasks;

/// <summary>The options of fine-tuning for classes of words.</summary>
public sealed record TokenClassificationOptions : TaskOptions
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override FineTuningDefinition Definition => BertTasks.TokenClassification;
}
