namespace BareBert.Bert.Models;

/// <summary>A module here and the module or modules (joined row by row) it is in Hugging Face's code.</summary>
internal sealed record ModuleNames(string Name, params string[] HfNames);

/// <summary>
/// What Hugging Face's modelling code calls the modules of each family's encoder, in the order in which it declares them.
/// The embeddings have the same names in all three.
/// </summary>
internal sealed record HuggingFaceNames
{
    /// <summary>What stands before the encoder's names in a model with a head.</summary>
    public required string Prefix { get; init; }

    /// <summary>The stem of layer k's names; ALBERT's count groups and layers within them.</summary>
    public required Func<BertConfig, int, string> Layer { get; init; }

    public required ModuleNames[] LayerModules { get; init; }

    public ModuleNames? Projection { get; init; }

    public ModuleNames? Pooler { get; init; }

    public static HuggingFaceNames Of(ModelFamily family) => family switch
    {
        ModelFamily.DistilBert => Distil,
        ModelFamily.Albert => Albert,
        _ => Bert,
    };

    private static readonly HuggingFaceNames Bert = new()
    {
        Prefix = "bert.",
        Layer = (_, k) => $"encoder.layer.{k}.",
        LayerModules =
        [
            new("attention.qkv", "attention.self.query", "attention.self.key", "attention.self.value"),
            new("attention.output", "attention.output.dense"),
            new("attention.norm", "attention.output.LayerNorm"),
            new("ffn.in", "intermediate.dense"),
            new("ffn.out", "output.dense"),
            new("ffn.norm", "output.LayerNorm"),
        ],
        Pooler = new("pooler", "pooler.dense"),
    };

    private static readonly HuggingFaceNames Distil = new()
    {
        Prefix = "distilbert.",
        Layer = (_, k) => $"transformer.layer.{k}.",
        LayerModules =
        [
            new("attention.qkv", "attention.q_lin", "attention.k_lin", "attention.v_lin"),
            new("attention.output", "attention.out_lin"),
            new("attention.norm", "sa_layer_norm"),
            new("ffn.in", "ffn.lin1"),
            new("ffn.out", "ffn.lin2"),
            new("ffn.norm", "output_layer_norm"),
        ],
    };

    private static readonly HuggingFaceNames Albert = new()
    {
        Prefix = "albert.",
        Layer = (config, k) => $"encoder.albert_layer_groups.{k / config.LayersPerGroup}.albert_layers.{k % config.LayersPerGroup}.",
        LayerModules =
        [
            new("ffn.norm", "full_layer_layer_norm"),
            new("attention.qkv", "attention.query", "attention.key", "attention.value"),
            new("attention.output", "attention.dense"),
            new("attention.norm", "attention.LayerNorm"),
            new("ffn.in", "ffn"),
            new("ffn.out", "ffn_output"),
        ],
        Projection = new("embeddings.projection", "encoder.embedding_hidden_mapping_in"),
        Pooler = new("pooler", "pooler"),
    };
}
