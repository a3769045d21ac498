using BareBert.Autograd;

namespace BareBert.Bert.Models;

/// <summary>
/// A batch on the device: the sequences' real tokens laid end to end, with offsets saying where each starts. There is no
/// padding.
/// </summary>
/// <param name="Ids">[tokens], Int32.</param>
/// <param name="Positions">[tokens], each token's index in its sequence.</param>
/// <param name="Types">[tokens], 0 for the first segment, 1 for the second.</param>
/// <param name="Offsets">[B + 1].</param>
/// <param name="MaxLength">The longest sequence's tokens.</param>
/// <param name="FirstToken">Tokens that earlier micro-batches of the same step had: dropout masks go on from there.</param>
/// <param name="FirstSequence">Sequences that earlier micro-batches of the same step had.</param>
public readonly record struct PackedInputs(
    Tensor Ids, Tensor Positions, Tensor Types, Tensor Offsets, int MaxLength, int FirstToken = 0, int FirstSequence = 0)
{
    /// <summary>[B + 1], <see cref="Offsets"/> as the host knows them.</summary>
    public ReadOnlyMemory<int> HostOffsets { get; init; }

    /// <summary>Number of sequences.</summary>
    public int Sequences => Offsets.Shape[0] - 1;

    /// <summary>[B], each sequence's first token.</summary>
    public Tensor FirstRows => Offsets.Slice(0, new Shape(("B", Sequences)));

    /// <summary>Copies a batch to the tape's device for the length of the step.</summary>
    /// <param name="tape">The step.</param>
    /// <param name="ids">[tokens].</param>
    /// <param name="positions">[tokens].</param>
    /// <param name="types">[tokens].</param>
    /// <param name="offsets">[B + 1], rising from 0 to tokens.</param>
    /// <param name="firstToken">Tokens of earlier micro-batches.</param>
    /// <param name="firstSequence">Sequences of earlier micro-batches.</param>
    public static PackedInputs Upload(
        Tape tape, ReadOnlySpan<int> ids, ReadOnlySpan<int> positions, ReadOnlySpan<int> types, ReadOnlySpan<int> offsets,
        int firstToken = 0, int firstSequence = 0)
    {
        int maxLength = 0;
        for (int i = 1; i < offsets.Length; i++)
            maxLength = Math.Max(maxLength, offsets[i] - offsets[i - 1]);
        return new PackedInputs(tape.Upload(ids), tape.Upload(positions), tape.Upload(types), tape.Upload(offsets),
            maxLength, firstToken, firstSequence) { HostOffsets = offsets.ToArray() };
    }
}
