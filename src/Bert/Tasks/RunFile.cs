using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>run.json: the options with nothing left open, and what was found out when the run began.</summary>
internal static class RunFile
{
    /// <summary>Describes a run.</summary>
    /// <param name="verb">Its kind.</param>
    /// <param name="options">Resolved.</param>
    /// <param name="facts">What the task adds.</param>
    public static JsonObject Describe(string verb, JsonObject options, JsonObject facts)
    {
        var run = new JsonObject
        {
            ["verb"] = verb,
            ["version"] = typeof(RunFile).Assembly.GetName().Version!.ToString(3),
            ["runtime"] = RuntimeInformation.FrameworkDescription,
            ["processors"] = Environment.ProcessorCount,
            ["options"] = options,
        };
        foreach ((string name, JsonNode? fact) in facts)
            run[name] = fact?.DeepClone();
        return run;
    }

    /// <summary>The options of a run that is resumed, and its path, for messages.</summary>
    /// <exception cref="InputException">It is no run of that kind.</exception>
    public static (JsonObject Options, string Path) ReadOptions(string directory, string verb)
    {
        JsonObject run = RunDirectory.ReadOptions(directory);
        string path = Path.Combine(directory, "run.json");
        if (run["options"] is not JsonObject options)
            throw new InputException($"cannot resume: {path} has no options; give the directory of an earlier run");
        if (run["verb"]?.ToString() is string begun && begun != verb)
            throw new InputException($"cannot resume: {path} is of a run that {begun} began; resume it with {begun}");
        return (options, path);
    }

    /// <summary>What every training says of itself; each task adds its own.</summary>
    public static JsonObject FactsOf(string task, BertModel model, IKernels kernels) => new()
    {
        ["task"] = task,
        ["architecture"] = model.Layout.ArchitectureName,
        ["parameters"] = model.Total,
        ["trainable"] = model.Trained,
        ["device"] = kernels.Name,
    };
}
