using System.Globalization;
using System.Reflection;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using MathNet.Numerics.Statistics;

namespace BareBert.Bench;

/// <summary>
/// A section's rows side by side: for each size and number of threads ours, the other libraries', the ratio to the fastest of them, and ours of the machine's limit.
/// Of rows that were measured several times the median counts.
/// </summary>
/// <param name="title">What its suites are about.</param>
internal sealed partial class ComparisonTable(string title)
{
    // The first that a size has.
    private static readonly (string Unit, Func<IWork, double> Amount)[] Rates =
        [("tokens/s", work => work.Tokens), ("GFLOP/s", work => work.Flops / 1e9), ("MB/s", work => work.TextBytes / 1e6), ("GB/s", work => work.Traffic.Bytes / 1e9)];

    private readonly List<Line> _lines = [];
    private readonly List<string> _libraries = [LibraryAttribute.Ours];

    /// <summary>What its suites are about.</summary>
    public string Title => title;

    /// <summary>Adds what a round of measuring gave.</summary>
    public void Add(IEnumerable<Summary> summaries)
    {
        foreach (Summary summary in summaries)
        {
            foreach (BenchmarkCase row in summary.BenchmarksCases)
                Add(row, summary[row]);
        }
    }

    /// <summary>A size on so many threads, and what was measured of each library.</summary>
    private sealed record Line(IWork Work, string Variant, bool OneThread)
    {
        // The seconds that it took, each time; NaN where it failed.
        public Dictionary<string, List<double>> Times { get; } = [];

        public Dictionary<string, string> Notes { get; } = [];

        /// <summary>The seconds that each library takes; NaN where it ever failed.</summary>
        public Dictionary<string, double> Seconds => Times.ToDictionary(library => library.Key, library => library.Value.Exists(double.IsNaN) ? double.NaN : library.Value.Median());

        // Each round makes its own.
        public bool IsOf(IWork work) => Work.GetType() == work.GetType() && $"{Work}" == $"{work}";

        public string Name => Variant.Length > 0 ? $"{Work}, {Variant}" : $"{Work}";

        public int Threads => OneThread ? 1 : Environment.ProcessorCount;

        public IEnumerable<(string Library, double Ratio)> Ratios => !Seconds.TryGetValue(LibraryAttribute.Ours, out double ours) ? []
            : Seconds.Where(other => other.Key != LibraryAttribute.Ours && !double.IsNaN(other.Value)).Select(other => (other.Key, other.Value / ours));

        public double Percent => !Seconds.TryGetValue(LibraryAttribute.Ours, out double ours) ? 0
            : Work.Flops > 0 ? 100 * Work.Flops / ours / 1e9 / (OneThread ? Machine.Limits.Peak1 : Machine.Limits.Peak)
            : Work.Traffic.Bytes > 0 ? 100 * (OneThread ? Machine.Limits.Bandwidth1 : Machine.Limits.Bandwidth).Seconds(Work.Traffic) / ours : 0;
    }

    /// <summary>Whether every row has a time.</summary>
    public bool IsComplete => _lines.All(line => line.Seconds.Values.All(seconds => !double.IsNaN(seconds)));

    /// <summary>For each library the size at which ours is worst beside it, and that at which it is best.</summary>
    public IEnumerable<string> Extremes() =>
        from library in _libraries.Skip(1)
        let rows = _lines.SelectMany(line => line.Ratios.Where(other => other.Library == library).Select(other => (Line: line, other.Ratio))).OrderBy(row => row.Ratio).ToArray()
        where rows.Length > 0
        select $"| {Title} | {library} | {Extreme(rows[0])} | {Extreme(rows[^1])} |";

    /// <summary>In Markdown.</summary>
    public override string ToString()
    {
        bool compares = _libraries.Count > 1, isLimited = _lines.Exists(line => line.Percent > 0);
        (string unit, Func<IWork, double> amount) = Rates.First(rate => _lines.Exists(line => rate.Amount(line.Work) > 0));
        string[] head = [unit, "threads", .. _libraries, .. compares ? ["ratio"] : (string[])[], .. isLimited ? ["% of limit"] : (string[])[]];
        IEnumerable<string[]> rows = _lines.Select(line => (string[])
        [
            line.Name, $"{line.Threads}",
            .. _libraries.Select(library => Cell(line, library, amount)),
            .. compares ? [line.Ratios.Any() ? Text(line.Ratios.Min(other => other.Ratio), "F2") : ""] : (string[])[],
            .. isLimited ? [line.Percent > 0 ? Text(line.Percent, "F0") : ""] : (string[])[],
        ]);
        return string.Concat(rows.Prepend([.. head.Select((_, i) => i == 0 ? "---" : "---:")]).Prepend(head).Select(row => $"| {string.Join(" | ", row)} |\n"));
    }

    // What else a row is to say.
    static partial void Note(BenchmarkCase row, ref string note);

    private void Add(BenchmarkCase row, BenchmarkReport? report)
    {
        LibraryAttribute library = row.Descriptor.WorkloadMethod.GetCustomAttribute<LibraryAttribute>()!;
        IWork work = row.Parameters.Items.Select(p => p.Value).OfType<IWork>().Single();
        Line? line = _lines.Find(line => line.IsOf(work) && line.Variant == library.Variant && line.OneThread == library.OneThread);
        if (line is null)
            _lines.Add(line = new Line(work, library.Variant, library.OneThread));
        if (!_libraries.Contains(library.Name))
            _libraries.Add(library.Name);
        if (!line.Times.TryGetValue(library.Name, out List<double>? times))
            line.Times[library.Name] = times = [];
        times.Add(report is { Success: true, ResultStatistics: { } statistics } ? statistics.Median * 1e-9 : double.NaN);
        string note = "";
        Note(row, ref note);
        line.Notes[library.Name] = note;
    }

    private static string Cell(Line line, string library, Func<IWork, double> amount)
    {
        if (!line.Seconds.TryGetValue(library, out double seconds))
            return "";
        double rate = amount(line.Work) / seconds;
        return double.IsNaN(rate) ? "FAILED" : Text(rate, rate < 1000 ? "F1" : "N0") + line.Notes[library];
    }

    private static string Extreme((Line Line, double Ratio) row) => $"{Text(row.Ratio, "F2")}: {row.Line.Name}, {row.Line.Threads} thread{(row.Line.Threads == 1 ? "" : "s")}";

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
