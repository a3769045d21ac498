using System.Text.Json;
using System.Text.Json.Nodes;
using BareBert.Bert.Training;

namespace BareBert.Watch;

/// <summary>A run's folder, looked at from outside: nothing is ever written into it.</summary>
/// <param name="id">Its path below the watched folder.</param>
/// <param name="path">The folder.</param>
public sealed class WatchedRun(string id, string path)
{
    private const long LargestFile = 16 << 20;

    internal static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private readonly MetricsTail _metrics = new(Path.Combine(path, "metrics.jsonl"));
    private readonly Lock _gate = new();
    private (DateTime Options, DateTime Summary) _read;
    private JsonObject _options = [], _summary = [];
    private string? _problem;

    /// <summary>Its path below the watched folder.</summary>
    public string Id => id;

    /// <summary>Rises when something changed.</summary>
    public long Version { get; private set; }

    /// <summary>"training", "finished", "interrupted", or "stopped" where it ended without a word.</summary>
    public string Status { get; private set; } = "stopped";

    /// <summary>Whether a folder is a run.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, "run.json"));

    /// <summary>The page at its end, where there is one.</summary>
    public string? Report => File.Exists(Path.Combine(path, "report.html")) ? Path.Combine(path, "report.html") : null;

    /// <summary>Looks again.</summary>
    public void Refresh()
    {
        lock (_gate)
        {
            bool changed = _metrics.Read();
            (DateTime, DateTime) times = (File.GetLastWriteTimeUtc(Path.Combine(path, "run.json")), File.GetLastWriteTimeUtc(Path.Combine(path, "summary.json")));
            if (times != _read)
            {
                (_read, changed, _problem) = (times, true, null);
                _options = ReadJson("run.json");
                _summary = ReadJson("summary.json");
            }
            string status = RunLock.IsHeld(path) ? "training" : Text(_summary, "end") ?? "stopped";
            changed |= status != Status;
            Status = status;
            if (changed)
                Version++;
        }
    }

    /// <summary>What a list of runs shows.</summary>
    public JsonObject Describe()
    {
        lock (_gate)
        {
            var latest = new JsonObject();
            foreach ((string name, Series series) in _metrics.Series)
                latest[name] = series.Count > 0 ? series.Last : null;
            return new JsonObject
            {
                ["id"] = id, ["version"] = Version, ["status"] = Status, ["verb"] = Text(_options, "verb"), ["architecture"] = Text(_options, "architecture"),
                ["device"] = Text(_options, "device"), ["parameters"] = _options["parameters"]?.DeepClone(), ["options"] = _options["options"] is JsonObject options ? options.DeepClone() : new JsonObject(),
                ["step"] = _metrics.Step, ["epoch"] = _metrics.Epoch, ["latest"] = latest, ["report"] = Report is not null,
                ["seconds"] = _summary["seconds"]?.DeepClone(), ["best_step"] = _summary["best_step"]?.DeepClone(), ["bad_lines"] = _metrics.BadLines, ["problem"] = _problem,
            };
        }
    }

    /// <summary>Curves.</summary>
    /// <param name="metric">Its name without the split.</param>
    /// <param name="points">The most points of each.</param>
    /// <returns>By split: [first step, last step, mean, least, greatest] a point.</returns>
    public JsonObject Curves(string metric, int points)
    {
        lock (_gate)
        {
            var curves = new JsonObject();
            foreach ((string name, Series series) in _metrics.Series)
            {
                int slash = name.IndexOf('/', StringComparison.Ordinal);
                if (name.AsSpan(slash + 1).SequenceEqual(metric))
                    curves[name[..slash]] = new JsonArray([.. series.Take(points).Select(p => new JsonArray(p.First, p.Last, p.Mean, p.Min, p.Max))]);
            }
            return curves;
        }
    }

    /// <summary>The evaluations as a table's rows.</summary>
    public JsonArray Evaluations()
    {
        lock (_gate)
        {
            return new JsonArray([.. _metrics.Evaluations.Select(e => new JsonObject
            {
                ["step"] = e.Step, ["epoch"] = e.Epoch, ["split"] = e.Split, ["metrics"] = new JsonObject(e.Metrics.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value))),
            })]);
        }
    }

    private JsonObject ReadJson(string name)
    {
        string file = Path.Combine(path, name);
        try
        {
            var info = new FileInfo(file);
            if (!info.Exists || info.Length == 0)
                return [];
            if (info.Length <= LargestFile && JsonNode.Parse(File.ReadAllBytes(file), null, Strict) is JsonObject json)
            {
                json.ToJsonString(); // broken text inside shows when it is written, and it will be
                return json;
            }
            _problem = $"{name} is no JSON object";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or ArgumentException or InvalidOperationException)
        {
            _problem = $"{name} cannot be read: {e.Message.ReplaceLineEndings(" ")}";
        }
        return [];
    }

    private static string? Text(JsonObject json, string key) => json[key] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
