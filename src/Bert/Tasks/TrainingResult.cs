using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>How a run went: what a program shows, and what summary.json and report.html in its folder say.</summary>
public sealed record TrainingResult
{
    /// <summary>The run's folder.</summary>
    public required RunDirectory Run { get; init; }

    /// <summary>Why it ended. Of an interrupted run there is no <see cref="Final"/>.</summary>
    public required TrainingEnd End { get; init; }

    /// <summary>Whether training came to its end, even if the last evaluation did not.</summary>
    public bool IsTrained { get; init; }

    /// <summary>Where it ended, and all its evaluations.</summary>
    public required TrainerState State { get; init; }

    /// <summary>What was trained on what.</summary>
    public required string Title { get; init; }

    /// <summary>The model's parameters.</summary>
    public required ParameterLayout Layout { get; init; }

    /// <summary>What the method added to it; null: nothing.</summary>
    public Adaptation? Adaptation { get; init; }

    /// <summary>The options in effect, as run.json has them.</summary>
    public JsonObject Options { get; init; } = [];

    /// <summary>Number of parameters, those that the method added among them.</summary>
    public required long Parameters { get; init; }

    /// <summary>Of these, those that were trained.</summary>
    public required long Trained { get; init; }

    /// <summary>What the data are called.</summary>
    public required string Dataset { get; init; }

    /// <summary>The most bytes of tensors at a time.</summary>
    public long PeakTensors { get; init; }

    /// <summary>The folder of the best model, or of the last where there is none: no evaluation was better than the first, or the best was lost.</summary>
    public string ModelPath => State.HasBest ? Run.Best : Run.Checkpoint;

    /// <summary>Where the time went, if that was asked for.</summary>
    public IReadOnlyList<KernelCost> KernelCosts { get; init; } = [];

    /// <summary>What the model in <see cref="ModelPath"/> was measured to do once the training was over; none where the evaluations in <see cref="State"/> say all.</summary>
    public IReadOnlyList<Evaluation> Final { get; init; } = [];

    /// <summary>Tables for the screen and the report.</summary>
    public IReadOnlyList<ReportTable> Tables { get; init; } = [];

    /// <summary>Sentences that explain them.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Curves of its evaluations.</summary>
    public IReadOnlyList<LineChart> Charts { get; init; } = [];

    /// <summary>The figures that matter most.</summary>
    public IReadOnlyList<ReportEntry> Headline { get; init; } = [];

    /// <summary>What training in several processes cost; null where there was one.</summary>
    internal ProcessCosts? ProcessCosts { get; init; }

    /// <summary>What the task adds to summary.json.</summary>
    internal JsonObject Facts { get; init; } = [];

    /// <summary>What the task adds to the page.</summary>
    internal Func<Report, Report> Complete { get; init; } = report => report;

    /// <summary>Tokens trained on by seconds of steps.</summary>
    public double TokensPerSecond => State.Tokens / Math.Max(1e-9, State.TrainingSeconds);

    /// <summary>Tokens evaluated by seconds of evaluations.</summary>
    public double EvaluationTokensPerSecond => State.EvaluationTokens / Math.Max(1e-9, State.EvaluationSeconds);

    /// <summary>The process's largest resident set, in bytes: read once, as all that is said of the run must agree.</summary>
    public long PeakResident { get; } = ReadPeakResident();

    /// <summary>Parameters, time and memory, as lines for people.</summary>
    public IReadOnlyList<ReportEntry> Costs() =>
    [
        new("parameters", $"{Parameters:N0}, of which {Trained:N0} trained ({(double)Trained / Parameters:P2})"),
        new("time", $"{Durations.Format(State.Seconds)}, of which {Durations.Format(State.TrainingSeconds)} training and {Durations.Format(State.EvaluationSeconds)} evaluating"),
        new("tokens", $"{State.Tokens:N0} trained on, {TokensPerSecond:N0} a second; {State.EvaluationTokens:N0} evaluated, {EvaluationTokensPerSecond:N0} a second"),
        .. GpuKernels.WaitedForCompiler is { TotalSeconds: > 1 } waited
            ? (ReportEntry[])[new("compiling", $"{Durations.Format(waited.TotalSeconds)} of waiting for GPU kernels to be compiled, once: they are kept for the next start")] : [],
        new("memory", $"{PeakTensors / 1e6:N0} MB of tensors at most (parameters, gradients, moments, activations); {PeakResident / 1e6:N0} MB resident set of the process at most"),
        .. ProcessCosts?.ToEntries(State.TrainingSeconds) ?? [],
    ];

