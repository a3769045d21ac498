namespace BareBert.Bench;

/// <summary>The size of one pretraining step: the parameter of a suite.</summary>
/// <param name="Model">A named configuration, with BERT's vocabulary.</param>
/// <param name="Batch">Sequences.</param>
/// <param name="Sequence">Tokens of each.</param>
public sealed record StepSize(string Model, int Batch, int Sequence) : IWork
{
    /// <summary>Entries of BERT's vocabulary.</summary>
    public const int Vocabulary = 30_522;

    /// <summary>Share of the tokens that are guessed.</summary>
    public const double MaskedShare = 0.15;

    /// <summary>The models at the batch that they are compared at, then batch and length of one of them varied.</summary>
    public static IReadOnlyList<StepSize> Swept { get; } =
    [
        new("tiny", 32, 128), new("mini", 32, 128), new("small", 16, 128), new("base", 8, 128),
        new("mini", 1, 128), new("mini", 8, 128), new("mini", 64, 128),
        new("mini", 128, 32), new("mini", 8, 512),
    ];

    /// <summary>Entries of the vocabulary: BERT's unless a device is too slow for it.</summary>
    public int Words { get; init; } = Vocabulary;

    /// <summary>Guessed tokens, at least one.</summary>
    public int Masked => MaskedOf(Batch * Sequence);

    /// <inheritdoc/>
    public double Tokens => (double)Batch * Sequence;

    /// <summary>
    /// Flops of the matrix products, forward and backward: the latter are twice the former. Of the last layer the tokens that no head reads
    /// have keys, values and queries alone.
    /// </summary>
    public double Flops
    {
        get
        {
            BertConfig c = Config(Model);
            double hidden = c.HiddenSize, attention = 3 * hidden * hidden + 2 * Sequence * hidden, rest = hidden * hidden + 2 * hidden * c.IntermediateSize;
            double layers = Tokens * (c.Layers * attention + (c.Layers - 1) * rest) + (Masked + Batch) * rest;
            return 6 * (layers + Masked * (hidden * hidden + hidden * Words) + Batch * hidden * hidden);
        }
    }

    /// <summary>How many of so many tokens are guessed.</summary>
    public static int MaskedOf(int tokens) => Math.Max(1, (int)(tokens * MaskedShare));

    /// <summary>A named configuration with BERT's vocabulary.</summary>
    /// <exception cref="InputException">There is none of the name.</exception>
    public static BertConfig Config(string model) => NamedConfigs.TryGet(model, out BertConfig config)
        ? config with { VocabSize = Vocabulary }
        : throw new InputException($"unknown model: --model {model}; it is one of {string.Join(", ", NamedConfigs.Names)}");

    /// <inheritdoc/>
    public bool IsQuick => Model is "tiny" or "mini" && (Batch, Sequence) is (32, 128);

    public override string ToString() => $"{Model} {Batch}x{Sequence}";
}
