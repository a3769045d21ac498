namespace BareBert.Bert.Models;

/// <summary>What each family calls the same thing in its config.json.</summary>
internal sealed record ConfigKeys
{
    public string Hidden { get; init; } = "hidden_size";
    public string Layers { get; init; } = "num_hidden_layers";
    public string Heads { get; init; } = "num_attention_heads";
    public string Intermediate { get; init; } = "intermediate_size";
    public string Activation { get; init; } = "hidden_act";
    public string HiddenDropout { get; init; } = "hidden_dropout_prob";
    public string AttentionDropout { get; init; } = "attention_probs_dropout_prob";
    public string ClassifierDropout { get; init; } = "classifier_dropout";

    public static ConfigKeys Of(ModelFamily family) => family switch
    {
        ModelFamily.DistilBert => Distil,
        ModelFamily.Albert => new ConfigKeys { ClassifierDropout = "classifier_dropout_prob" },
        _ => new ConfigKeys(),
    };

    private static readonly ConfigKeys Distil = new()
    {
        Hidden = "dim",
        Layers = "n_layers",
        Heads = "n_heads",
        Intermediate = "hidden_dim",
        Activation = "activation",
        HiddenDropout = "dropout",
        AttentionDropout = "attention_dropout",
        ClassifierDropout = "seq_classif_dropout",
    };
}
