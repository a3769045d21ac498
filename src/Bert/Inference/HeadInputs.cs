using BareBert.Autograd;

namespace BareBert.Bert.Inference;

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
