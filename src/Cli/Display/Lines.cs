namespace BareBert.Cli.Display;

/// <summary>Parts of a line laid out in a terminal of some width.</summary>
internal static class Lines
{
    private const string Gap = "  ";

    /// <summary>Parts one after the other, as many rows as that takes; no part is cut but one that is wider than a row.</summary>
    /// <param name="parts">Shown in this order, two spaces between.</param>
    /// <param name="width">Of the terminal.</param>
    /// <param name="indent">Spaces before all rows but the first.</param>
    public static IEnumerable<string> Wrap(IEnumerable<string> parts, int width, int indent = 2) => Wrap(parts, Gap, width, indent);

    /// <summary>A sentence, broken between words.</summary>
    /// <inheritdoc cref="Wrap(IEnumerable{string}, int, int)"/>
    public static IEnumerable<string> Wrap(string sentence, int width, int indent) => Wrap(sentence.Split(' '), " ", width, indent);

    /// <summary>The parts that fit into a row: the most important ones, in their order.</summary>
    /// <param name="parts">With how much each matters: 0 the most.</param>
    /// <param name="width">Of the row.</param>
    public static IReadOnlyList<string> Fit(IReadOnlyList<(string Text, int Rank)> parts, int width)
    {
        var kept = new HashSet<int>();
        int used = -Gap.Length;
        foreach (int i in Enumerable.Range(0, parts.Count).OrderBy(i => parts[i].Rank))
        {
            if (used + Gap.Length + parts[i].Text.Length > width)
                break;
            used += Gap.Length + parts[i].Text.Length;
            kept.Add(i);
        }
        return [.. kept.Order().Select(i => parts[i].Text)];
    }

    private static IEnumerable<string> Wrap(IEnumerable<string> parts, string gap, int width, int indent)
    {
        string row = "";
        foreach (string part in parts)
        {
            if (row.Trim().Length > 0 && row.Length + gap.Length + part.Length > width)
            {
                yield return row;
                row = new string(' ', indent) + part;
            }
            else
            {
                row = row.Length == 0 ? part : row + gap + part;
            }
        }
        yield return row;
    }
}
