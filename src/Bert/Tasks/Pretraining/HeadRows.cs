using BareBert.Autograd;

namespace BareBert.Bert.Tasks;

/// <summary>
/// What the pretraining heads read of the encoder's output: some sixth of the tokens. For the others most of the last layer has no part in any loss.
/// </summary>
/// <param name="Hidden">[n, C], of the examples' first tokens and of the masked ones, in their order.</param>
/// <param name="Firsts">[B], Int32: which rows are first tokens'; no tensor where there is no head that reads them.</param>
/// <param name="Masked">[rows], Int32: which rows are masked tokens'; no tensor: all, or there is none.</param>
internal readonly record struct HeadRows(Variable Hidden, Tensor Firsts, Tensor Masked)
{
    /// <summary>Runs the encoder for them.</summary>
    /// <param name="tape">The step.</param>
    /// <param name="encoder">Of the model.</param>
    /// <param name="heads">Of the model.</param>
    /// <param name="inputs">The batch on the device.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="firstMasked">Masked tokens of earlier micro-batches of the same step.</param>
    /// <returns>Null where nothing is read.</returns>
    public static HeadRows? Read(Tape tape, Encoder encoder, PretrainingHeads heads, PackedInputs inputs, PretrainingBatch batch, int firstMasked = 0)
    {
        if (!heads.HasNextSentence)
        {
            return batch.MaskedTokens > 0
                ? new HeadRows(encoder.Forward(tape, inputs, WantedTokens.Upload(tape, inputs, batch.MaskedPositions, firstMasked)), default, default) : null;
        }
        Variable hidden = encoder.Forward(tape, inputs, WantedTokens.Upload(tape, inputs, batch.ReadPositions, inputs.FirstSequence + firstMasked));
        return new HeadRows(hidden, tape.Upload(batch.FirstRows), batch.MaskedTokens > 0 ? tape.Upload(batch.MaskedRows) : default);
    }
}
