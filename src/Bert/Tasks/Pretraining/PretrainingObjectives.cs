namespace BareBert.Bert.Tasks;

/// <summary>How objectives are written, and what belongs to them.</summary>
public static class PretrainingObjectives
{
    private static readonly (PretrainingObjective Objective, string Name)[] Known =
        [(PretrainingObjective.WordsAndNext, "mlm+nsp"), (PretrainingObjective.WordsAndOrder, "mlm+sop"), (PretrainingObjective.Words, "mlm")];

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Known.Select(k => k.Name)];

    /// <summary>An objective's name.</summary>
    public static string NameOf(PretrainingObjective objective) => Known.First(k => k.Objective == objective).Name;

    /// <summary>The objective of a name.</summary>
    /// <param name="setting">What is given, for the message.</param>
    /// <param name="text">The name.</param>
    /// <exception cref="InputException">It is none.</exception>
    public static PretrainingObjective Parse(string setting, string text)
    {
        foreach ((PretrainingObjective objective, string name) in Known)
        {
            if (name == text.Trim().ToLowerInvariant())
                return objective;
        }
        throw new InputException($"{setting} {Printable.Quote(text)} is unknown: give {string.Join(", ", Names)}");
    }

    /// <summary>What a family was first trained with.</summary>
    public static PretrainingObjective Of(ModelFamily family) => family switch
    {
        ModelFamily.DistilBert => PretrainingObjective.Words,
        ModelFamily.Albert => PretrainingObjective.WordsAndOrder,
        _ => PretrainingObjective.WordsAndNext,
    };

    /// <summary>What an example consists of.</summary>
    public static SegmentKind SegmentsOf(PretrainingObjective objective) => objective switch
    {
        PretrainingObjective.Words => SegmentKind.Single,
        PretrainingObjective.WordsAndOrder => SegmentKind.InOrderOrSwapped,
        _ => SegmentKind.NextOrRandom,
    };

    /// <summary>What the metrics of the second head are called: "nsp" or "sop".</summary>
    internal static string PrefixOf(SegmentKind segments) => segments == SegmentKind.InOrderOrSwapped ? "sop" : "nsp";
}
