using BareBert.Autograd;

namespace BareBert.Bert.Inference;

/// <summary>Sequences collected on the host, laid end to end, to be run together. Its memory is used again.</summary>
public sealed class PackedBatch
{
    /// <summary>
    /// Most tokens of a batch that nothing is learned from: enough for multiplies at full speed, and little memory beside a training step's.
    /// </summary>
    public const int EvaluationTokens = 1024;

    private readonly List<int> _ids = [], _positions = [], _types = [], _offsets = [0];

    /// <summary>Number of sequences.</summary>
    public int Sequences => _offsets.Count - 1;

    /// <summary>Tokens of all sequences.</summary>
    public int Tokens => _ids.Count;

    /// <summary>Where each sequence starts, and the end of the last: [sequences + 1].</summary>
    public IReadOnlyList<int> Offsets => _offsets;

    /// <summary>Forgets the sequences.</summary>
    public void Clear()
    {
        _ids.Clear();
        _positions.Clear();
        _types.Clear();
        _offsets.Clear();
        _offsets.Add(0);
    }

    /// <summary>Appends a sequence whose first <paramref name="firstSegment"/> tokens are of type 0 and the others of type 1.</summary>
    public void Add(ReadOnlySpan<int> ids, int firstSegment)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            _ids.Add(ids[i]);
            _positions.Add(i);
            _types.Add(i < firstSegment ? 0 : 1);
        }
        _offsets.Add(_ids.Count);
    }

    /// <summary>Appends an encoded sequence.</summary>
    public void Add(TokenSequence sequence) => Add(sequence.Ids, sequence.FirstSegmentLength);

    /// <summary>Copies the batch to the tape's device.</summary>
    /// <param name="tape">The step.</param>
    /// <param name="firstToken">Tokens of earlier micro-batches of the same step.</param>
    /// <param name="firstSequence">Sequences of earlier micro-batches of the same step.</param>
    public PackedInputs Upload(Tape tape, int firstToken = 0, int firstSequence = 0) => PackedInputs.Upload(
        tape, Span(_ids), Span(_positions), Span(_types), Span(_offsets), firstToken, firstSequence);

    private static ReadOnlySpan<int> Span(List<int> list) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(list);
}
