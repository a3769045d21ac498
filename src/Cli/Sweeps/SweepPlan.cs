using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BareBert.Cli.Sweeps;

/// <summary>A sweep as its folder has it (sweep.json): what is run, and with which arguments.</summary>
/// <param name="Root">The folder.</param>
/// <param name="Arguments">The verb and what all runs have in common.</param>
/// <param name="Grid">The options that vary, and their values.</param>
internal sealed record SweepPlan(string Root, IReadOnlyList<string> Arguments, IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> Grid)
{
    private const string FileName = "sweep.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>What each run has of its own.</summary>
    public IReadOnlyList<SweepRun> Runs { get; } = SweepGrid.RunsOf(Grid);

    /// <summary>Where it was begun: what paths among the arguments start from.</summary>
    public string WorkingDirectory { get; private init; } = Environment.CurrentDirectory;

    // Runs of an earlier sweep that lie where this one's will: by name, what run.json hashes to. Each stays until the new one takes its place.
    private IReadOnlyDictionary<string, string> Replaced { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether a folder holds a sweep.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>The folder of a run.</summary>
    public string FolderOf(SweepRun run) => Path.Combine(Root, run.Name);

    /// <summary>The sweep in place of what its folder holds.</summary>
    public SweepPlan Replacing() => this with
    {
        Replaced = Runs.Select(run => (run.Name, Hash: HashOf(run))).Where(run => run.Hash is not null).ToDictionary(run => run.Name, run => run.Hash!),
    };

    /// <summary>The sweep once a run of it has taken its place.</summary>
    public SweepPlan Replaces(SweepRun run) => this with { Replaced = Replaced.Where(old => old.Key != run.Name).ToDictionary() };

    /// <summary>Whether what lies in a run's folder is an earlier sweep's.</summary>
    public bool IsReplaced(SweepRun run) => Replaced.TryGetValue(run.Name, out string? hash) && hash == HashOf(run);

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
                [.. json["grid"]!.AsObject().Select(o => KeyValuePair.Create(o.Key, (IReadOnlyList<string>)[.. o.Value!.AsArray().Select(v => v!.GetValue<string>())]))])
            {
                WorkingDirectory = json["directory"]?.GetValue<string>() ?? Environment.CurrentDirectory,
                Replaced = json["replaced"]?.AsObject().ToDictionary(o => o.Key, o => o.Value!.GetValue<string>()) ?? [],
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InputException($"cannot go on with the sweep: {path}: {e.Message.ReplaceLineEndings(" ")}; start a new one", e);
        }
    }

    /// <summary>Writes the folder.</summary>
    public void Write()
    {
        AtomicFile.WriteText(Path.Combine(Root, FileName), new JsonObject
        {
            ["directory"] = WorkingDirectory,
            ["arguments"] = Array(Arguments),
            ["grid"] = new JsonObject(Grid.Select(o => KeyValuePair.Create(o.Key, (JsonNode?)Array(o.Value)))),
            ["replaced"] = new JsonObject(Replaced.Select(o => KeyValuePair.Create(o.Key, (JsonNode?)o.Value))),
        }.ToJsonString(Indented) + "\n");
    }

    private string? HashOf(SweepRun run)
    {
        string path = Path.Combine(FolderOf(run), "run.json");
        return File.Exists(path) ? Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))) : null;
    }

    private static JsonArray Array(IEnumerable<string> items) => new([.. items.Select(item => (JsonNode)item)]);
}
