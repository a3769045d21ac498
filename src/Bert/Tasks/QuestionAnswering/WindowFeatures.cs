using BareBert.Autograd;

namespace BareBert.Bert;

/// <summary>Gives question answering's head what it reads: the encoder's output at every token of a batch of windows.</summary>
internal abstract class WindowFeatures(BertModel model)
{
    protected BertModel Model => model;

    /// <summary>Gets ready for a set of windows that is gone through many times.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public virtual void Prepare(Tape tape, QaExamples examples, CancellationToken cancel)
    {
    }

    /// <summary>Takes the windows of the next batch, before its step begins on the tape.</summary>
    public virtual void Choose(Tape tape, IReadOnlyList<TokenSequence> windows)
    {
    }

    /// <summary>The encoder's output of that batch.</summary>
    /// <returns>[tokens, C].</returns>
    public abstract Variable Of(Tape tape, PackedInputs inputs);
}

/// <summary>Runs the encoder.</summary>
internal sealed class EncodedWindows(BertModel model) : WindowFeatures(model)
{
    /// <inheritdoc/>
    public override Variable Of(Tape tape, PackedInputs inputs) => Model.Encoder.Forward(tape, inputs);
}

/// <summary>
/// Looks up what the encoder said of each window: a frozen encoder says the same every epoch. It ran without dropout. Windows
/// beyond the memory that is set aside are run each time they are asked for, one by one.
/// </summary>
/// <remarks>Which windows are run together depends on the data alone, not on the order of training: a resumed run gets the same bits.</remarks>
internal sealed class CachedWindows(BertModel model, long memory) : WindowFeatures(model)
{
    private readonly Dictionary<TokenSequence, float[]> _features = [];
    private readonly HashSet<QaExamples> _prepared = [];
    private readonly PackedBatch _batch = new();
    private readonly int _width = model.Config.HiddenSize;
    private float[] _chosen = [];
    private int _tokens;
    private long _used;

    /// <summary>Whether all windows that were asked to be kept are.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>Bytes that the encoder's output of so many tokens takes.</summary>
    public static long BytesOf(long tokens, int width) => sizeof(float) * tokens * width;

    /// <inheritdoc/>
    public override void Prepare(Tape tape, QaExamples examples, CancellationToken cancel)
    {
        if (!_prepared.Add(examples))
            return;
        var together = new List<TokenSequence>();
        for (int i = 0, tokens = 0; i < examples.Count; i++)
        {
            TokenSequence window = examples[i].Tokens;
            if (tokens + window.Length > PackedBatch.EvaluationTokens)
            {
                cancel.ThrowIfCancellationRequested();
                Keep(tape, together);
                tokens = 0;
            }
            long bytes = BytesOf(window.Length, _width);
            if (_used + bytes > memory)
            {
                IsComplete = false;
                break;
            }
            _used += bytes;
            tokens += window.Length;
            together.Add(window);
        }
        Keep(tape, together);
    }

    /// <inheritdoc/>
    public override void Choose(Tape tape, IReadOnlyList<TokenSequence> windows)
    {
        _tokens = windows.Sum(w => w.Length);
        if (_chosen.Length < _tokens * _width)
            _chosen = new float[_tokens * _width];
        int at = 0;
        foreach (TokenSequence window in windows)
        {
            Span<float> place = _chosen.AsSpan(at, window.Length * _width);
            if (_features.TryGetValue(window, out float[]? known))
                known.CopyTo(place);
            else
                Run(tape, [window], place);
            at += place.Length;
        }
    }

    /// <inheritdoc/>
    public override Variable Of(Tape tape, PackedInputs inputs) =>
        new(tape.Arena.Upload<float>(new Shape(("tokens", _tokens), ("C", _width)), _chosen.AsSpan(0, _tokens * _width)));

    private void Keep(Tape tape, List<TokenSequence> windows)
    {
        if (windows.Count == 0)
            return;
        var features = new float[windows.Sum(w => w.Length) * _width];
        Run(tape, windows, features);
        int at = 0;
        foreach (TokenSequence window in windows)
        {
            _features.Add(window, features.AsSpan(at, window.Length * _width).ToArray());
            at += window.Length * _width;
        }
        windows.Clear();
    }

    private void Run(Tape tape, IReadOnlyList<TokenSequence> windows, Span<float> features)
    {
        _batch.Clear();
        foreach (TokenSequence window in windows)
            _batch.Add(window);
        using (tape.Begin(TapeMode.Evaluation))
            Model.Encoder.Forward(tape, _batch.Upload(tape)).Value.Download(features);
    }
}
