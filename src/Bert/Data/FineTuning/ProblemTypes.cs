namespace BareBert.Bert.Data;

/// <summary>How problem types are written.</summary>
public static class ProblemTypes
{
    private static readonly (ProblemType Type, string Name)[] Names =
    [
        (ProblemType.SingleLabel, "single_label_classification"), (ProblemType.MultiLabel, "multi_label_classification"), (ProblemType.Regression, "regression"),
    ];

    /// <summary>All names, as config.json has them.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Names.Select(n => n.Name)];

    /// <summary>The name that config.json has.</summary>
    public static string NameOf(ProblemType type) => Names.First(n => n.Type == type).Name;

    /// <summary>The type of a name: config.json's, or the short single-label, multi-label.</summary>
    /// <param name="setting">What is given, for the message.</param>
    /// <param name="text">The name.</param>
    /// <exception cref="InputException">It is none.</exception>
    public static ProblemType Parse(string setting, string text)
    {
        string name = text.Trim().ToLowerInvariant().Replace('-', '_');
        foreach ((ProblemType type, string known) in Names)
        {
            if (name == known || name + "_classification" == known)
                return type;
        }
        throw new InputException($"{setting} {Printable.Quote(text)} is unknown: give {string.Join(", ", All)}");
    }
}
