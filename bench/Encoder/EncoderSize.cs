namespace BareBert.Bench;

/// <summary>The size of one pass through an encoder: the parameter of a suite.</summary>
/// <param name="Model">A named configuration, or "minilm": 6 layers of 384, the published sentence encoders' size.</param>
/// <param name="Batch">Sequences.</param>
/// <param name="Sequence">Tokens of each.</param>
public sealed record EncoderSize(string Model, int Batch, int Sequence) : IWork
{
    /// <summary>A single sentence, and batches.</summary>
    public static IReadOnlyList<EncoderSize> Swept { get; } =
        [new("minilm", 1, 16), new("minilm", 1, 128), new("minilm", 32, 32), new("minilm", 32, 128), new("mini", 32, 128), new("base", 1, 32), new("base", 8, 128)];

    /// <inheritdoc/>
    public double Tokens => (double)Batch * Sequence;

    /// <summary>Flops of the matrix products.</summary>
    public double Flops => 2 * Tokens * Config.Layers * (4.0 * Config.HiddenSize * Config.HiddenSize + 2.0 * Config.HiddenSize * Config.IntermediateSize + 2.0 * Sequence * Config.HiddenSize);

    /// <summary>The model's sizes.</summary>
    public BertConfig Config => Model != "minilm" ? StepSize.Config(Model)
        : StepSize.Config("base") with { Layers = 6, HiddenSize = 384, Heads = 12, IntermediateSize = 1536 };

    /// <inheritdoc/>
    public bool IsQuick => Model == "minilm";

    public override string ToString() => $"{Model} {Batch}x{Sequence}";
}
