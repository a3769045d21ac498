using BareBert.Autograd;

namespace BareBert.Bert.Inference;

/// <summary>
/// Looks up what the encoder said of each sequence: a frozen encoder says the same every epoch, so that an epoch costs what its
/// head costs. It ran without dropout. Sequences beyond the memory that is set aside are run each time they are asked for, one by one.
/// </summary>
/// <remarks>What it says of a sequence does not depend on those that are run with it: a resumed run, which may keep others, gets the same bits.</remarks>
internal sealed class FrozenInputs(BertModel model, HeadReading reading, long memory) : HeadInputs(model, reading)
{
    private readonly HeadReading _reading = reading;
    private readonly Dictionary<TokenSequence, float[]> _kept = [];
    private readonly HashSet<object> _prepared = [];
    private readonly int _width = model.Config.HiddenSize;
    private float[] _chosen = [];
    private int _rows;
    private long _used;

    /// <summary>Whether all sequences that were asked to be kept are.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>Bytes that the encoder's output takes.</summary>
    public long BytesOf(IEnumerable<TokenSequence> sequences) => sequences.Sum(BytesOf);

    /// <inheritdoc/>
    public override void Prepare(Tape tape, IReadOnlyList<TokenSequence> sequences, CancellationToken cancel, Action<EvaluationProgress>? watch = null)
    {
        if (!_prepared.Add(sequences))
            return;
        TokenSequence[] kept = [.. sequences.TakeWhile(TryTake)];
        IsComplete &= kept.Length == sequences.Count;
        EvaluationBatches.Run(tape, kept, cancel, (inputs, _) => base.Of(tape, inputs).Value.ToArray<float>(), (rows, all) =>
        {
            int at = 0;
            foreach (TokenSequence sequence in rows.Select(row => kept[row]))
            {
                int count = _reading.RowsOf(sequence) * _width;
                _kept.TryAdd(sequence, all.AsSpan(at, count).ToArray());
                at += count;
            }
        }, watch: watch, what: "the frozen encoder's output", group: Group);
    }

    /// <inheritdoc/>
    public override void Choose(Tape tape, IReadOnlyList<TokenSequence> sequences)
    {
        _rows = sequences.Sum(_reading.RowsOf);
        if (_chosen.Length < _rows * _width)
            _chosen = new float[_rows * _width];
        int at = 0;
        foreach (TokenSequence sequence in sequences)
        {
            int start = at, count = _reading.RowsOf(sequence) * _width;
            if (_kept.TryGetValue(sequence, out float[]? known))
                known.CopyTo(_chosen.AsSpan(start));
            else
                EvaluationBatches.Run(tape, [sequence], CancellationToken.None, (inputs, _) => base.Of(tape, inputs).Value.ToArray<float>(), (_, values) => values.CopyTo(_chosen.AsSpan(start, count)));
            at += count;
        }
    }

    /// <inheritdoc/>
    public override Variable Of(Tape tape, PackedInputs inputs) =>
        new(tape.Arena.Upload<float>(new Shape(("rows", _rows), ("C", _width)), _chosen.AsSpan(0, _rows * _width)));

    private bool TryTake(TokenSequence sequence)
    {
        bool fits = _used + BytesOf(sequence) <= memory;
        if (fits)
            _used += BytesOf(sequence);
        return fits;
    }

    private long BytesOf(TokenSequence sequence) => (long)sizeof(float) * _reading.RowsOf(sequence) * _width;
}
