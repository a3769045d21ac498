using System.Text.RegularExpressions;

namespace BareBert.Bert.Exchange.TensorFlow;

/// <summary>What google-research/bert and google-research/albert call their variables, in Hugging Face's words.</summary>
internal static partial class VariableNames
{
    private static readonly (string Ours, string Theirs)[] Heads =
    [
        ("cls.predictions.output_bias", "cls.predictions.bias"),
        ("cls.seq_relationship.output_weights", "cls.seq_relationship.weight"),
        ("cls.seq_relationship.output_bias", "cls.seq_relationship.bias"),
        ("cls.squad.output_weights", "qa_outputs.weight"),
        ("cls.squad.output_bias", "qa_outputs.bias"),
        ("output_weights", "classifier.weight"),
        ("output_bias", "classifier.bias"),
    ];

    // In this order: later ones rely on earlier ones.
    private static readonly (string Theirs, string Ours)[] OfAlbert =
    [
        ("attention_1.self.", "attention."),
        ("attention_1.output.dense.", "attention.dense."),
        ("LayerNorm_1.", "full_layer_layer_norm."),
        ("ffn_1.intermediate.output.dense.", "ffn_output."),
        ("ffn_1.intermediate.dense.", "ffn."),
        ("pooler.dense.", "pooler."),
        ("cls.predictions.transform.", "predictions."),
        ("cls.predictions.", "predictions."),
        ("cls.seq_relationship.", "sop_classifier.classifier."),
        ("bert.", "albert."),
    ];

    /// <summary>Whether a variable belongs to the optimiser or the training loop.</summary>
    public static bool IsOfTraining(string name) => name == "global_step" || name.Split('/')[^1] is "adam_m" or "adam_v";

    /// <summary>A variable's name in Hugging Face's words; a kernel is to be transposed.</summary>
    public static (string Name, bool IsTransposed) Of(string variable, ModelFamily family)
    {
        string name = LayerNumber().Replace(variable.StartsWith("module/", StringComparison.Ordinal) ? variable["module/".Length..] : variable, "layer.$1").Replace('/', '.');
        foreach ((string ours, string theirs) in Heads)
            name = name == ours ? theirs : name;
        if (family == ModelFamily.Albert)
            name = Albert(name);
        return name.EndsWith(".kernel", StringComparison.Ordinal) ? (name[..^"kernel".Length] + "weight", true) : (Embedding(name), false);
    }

    private static string Albert(string name)
    {
        name = Group().Replace(name, "bert.encoder.albert_layer_groups.$1.albert_layers.$2.");
        // The attention's LayerNorm stands beside it there, within it here.
        name = InnerNorm().Replace(name, "$1attention.LayerNorm.");
        foreach ((string theirs, string ours) in OfAlbert)
            name = name.Replace(theirs, ours);
        return name;
    }

    // Tables are variables themselves there, weights of modules here.
    private static string Embedding(string name) => name.EndsWith("_embeddings", StringComparison.Ordinal) ? name + ".weight" : name;

    [GeneratedRegex(@"layer_(\d+)(?=/)")]
    private static partial Regex LayerNumber();

    [GeneratedRegex(@"bert\.encoder\.transformer\.group_(\d+)\.inner_group_(\d+)\.")]
    private static partial Regex Group();

    [GeneratedRegex(@"(albert_layers\.\d+\.)LayerNorm\.")]
    private static partial Regex InnerNorm();
}
