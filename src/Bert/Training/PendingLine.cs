namespace BareBert.Bert.Training;

/// <summary>Sums over the steps that are in no "train" line yet: a run that goes on writes the line that it would have written.</summary>
internal sealed record PendingLine
{
    /// <summary>By name.</summary>
    public IReadOnlyDictionary<string, double> Losses { get; init; } = new Dictionary<string, double>();

    /// <summary>The sum of the steps' norms.</summary>
    public double GradientNorm { get; init; }

    /// <summary>Time that the steps took.</summary>
    public double Seconds { get; init; }

    /// <summary>Tokens trained on.</summary>
    public long Tokens { get; init; }

    /// <summary>How many steps.</summary>
    public int Steps { get; init; }
}
