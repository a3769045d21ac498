using System.Globalization;

namespace BareBert.Bert.Tasks;

/// <summary>Every combination of some options' values.</summary>
public static class SweepGrid
{
    // More are a slip of the hand.
    private const int MostRuns = 1000;

    /// <summary>The values that a text names: "1..3" are 1, 2, 3; "1e-4,3e-4" are two; "1..3,7" are four.</summary>
    /// <param name="option">For the message.</param>
    /// <param name="text">What was given.</param>
    /// <exception cref="InputException">A range is none, or names too many.</exception>
    public static IReadOnlyList<string> ValuesOf(string option, string text) => [.. text.Split(',').SelectMany(part => Range(option, part.Trim()))];

    /// <summary>The runs of a grid: the first option varies slowest.</summary>
    /// <param name="options">Names without dashes, and the values of each.</param>
    /// <exception cref="InputException">A value is named twice, or there are too many combinations.</exception>
    public static IReadOnlyList<SweepRun> RunsOf(IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> options)
    {
        foreach ((string name, IReadOnlyList<string> values) in options)
        {
            if (values.GroupBy(value => value).FirstOrDefault(same => same.Count() > 1) is { } twice)
                throw new InputException($"--{name} names {Printable.Quote(twice.Key)} twice: leave one out");
        }
        if (options.Aggregate(1L, (count, option) => Math.Min(count * option.Value.Count, int.MaxValue)) > MostRuns)
            throw new InputException($"a sweep of more than {MostRuns} runs: {string.Join(" by ", options.Select(o => $"{o.Value.Count} of --{o.Key}"))}; give fewer values");
        IEnumerable<KeyValuePair<string, string>[]> all = [[]];
        foreach ((string name, IReadOnlyList<string> values) in options)
            all = [.. all.SelectMany(sofar => values.Select(value => (KeyValuePair<string, string>[])[.. sofar, KeyValuePair.Create(name, value)]))];
        return [.. all.Select(values => new SweepRun(string.Join('_', values.Select(v => $"{v.Key}-{v.Value.Replace(':', '-')}")), values))];
    }

    private static IEnumerable<string> Range(string option, string part)
    {
        int dots = part.IndexOf("..", StringComparison.Ordinal);
        if (dots < 0)
            return [part];
        bool isRange = long.TryParse(part[..dots], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long first) & long.TryParse(part[(dots + 2)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long last);
        if (!isRange || last < first || last - first >= MostRuns)
            throw new InputException($"{option} {Printable.Quote(part)} is no range of whole numbers: write it as 1..3, up to {MostRuns} of them");
        return Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i).ToString(CultureInfo.InvariantCulture));
    }
}
