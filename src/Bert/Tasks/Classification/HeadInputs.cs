using BareBert.Autograd;

namespace BareBert.Bert;

/// <summary>Gives a head what it reads of the encoder: the first tokens' outputs, [B, C].</summary>
internal interface IHeadInputs
{
    /// <summary>The outputs of some examples.</summary>
    /// <param name="tape">The step.</param>
    /// <param name="examples">The set that they are from.</param>
    /// <param name="rows">Their numbers in it.</param>
    /// <param name="firstToken">Tokens that earlier parts of the same batch had.</param>
    /// <param name="firstSequence">Sequences that earlier parts of the same batch had.</param>
    Variable Of(Tape tape, EncodedExamples examples, ReadOnlySpan<int> rows, int firstToken, int firstSequence);
}

/// <summary>Runs the encoder.</summary>
internal sealed class EncoderInputs(BertModel model) : IHeadInputs
{
    private readonly PackedBatch _batch = new();

    /// <inheritdoc/>
    public Variable Of(Tape tape, EncodedExamples examples, ReadOnlySpan<int> rows, int firstToken, int firstSequence)
    {
        _batch.Clear();
        foreach (int row in rows)
            _batch.Add(examples[row]);
        PackedInputs inputs = _batch.Upload(tape, firstToken, firstSequence);
        return ClassificationHead.Features(tape, model.Encoder.Forward(tape, inputs), inputs);
    }
}

/// <summary>
/// Looks up what the encoder said of each example when it first saw it: a frozen encoder says the same every epoch, so an
/// epoch then costs what its head costs. The encoder ran without dropout.
/// </summary>
internal sealed class CachedInputs(BertModel model) : IHeadInputs
{
    private readonly EncoderInputs _encoder = new(model);
    private readonly Dictionary<EncodedExamples, float[]> _features = [];
    private readonly int _width = model.Config.HiddenSize;
    private float[] _picked = [];

    /// <summary>Runs the encoder over a set, unless it did before.</summary>
    public void Add(Tape tape, EncodedExamples examples, CancellationToken cancel)
    {
        if (_features.ContainsKey(examples))
            return;
        var features = new float[(long)examples.Count * _width];
        foreach ((int start, int end) in examples.Batches(PackedBatch.EvaluationTokens))
        {
            cancel.ThrowIfCancellationRequested();
            int[] rows = [.. Enumerable.Range(start, end - start)];
            using (tape.Begin(TapeMode.Evaluation))
                _encoder.Of(tape, examples, rows, 0, 0).Value.Download(features.AsSpan(start * _width, rows.Length * _width));
        }
        _features.Add(examples, features);
    }

    /// <inheritdoc/>
    public Variable Of(Tape tape, EncodedExamples examples, ReadOnlySpan<int> rows, int firstToken, int firstSequence)
    {
        float[] features = _features[examples];
        if (_picked.Length < rows.Length * _width)
            _picked = new float[rows.Length * _width];
        for (int i = 0; i < rows.Length; i++)
            features.AsSpan(rows[i] * _width, _width).CopyTo(_picked.AsSpan(i * _width));
        return new Variable(tape.Arena.Upload<float>(new Shape(("B", rows.Length), ("C", _width)), _picked.AsSpan(0, rows.Length * _width)));
    }
}
