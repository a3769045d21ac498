using System.Text.Json;
using System.Text.Json.Nodes;

namespace BareBert.Cli.Sweeps;

/// <summary>A sweep as its folder has it (sweep.json): what is run, and with which arguments.</summary>
/// <param name="Root">The folder.</param>
/// <param name="Arguments">The verb and what all runs have in common.</param>
/// <param name="Runs">What each has of its own.</param>
internal sealed record SweepPlan(string Root, IReadOnlyList<string> Arguments, IReadOnlyList<SweepRun> Runs)
{
    private const string FileName = "sweep.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Where it was begun: what paths among the arguments start from.</summary>
    public string WorkingDirectory { get; private init; } = Environment.CurrentDirectory;

    /// <summary>Whether a folder holds a sweep.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>The folder of a run.</summary>
    public string FolderOf(SweepRun run) => Path.Combine(Root, run.Name);

    /// <summary>The command line of a run that begins.</summary>
    public string[] ArgumentsOf(SweepRun run) => [.. Arguments, .. run.Values.SelectMany(v => new[] { "--" + v.Key, v.Value }), "--out", FolderOf(run)];

    /// <summary>Reads a folder.</summary>
    /// <exception cref="InputException">It holds no sweep that can be read.</exception>
    public static SweepPlan Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            JsonNode json = JsonNode.Parse(File.ReadAllBytes(path))!;
            return new SweepPlan(Path.GetFullPath(folder), [.. json["arguments"]!.AsArray().Select(a => a!.GetValue<string>())],
                SweepGrid.RunsOf([.. json["grid"]!.AsObject().Select(o => KeyValuePair.Create(o.Key, (IReadOnlyList<string>)[.. o.Value!.AsArray().Select(v => v!.GetValue<string>())]))]))
            {
                WorkingDirectory = json["directory"]?.GetValue<string>() ?? Environment.CurrentDirectory,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or IOException or ArgumentException)
        {
            throw new InputException($"cannot go on with the sweep: {path}: {e.Message.ReplaceLineEndings(" ")}; start a new one", e);
        }
    }

    /// <summary>Writes the folder.</summary>
    /// <param name="grid">The options that vary.</param>
    public void Write(IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> grid)
    {
        Directory.CreateDirectory(Root);
        AtomicFile.WriteText(Path.Combine(Root, FileName), new JsonObject
        {
            ["directory"] = WorkingDirectory,
            ["arguments"] = Array(Arguments),
            ["grid"] = new JsonObject(grid.Select(o => KeyValuePair.Create(o.Key, (JsonNode?)Array(o.Value)))),
        }.ToJsonString(Indented) + "\n");
    }

    private static JsonArray Array(IEnumerable<string> items) => new([.. items.Select(item => (JsonNode)item)]);
}