    /// <summary>The result as one object: as it stands in summary.json.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["run"] = Run.Path,
            ["end"] = End.ToString().ToLowerInvariant(),
            ["architecture"] = Layout.ArchitectureName,
            ["parameters"] = Parameters,
            ["trainable"] = Trained,
            ["epochs"] = State.Epoch,
            ["steps"] = State.Step,
            ["tokens"] = State.Tokens,
            ["seconds"] = Math.Round(State.Seconds, 3),
            ["training_seconds"] = Math.Round(State.TrainingSeconds, 3),
            ["tokens_per_s"] = Math.Round(TokensPerSecond),
            ["evaluation_seconds"] = Math.Round(State.EvaluationSeconds, 3),
            ["evaluation_tokens"] = State.EvaluationTokens,
            ["evaluation_tokens_per_s"] = Math.Round(EvaluationTokensPerSecond),
            ["peak_tensor_bytes"] = PeakTensors,
            ["peak_resident_bytes"] = PeakResident,
            ["best_step"] = State.BestStep,
            ["best_value"] = State.BestValue,
        };
        if (ProcessCosts is not null)
            json["processes"] = ProcessCosts.ToJson();
        foreach ((string name, JsonNode? fact) in Facts)
            json[name] = Finite(fact);
        json["figures"] = new JsonArray([.. ModelCards.Figures(this).Select(f => (JsonNode)new JsonObject { ["dataset"] = f.Dataset, ["split"] = f.Split, ["metric"] = f.Metric, ["value"] = f.Value })]);
        json["options"] = Options.DeepClone();
        json["evaluations"] = new JsonArray([.. State.History.Select(e => (JsonNode)JsonOf(e))]);
        return json;
    }

    /// <summary>Writes summary.json, report.html and the README.md of the model that the run leaves.</summary>
    internal void Write()
    {
        AtomicFile.WriteText(Run.Summary, ToJson().ToJsonString(Indented) + "\n");
        HtmlReport.Write(Run.Report, ToReport());
        if (AtomicDirectory.Find(ModelPath) is { } folder)
            AtomicFile.WriteText(Path.Combine(folder, CheckpointNames.ModelCard), ModelCards.Of(this).ToMarkdown());
    }

    private Report ToReport() => Complete(new Report
    {
        Title = Title,
        Subtitle = $"{Layout.ArchitectureName}, {(State.History.Count > 0 ? State.History[^1].Epoch : State.Epoch):0.##} epochs, {State.Step:N0} steps",
        Headline = Headline,
        Notices = [.. Notes.Select(note => note.Replace("`", ""))],
        Charts = Charts,
        Tables = Tables,
        Parameters = [.. ParameterTable.Of(Layout, adaptation: Adaptation).Groups.Select(g => new ReportEntry(g.Name, g.Count.ToString("N0", CultureInfo.InvariantCulture)))],
        Timings = Costs(),
        Options = [.. Options.Select(o => new ReportEntry(o.Key, TextOf(o.Value)))],
    });

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static long ReadPeakResident()
    {
        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private static JsonObject JsonOf(EvaluationRecord record)
    {
        var item = new JsonObject { ["epoch"] = record.Epoch, ["step"] = record.Step, ["split"] = record.Split };
        foreach ((string name, double value) in record.Metrics)
            item[name] = value;
        return item;
    }

    // A figure that there is not, as a correlation with scores that are all alike, is null.
    private static JsonNode? Finite(JsonNode? node) => node switch
    {
        JsonObject pairs => new JsonObject(pairs.Select(pair => KeyValuePair.Create(pair.Key, Finite(pair.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Finite)]),
        JsonValue value when value.TryGetValue(out double number) && !double.IsFinite(number) => null,
        _ => node?.DeepClone(),
    };

    private static string TextOf(JsonNode? value) => value is JsonArray list ? string.Join(" ", list.Select(TextOf)) : value?.ToString() ?? "";
}
