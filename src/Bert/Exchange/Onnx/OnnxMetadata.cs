using System.Globalization;
using System.Text.Json;

namespace BareBert.Bert.Exchange.Onnx;

/// <summary>What the exporter here writes into a file beside the graph, which does not say what its outputs mean: by the names and in the form that it has in config.json.</summary>
internal static class OnnxMetadata
{
    private const string Labels = "id2label", Problem = "problem_type", Threshold = "no_answer_threshold";

    /// <summary>What there is to say of a model's outputs.</summary>
    public static IEnumerable<(string Key, string Value)> Of(BertConfig config, TaskDefinition task)
    {
        if (task.HasClasses && config.Labels.Count > 0)
            yield return (Labels, JsonSerializer.Serialize(config.Labels.Index().ToDictionary(label => label.Index.ToString(CultureInfo.InvariantCulture), label => label.Item)));
        if (task.HasClasses && config.ProblemType is { } problem)
            yield return (Problem, problem);
        if (task == BertTasks.QuestionAnswering && config.NoAnswerThreshold is { } threshold)
            yield return (Threshold, threshold.ToString("R", CultureInfo.InvariantCulture));
    }

    /// <summary>Adds what a file says; what makes no sense, or does not fit the graph, is another program's and is left alone.</summary>
    /// <param name="config">What the graph says.</param>
    /// <param name="metadata">The file's.</param>
    /// <param name="classes">How many outputs the head has; 0: there is none.</param>
    public static BertConfig Apply(BertConfig config, IReadOnlyDictionary<string, string> metadata, int classes) => config with
    {
        Labels = classes > 0 && metadata.TryGetValue(Labels, out string? json) ? Names(json, classes) : [],
        ProblemType = classes > 0 && metadata.TryGetValue(Problem, out string? problem) && ProblemTypes.All.Contains(problem) ? problem : config.ProblemType,
        NoAnswerThreshold = metadata.TryGetValue(Threshold, out string? text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double threshold)
            && threshold is >= 0 and <= 1 ? threshold : config.NoAnswerThreshold,
    };

    private static string[] Names(string json, int count)
    {
        try
        {
            Dictionary<string, string>? names = JsonSerializer.Deserialize<Dictionary<string, string>>(json);
            string[] labels = [.. Enumerable.Range(0, count).Select(id => names?.GetValueOrDefault(id.ToString(CultureInfo.InvariantCulture))).OfType<string>().Distinct()];
            return labels.Length == count && names!.Count == count ? labels : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
