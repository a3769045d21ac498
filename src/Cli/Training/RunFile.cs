using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using BareBert.Bert;
using BareBert.Kernels;

namespace BareBert.Cli;

/// <summary>run.json: the resolved options under their names on the command line, and what was found out when the run began.</summary>
internal static class RunFile
{
    private static readonly string[] NotOfTheRun = ["--help", "--version", "--out", "--overwrite", "--resume", "--config", "--json", "--quiet", "--verbose", "--profile"];

    /// <summary>Describes a run.</summary>
    /// <param name="verb">Whose options.</param>
    /// <param name="parsed">Their values.</param>
    /// <param name="facts">What the task adds.</param>
    public static JsonObject Describe(Command verb, ParseResult parsed, JsonObject facts)
    {
        var options = new JsonObject();
        foreach (Option option in verb.Options.Where(o => !NotOfTheRun.Contains(o.Name)))
        {
            if (Value(parsed, option) is JsonNode value)
                options[option.Name.TrimStart('-')] = value;
        }
        var run = new JsonObject
        {
            ["verb"] = verb.Name,
            ["version"] = typeof(RunFile).Assembly.GetName().Version!.ToString(3),
            ["runtime"] = RuntimeInformation.FrameworkDescription,
            ["processors"] = Environment.ProcessorCount,
            ["options"] = options,
        };
        foreach ((string name, JsonNode? fact) in facts)
            run[name] = fact?.DeepClone();
        return run;
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

    private static JsonNode? Value(ParseResult parsed, Option option) => parsed.GetResult(option)?.GetValueOrDefault<object?>() switch
    {
        null => null,
        string text => text,
        string[] list => new JsonArray([.. list.Select(item => (JsonNode)item)]),
        bool flag => flag,
        int number => number,
        ulong number => number,
        double number => number,
        Enum value => value.ToString().ToLowerInvariant(),
        object value => Convert.ToString(value, CultureInfo.InvariantCulture),
    };
}
