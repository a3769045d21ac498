using System.Text.Json.Nodes;

namespace BareBert.Bert.Inference;

/// <summary>A model as users point at it: a checkpoint folder, or a run, whose best model is meant.</summary>
/// <param name="Folder">The folder with config.json, whose files are as they were saved.</param>
/// <param name="Run">run.json of the run it belongs to; null where there is none.</param>
public sealed record ModelLocation(ModelFolder Folder, JsonObject? Run)
{
    /// <summary>Finds the model, and begins to check its files' hashes, once for whatever is done with it: a model is not given out before they were found right.</summary>
    /// <param name="path">A checkpoint folder or a run directory.</param>
    /// <exception cref="InputException">There is no model.</exception>
    public static ModelLocation Find(string path)
    {
        string? run = RunOf(path);
        return new(ModelFolder.Begin(path), run is null ? null : RunDirectory.ReadOptions(run)) { Summary = run is null ? null : RunDirectory.ReadSummary(run) };
    }

    /// <summary>summary.json of that run; null where there is none.</summary>
    public JsonObject? Summary { get; private init; }

    /// <summary>A number that the run's facts hold; null where there is none.</summary>
    public int? Number(string section, string name) => Run?[section]?[name] is JsonValue value && value.TryGetValue(out int number) ? number : null;

    private static string? RunOf(string path)
    {
        foreach (string? directory in new[] { path, Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))) })
        {
            if (directory is not null && File.Exists(Path.Combine(directory, "run.json")))
                return directory;
        }
        return null;
    }
}
