using System.Globalization;
using System.Text.Json.Nodes;

namespace BareBert.Bert.Tasks;

/// <summary>Cards of models that runs left, and of what is made of them.</summary>
public static class ModelCards
{
    // Where a run was, and how it was watched, says nothing of the model.
    private static readonly string[] Private = ["device", "threads", "cache", "keep", "save-every", "license", "language"];

    /// <summary>The card of a run's model.</summary>
    internal static ModelCard Of(TrainingResult result) => new()
    {
        Name = UserPaths.Name(result.Run.Path),
        Layout = result.Layout,
        Adaptation = result.Adaptation,
        Summary = result.Title,
        License = Text(result.Options["license"]),
        Language = Text(result.Options["language"]),
        BaseModel = BaseOf(result.Options),
        Relation = result.Adaptation is null ? "finetune" : "adapter",
        Datasets = [result.Dataset],
        Figures = Figures(result),
        Training =
        [
            ("steps, of which this is the model", (result.State.HasBest ? result.State.BestStep : result.State.Step).ToString(CultureInfo.InvariantCulture)),
            .. result.Options.Where(option => !Private.Contains(option.Key)).Select(option => (option.Key, Shown(option.Value))),
        ],
    };

    /// <summary>The card of adapters' model once they are merged into it.</summary>
    /// <param name="adapted">Where the adapters are.</param>
    /// <param name="layout">The whole model.</param>
    /// <param name="name">What it is to be called.</param>
    /// <param name="license">Null: that of the run that made the adapters.</param>
    /// <param name="language">Null: that of the run.</param>
    public static ModelCard OfMerged(ModelLocation adapted, ParameterLayout layout, string name, string? license = null, string? language = null)
    {
        JsonObject options = adapted.Run?["options"] as JsonObject ?? [];
        JsonArray figures = adapted.Summary?["figures"] as JsonArray ?? [];
        return new ModelCard
        {
            Name = name,
            Layout = layout,
            Summary = $"LoRA adapters ({ModelName(adapted.Folder.Path)}) merged into the model that they were trained on.",
            License = license ?? Text(options["license"]),
            Language = language ?? Text(options["language"]),
            BaseModel = adapted.Folder.Adapter is { } adapter ? ModelName(adapter.Base.Path) : BaseOf(options),
            Relation = "merge",
            Datasets = [.. figures.Select(f => Text(f?["dataset"])).OfType<string>().Distinct()],
            Figures = [.. figures.OfType<JsonObject>().Select(f => new MeasuredFigure(Text(f["dataset"])!, Text(f["split"])!, Text(f["metric"])!, f["value"]!.GetValue<double>()))],
        };
    }

    /// <summary>What was measured of the model that a run leaves: at the end where it was, else when it was evaluated last.</summary>
    internal static IReadOnlyList<MeasuredFigure> Figures(TrainingResult result)
    {
        TrainerState state = result.State;
        int step = state.HasBest ? state.BestStep : state.History.Count > 0 ? state.History[^1].Step : -1;
        IEnumerable<(string Split, IEnumerable<Metric> Metrics)> measured = result.Final.Count > 0 ? result.Final.Select(e => (e.Split, e.Metrics.AsEnumerable()))
            : state.History.Where(e => e.Step == step).Select(e => (e.Split, e.Metrics.Select(m => new Metric(m.Key, m.Value))));
        return [.. measured.SelectMany(e => e.Metrics.Where(IsOfModel).Select(m => new MeasuredFigure(result.Dataset, e.Split, m.Name, m.Value)))];
    }

    /// <summary>A model's name for others: the hub's where it lies in the hub's cache, else its folder's, or of a run's folder the run's.</summary>
    internal static string ModelName(string path)
    {
        string[] parts = Path.GetFullPath(path).Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        if (parts.LastOrDefault(part => part.StartsWith("models--", StringComparison.Ordinal)) is { } cached)
            return cached["models--".Length..].Replace("--", "/");
        bool isPart = parts.Length > 1 && (parts[^1] is "best" || parts[^1].StartsWith("checkpoint", StringComparison.Ordinal));
        return parts.Length == 0 ? path : parts[isPart ? ^2 : ^1];
    }

    // What the model is held against, how it learned, and how much was measured, is no figure of the model's.
    private static bool IsOfModel(Metric metric) => double.IsFinite(metric.Value) && !metric.Name.StartsWith("train_", StringComparison.Ordinal)
        && !metric.Name.EndsWith("tokens", StringComparison.Ordinal) && metric.Name is not ("unigram_perplexity" or "optimal_perplexity" or "no_answer_threshold");

    private static string? BaseOf(JsonObject options) => Text(options["model"]) is { } model && Path.IsPathRooted(model) && Directory.Exists(model)
        && TensorSources.IsIn(ModelFolder.Open(model).Path) && options["untrained"]?.GetValue<bool>() != true ? ModelName(model) : null;

    private static string? Text(JsonNode? node) => node?.ToString();

    private static string Shown(JsonNode? value) => value is JsonArray list ? string.Join(' ', list.Select(Shown))
        : value?.ToString() is { } text ? Path.IsPathRooted(text) ? ModelName(text) : text : "";
}
