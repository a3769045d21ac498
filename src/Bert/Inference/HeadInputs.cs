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
        IsFirstTokens ? encoder.Forward(tape, inputs, inputs.FirstRows) : Take(tape, encoder.Forward(tape, inputs), inputs);
}

/// <summary>Gives a head what it reads, by running the encoder.</summary>
internal class HeadInputs(BertModel model, HeadReading reading)
{
    /// <summary>The processes that share out what is run over many sequences.</summary>
    public IProcessGroup Group { get; init; } = OneProcess.Instance;

    /// <summary>Gets ready for sequences that are gone through many times.</summary>
    /// <param name="tape">Its device computes.</param>
    /// <param name="sequences">The same list each time.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <param name="watch">Is told how far it has come.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public virtual void Prepare(Tape tape, IReadOnlyList<TokenSequence> sequences, CancellationToken cancel, Action<EvaluationProgress>? watch = null)
    {
    }

    /// <summary>Takes the sequences of the next batch, before its step begins on the tape.</summary>
    public virtual void Choose(Tape tape, IReadOnlyList<TokenSequence> sequences)
    {
    }

    /// <summary>What the head reads of that batch.</summary>
    public virtual Variable Of(Tape tape, PackedInputs inputs) => reading.Read(tape, model.Encoder, inputs);
}
