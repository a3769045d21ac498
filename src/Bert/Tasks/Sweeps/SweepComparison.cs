using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BareBert.Bert.Tasks;

/// <summary>What the runs of a sweep came to, side by side: each with its figures, and the mean and standard deviation over those that differ in chance alone.</summary>
public sealed class SweepComparison
{
    // What varies by these is chance: which numbers were drawn, which part was set aside.
    private static readonly string[] Chance = ["seed", "fold"];

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _root;
    private readonly IReadOnlyList<SweepRun> _runs;
    private readonly Dictionary<string, JsonObject> _summaries;
    private readonly string[] _varied, _metrics;
    private readonly string _split;

    private SweepComparison(string root, IReadOnlyList<SweepRun> runs, Dictionary<string, JsonObject> summaries)
    {
        (_root, _runs, _summaries) = (root, runs, summaries);
        _varied = [.. runs[0].Values.Select(v => v.Key)];
        JsonObject[] figures = [.. summaries.Values.SelectMany(s => s["figures"]?.AsArray() ?? []).OfType<JsonObject>()];
        _split = figures.Any(f => Text(f, "split") == "test") ? "test" : "valid";
        _metrics = [.. figures.Where(f => Text(f, "split") == _split).Select(f => Text(f, "metric")).Distinct()];
    }

    /// <summary>Reads what the runs of a sweep wrote down.</summary>
    /// <param name="root">The sweep's folder.</param>
    /// <param name="runs">Its runs; those that are not done are left out.</param>
    /// <exception cref="InputException">A summary cannot be read.</exception>
    public static SweepComparison Read(string root, IReadOnlyList<SweepRun> runs) =>
        new(root, runs, runs.Select(run => (run.Name, Summary: SummaryOf(Path.Combine(root, run.Name)))).Where(pair => pair.Summary is not null).ToDictionary(pair => pair.Name, pair => pair.Summary!));

    /// <summary>Whether a run is done: trained to its end, and evaluated.</summary>
    public static bool IsDone(string run) => SummaryOf(run) is not null;

    /// <summary>The runs that are not done.</summary>
    public IReadOnlyList<SweepRun> Missing => [.. _runs.Where(run => !_summaries.ContainsKey(run.Name))];

    /// <summary>A row a run, and where only chance makes runs differ, a row for each setting with mean ± sample standard deviation.</summary>
    public IReadOnlyList<ReportTable> Tables()
    {
        string[] shown = [.. _metrics.Select(EvaluationText.Title)];
        var table = new ReportTable($"Runs, {_split}", [.. _varied, .. shown, "best step", "time"],
            [.. _runs.Where(run => _summaries.ContainsKey(run.Name)).Select(run => (IReadOnlyList<string>)
                [.. run.Values.Select(v => v.Value), .. _metrics.Select(m => Cell(m, FigureOf(run, m))), _summaries[run.Name]["best_step"]?.ToString() ?? "", Durations.Format(_summaries[run.Name]["seconds"]!.GetValue<double>())])]);
        return Groups() is { Count: > 0 } groups ? [table, new ReportTable($"Mean ± standard deviation, {_split}", [.. groups[0].Values.Select(v => v.Key), "runs", .. shown],
            [.. groups.Select(g => (IReadOnlyList<string>)[.. g.Values.Select(v => v.Value), $"{g.Runs.Count}", .. _metrics.Select(m => Spread(g, m) is var (mean, deviation) ? $"{Cell(m, mean)} ± {Cell(m, deviation)}" : "")])],
            $"Over {string.Join(" and ", _varied.Intersect(Chance))}; the deviation is that of a sample.")] : [table];
    }

    /// <summary>Writes report.html and summary.json into the sweep's folder.</summary>
    /// <exception cref="RunException">They cannot be written.</exception>
    public void Write()
    {
        AtomicFile.WriteText(Path.Combine(_root, "summary.json"), ToJson().ToJsonString(Indented) + "\n");
        HtmlReport.Write(Path.Combine(_root, "report.html"), new Report
        {
            Title = $"Sweep over {string.Join(", ", _varied)}",
            Subtitle = $"{_summaries.Count} runs in {UserPaths.Shown(_root)}",
            Notices = [.. Missing.Select(run => $"not done: {run.Name}")],
            Charts = Charts(),
            Tables = Tables(),
            Options = _summaries.Count == 0 ? [] : [.. (_summaries.Values.First()["options"] as JsonObject ?? []).Where(o => !_varied.Contains(o.Key)).Select(o => new ReportEntry(o.Key, o.Value?.ToString() ?? ""))],
        });
    }

