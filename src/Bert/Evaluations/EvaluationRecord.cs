using System.Text.Json.Serialization;

namespace BareBert.Bert.Evaluations;

/// <summary>One evaluation of the past.</summary>
/// <param name="Epoch">Epochs finished, a fraction between two.</param>
/// <param name="Step">Steps taken.</param>
/// <param name="Split">"valid" or "test".</param>
/// <param name="Metrics">Names and values.</param>
public sealed record EvaluationRecord(double Epoch, int Step, string Split, IReadOnlyDictionary<string, double> Metrics)
{
    /// <summary>The stage that the run was in; null where it has none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Stage { get; init; }
}
