using System.Text.Json.Nodes;

namespace BareBert.Cli.Display;

/// <summary>Evaluations as evaluate prints them.</summary>
internal static class EvaluationOutput
{
    /// <summary>Prints the figures of some splits.</summary>
    public static void Print(IReadOnlyList<Evaluation> evaluations, string model, string data, bool isJson)
    {
        if (isJson)
        {
            JsonOutput.Print(new JsonObject
            {
                ["model"] = model,
                ["data"] = data,
                ["splits"] = new JsonObject(evaluations.Select(e => KeyValuePair.Create(e.Split, (JsonNode?)new JsonObject(
                    e.Metrics.Select(m => KeyValuePair.Create(m.Name, double.IsFinite(m.Value) ? (JsonNode?)m.Value : null)))))),
            });
            return;
        }
        foreach (Evaluation evaluation in evaluations)
            Print(evaluation.Split, evaluation);
    }

    /// <summary>Prints figures, a line each, below a heading.</summary>
    public static void Print(string heading, Evaluation evaluation)
    {
        Console.WriteLine(heading);
        foreach (Metric metric in evaluation.Metrics)
            Console.WriteLine($"  {EvaluationText.Title(metric.Name),-22}{EvaluationText.Value(metric),14}");
    }
}

/// <summary>What is worth knowing, on stderr.</summary>
internal static class Notes
{
    /// <summary>Prints one.</summary>
    public static void Print(string line)
    {
        foreach (string row in Lines.Wrap($"note: {SettingNames.WithFlags(line)}", Console.IsErrorRedirected ? int.MaxValue : Math.Max(20, Console.WindowWidth - 1), indent: 6))
            Console.Error.WriteLine(row);
    }
}
