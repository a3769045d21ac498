using System.Text.Json;

namespace BareBert.Bert.Tasks;

/// <summary>How a configuration says which kind a model has, and the arithmetic of it.</summary>
internal static class ScoreKinds
{
    // sentence-transformers' cross-encoders keep their activation under the first since 2025, under the second before.
    private const string CrossEncoder = "sentence_transformers", Activation = "activation_fn", OlderActivation = "sbert_ce_default_activation_function";

    /// <summary>As transformers' text-classification pipeline takes it; of one class, a cross-encoder's own activation counts first.</summary>
    /// <param name="config">The model.</param>
    /// <param name="classes">Its outputs.</param>
    /// <exception cref="InputException">A cross-encoder's activation is another one.</exception>
    public static ScoreKind Of(BertConfig config, int classes)
    {
        if (classes == 1 && ActivationOf(config) is { } name)
        {
            return name.EndsWith(".Identity", StringComparison.Ordinal) ? ScoreKind.Plain : name.EndsWith(".Sigmoid", StringComparison.Ordinal) ? ScoreKind.Sigmoid
                : throw new InputException($"not supported: config.json gives the model's score the activation {Printable.Quote(name)}; Sigmoid and Identity are supported");
        }
        return config.ProblemType switch
        {
            "regression" => ScoreKind.Plain,
            "multi_label_classification" => ScoreKind.Sigmoid,
            _ => classes == 1 ? ScoreKind.Sigmoid : ScoreKind.Softmax,
        };
    }

    /// <summary>The configuration without what says how another head's outputs were meant.</summary>
    public static BertConfig Forget(BertConfig config) => config with
    {
        ProblemType = null,
        Other = config.Other.Where(pair => pair.Key is not (CrossEncoder or OlderActivation)).ToDictionary(pair => pair.Key, pair => pair.Value),
    };

    /// <summary>What the labels of data for a model mean: one output is a number, or a probability that is held against one.</summary>
    /// <param name="kind">What its outputs are made into.</param>
    /// <param name="classes">How many there are.</param>
    public static ProblemType ProblemOf(this ScoreKind kind, int classes) => kind switch
    {
        ScoreKind.Softmax => ProblemType.SingleLabel,
        ScoreKind.Sigmoid when classes > 1 => ProblemType.MultiLabel,
        _ => ProblemType.Regression,
    };

    /// <summary>The outputs of a text as what they mean.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="logits">[classes].</param>
    public static float[] Apply(this ScoreKind kind, ReadOnlySpan<float> logits) => kind switch
    {
        ScoreKind.Softmax => Array.ConvertAll(Probabilities.Of(logits), p => (float)p),
        ScoreKind.Sigmoid => Array.ConvertAll(logits.ToArray(), x => (float)(1 / (1 + Math.Exp(-(double)x)))),
        _ => logits.ToArray(),
    };

    private static string? ActivationOf(BertConfig config)
    {
        JsonElement? value = config.Other.TryGetValue(CrossEncoder, out JsonElement own) && own.ValueKind == JsonValueKind.Object && own.TryGetProperty(Activation, out JsonElement now) ? now
            : config.Other.TryGetValue(OlderActivation, out JsonElement older) ? older : null;
        return value switch
        {
            null or { ValueKind: JsonValueKind.Null } => null,
            { ValueKind: JsonValueKind.String } text => text.GetString(),
            { } other => other.GetRawText(),
        };
    }
}
