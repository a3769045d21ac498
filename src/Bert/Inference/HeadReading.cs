using BareBert.Autograd;

namespace BareBert.Bert.Inference;

/// <summary>What a head reads of the encoder's output.</summary>
/// <param name="Take">Takes it from [tokens, C].</param>
/// <param name="RowsOf">How many rows of it a sequence has.</param>
internal sealed record HeadReading(Func<Tape, Variable, PackedInputs, Variable> Take, Func<TokenSequence, int> RowsOf)
{
    /// <summary>Whether it is the first tokens' output alone.</summary>
    private bool IsFirstTokens { get; init; }

    /// <summary>The first token's output of each sequence, [B, C].</summary>
    public static HeadReading FirstTokens { get; } = new(Encoder.FirstTokens, _ => 1) { IsFirstTokens = true };

    /// <summary>The mean of each sequence's outputs, [B, C].</summary>
    public static HeadReading Means { get; } = new(Encoder.Means, _ => 1);

    /// <summary>One row a sequence, [B, C]: its first token's output, or the mean of all.</summary>
    public static HeadReading Of(Pooling pooling) => pooling == Pooling.Cls ? FirstTokens : Means;

    /// <summary>Every token's output, [tokens, C].</summary>
    public static HeadReading AllTokens { get; } = new((_, hidden, _) => hidden, sequence => sequence.Length);

    /// <summary>Runs the encoder for it.</summary>
    public Variable Read(Tape tape, Encoder encoder, PackedInputs inputs) =>
        IsFirstTokens ? encoder.Forward(tape, inputs, WantedTokens.FirstTokens(tape, inputs, inputs.FirstSequence)) : Take(tape, encoder.Forward(tape, inputs), inputs);
}
