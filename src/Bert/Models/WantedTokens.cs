using System.Buffers;
using BareBert.Autograd;

namespace BareBert.Bert.Models;

/// <summary>The tokens whose output of the last layer is wanted, on the device: of the others most of that layer is left out, forward and backward.</summary>
/// <param name="Rows">[n], Int32: their rows in the batch, ascending.</param>
/// <param name="Offsets">[B + 1], Int32: sequence b has those from offsets[b] to offsets[b + 1].</param>
/// <param name="First">Such tokens that earlier micro-batches of the same step had: dropout masks go on from there.</param>
public readonly record struct WantedTokens(Tensor Rows, Tensor Offsets, int First)
{
    /// <summary>Copies rows to the tape's device for the length of the step.</summary>
    /// <param name="tape">The step.</param>
    /// <param name="inputs">The batch.</param>
    /// <param name="rows">[n], ascending.</param>
    /// <param name="first">Such tokens of earlier micro-batches.</param>
    /// <exception cref="ArgumentException">Rows do not ascend, or leave the batch.</exception>
    public static WantedTokens Upload(Tape tape, PackedInputs inputs, ReadOnlySpan<int> rows, int first = 0)
    {
        ReadOnlySpan<int> sequences = inputs.HostOffsets.Span;
        int[] offsets = ArrayPool<int>.Shared.Rent(sequences.Length);
        int passed = 0;
        for (int i = 0; i < sequences.Length; i++)
        {
            while (passed < rows.Length && rows[passed] < sequences[i])
            {
                if (rows[passed] <= (passed == 0 ? -1 : rows[passed - 1]))
                    throw new ArgumentException($"row {rows[passed]} is wanted, {passed} rows behind the first one: they must ascend from 0 on", nameof(rows));
                passed++;
            }
            offsets[i] = passed;
        }
        if (passed < rows.Length)
            throw new ArgumentException($"row {rows[passed]} is wanted of a batch of {sequences[^1]} tokens", nameof(rows));
        var wanted = new WantedTokens(tape.Upload(rows), tape.Upload(offsets.AsSpan(0, sequences.Length)), first);
        ArrayPool<int>.Shared.Return(offsets);
        return wanted;
    }

    /// <summary>Each sequence's first token, [CLS].</summary>
    /// <param name="tape">The step.</param>
    /// <param name="inputs">The batch.</param>
    /// <param name="first">Sequences of earlier micro-batches, where dropout is to go on from there.</param>
    public static WantedTokens FirstTokens(Tape tape, PackedInputs inputs, int first = 0) =>
        Upload(tape, inputs, inputs.HostOffsets.Span[..inputs.Sequences], first);
}