    /// <summary>Everything as one object.</summary>
    public JsonObject ToJson() => new()
    {
        ["sweep"] = _root,
        ["split"] = _split,
        ["runs"] = new JsonArray([.. _runs.Select(run => (JsonNode)new JsonObject
        {
            ["name"] = run.Name,
            ["values"] = ValuesOf(run.Values),
            ["done"] = _summaries.ContainsKey(run.Name),
            ["figures"] = new JsonObject(_metrics.Where(m => FigureOf(run, m) is not null).Select(m => KeyValuePair.Create(m, (JsonNode?)FigureOf(run, m)))),
        })]),
        ["groups"] = new JsonArray([.. Groups().Select(g => (JsonNode)new JsonObject
        {
            ["values"] = ValuesOf(g.Values),
            ["runs"] = g.Runs.Count,
            ["figures"] = new JsonObject(_metrics.Where(m => Spread(g, m) is not null).Select(m => KeyValuePair.Create(m, (JsonNode?)new JsonObject { ["mean"] = Spread(g, m)!.Value.Mean, ["sd"] = Spread(g, m)!.Value.Deviation }))),
        })]),
    };

    private sealed record Group(IReadOnlyList<KeyValuePair<string, string>> Values, IReadOnlyList<SweepRun> Runs);

    // Runs of one setting; none where nothing but settings varies.
    private List<Group> Groups() => !_varied.Any(Chance.Contains) ? []
        : [.. _runs.Where(run => _summaries.ContainsKey(run.Name)).GroupBy(run => string.Join('_', run.Values.Where(v => !Chance.Contains(v.Key)).Select(v => v.Value)))
            .Select(group => new Group([.. group.First().Values.Where(v => !Chance.Contains(v.Key))], [.. group]))];

    private (double Mean, double Deviation)? Spread(Group group, string metric)
    {
        double[] values = [.. group.Runs.Select(run => FigureOf(run, metric)).OfType<double>()];
        if (values.Length < 2)
            return null;
        double mean = values.Average();
        return (mean, Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1)));
    }

    private double? FigureOf(SweepRun run, string metric) => _summaries.TryGetValue(run.Name, out JsonObject? summary)
        && (summary["figures"]?.AsArray() ?? []).OfType<JsonObject>().FirstOrDefault(f => Text(f, "split") == _split && Text(f, "metric") == metric) is { } figure ? figure["value"]!.GetValue<double>() : null;

    private IReadOnlyList<LineChart> Charts()
    {
        string best = _summaries.Count == 0 ? "" : _summaries.Values.First()["options"]?["best-by"]?.ToString() ?? "mlm_loss";
        return [.. new[] { best, "loss" }.Distinct().Select(metric => new LineChart($"{EvaluationText.Title(metric)}, valid", "epoch", metric.EndsWith("loss", StringComparison.Ordinal) ? "nats" : "value",
            [.. _runs.Where(run => _summaries.ContainsKey(run.Name)).Select(run => new CurveSeries(string.Join(", ", run.Values.Select(v => $"{v.Key} {v.Value}")),
                [.. (_summaries[run.Name]["evaluations"]?.AsArray() ?? []).OfType<JsonObject>().Where(e => Text(e, "split") == "valid" && e[metric] is not null).Select(e => new CurvePoint(e["epoch"]!.GetValue<double>(), e[metric]!.GetValue<double>()))]))]))
            .Where(chart => chart.Series.Any(series => series.Points.Count > 0))];
    }

    private static JsonObject ValuesOf(IEnumerable<KeyValuePair<string, string>> values) => new(values.Select(v => KeyValuePair.Create(v.Key, (JsonNode?)v.Value)));

    private static string Cell(string metric, double? value) => value is double number ? EvaluationText.Value(new Metric(metric, number)) : "";

    private static string Text(JsonObject json, string name) => json[name]?.ToString() ?? "";

    private static JsonObject? SummaryOf(string run)
    {
        string path = Path.Combine(run, "summary.json");
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonNode.Parse(TextFile.ReadBytes(path)) is JsonObject summary && summary["end"]?.ToString() != "interrupted" && summary["seconds"] is not null ? summary : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InputException($"cannot read what a run came to: {path} is no JSON; remove it, and the run is done again", e);
        }
    }
}
