namespace BareBert.Bert.Evaluations;

/// <summary>A named number, as it stands in metrics.jsonl.</summary>
public readonly record struct Metric(string Name, double Value);

/// <summary>The metrics of one split at one moment.</summary>
/// <param name="Split">"valid" or "test".</param>
/// <param name="Metrics">In the order in which they are shown.</param>
public sealed record Evaluation(string Split, IReadOnlyList<Metric> Metrics)
{
    /// <summary>The metric of that name; NaN where there is none.</summary>
    public double this[string name]
    {
        get
        {
            foreach (Metric metric in Metrics)
            {
                if (metric.Name == name)
                    return metric.Value;
            }
            return double.NaN;
        }
    }
}
