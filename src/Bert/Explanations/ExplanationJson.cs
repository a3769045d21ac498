using System.Text.Json.Nodes;

namespace BareBert.Bert.Explanations;

/// <summary>Explanations as JSON: for programs with all digits, for the page with attention in bytes.</summary>
public static class ExplanationJson
{
    /// <summary>Everything, with attention as lists of probabilities.</summary>
    public static JsonObject Write(Explanation explanation)
    {
        JsonObject json = Facts(explanation);
        json["attention"] = new JsonArray([.. explanation.Attention.Select(map => new JsonObject
        {
            ["layer"] = map.Layer, ["head"] = map.Head, ["entropy"] = map.Entropy, ["distance"] = map.Distance,
            ["probabilities"] = new JsonArray([.. map.Probabilities.Chunk(explanation.Tokens.Count).Select(row => (JsonNode)new JsonArray([.. row.Select(p => (JsonNode)p)]))]),
        })]);
        return json;
    }

    /// <summary>What the page draws: attention as base64 of a byte a probability, 255 for 1.</summary>
    internal static JsonObject ForPage(Explanation explanation)
    {
        JsonObject json = Facts(explanation);
        json["attention"] = Convert.ToBase64String([.. explanation.Attention.SelectMany(map => map.Probabilities).Select(p => (byte)Math.Round(255 * p))]);
        json["figures"] = new JsonArray([.. explanation.Attention.Select(map => new JsonObject { ["entropy"] = map.Entropy, ["distance"] = map.Distance })]);
        (json["depth"], json["heads"]) = (explanation.Attention[^1].Layer + 1, explanation.Attention[^1].Head + 1);
        return json;
    }

    private static JsonObject Facts(Explanation explanation) => new()
    {
        ["model"] = explanation.Model,
        ["task"] = explanation.Task,
        ["truncated"] = explanation.Truncated,
        ["tokens"] = new JsonArray([.. explanation.Tokens.Select(t => new JsonObject { ["text"] = t.Text, ["start"] = t.Start, ["end"] = t.End, ["segment"] = t.Segment })]),
        ["layers"] = new JsonArray([.. explanation.Layers.Select(layer => new JsonObject
        {
            ["layer"] = layer.Layer,
            ["answers"] = new JsonArray([.. layer.Answers.Select(a => new JsonObject { ["text"] = a.Text, ["probability"] = a.Probability })]),
        })]),
        ["attribution"] = explanation.Attribution is not { } a ? null : new JsonObject
        {
            ["target"] = a.Target, ["logit"] = a.Logit, ["baseline_logit"] = a.BaselineLogit, ["residual"] = a.Residual,
            ["gradient_times_input"] = new JsonArray([.. a.GradientTimesInput.Select(v => (JsonNode)v)]),
            ["integrated_gradients"] = new JsonArray([.. a.IntegratedGradients.Select(v => (JsonNode)v)]),
        },
    };
}
