using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;

namespace BareBert.Bert;

/// <summary>How question answering is fine-tuned.</summary>
/// <param name="BatchSize">Windows of a micro-batch.</param>
/// <param name="Accumulate">Micro-batches of a step.</param>
/// <param name="Seed">Order of the windows.</param>
/// <param name="Decoder">How scores become answers.</param>
/// <param name="FeatureCache">
/// The encoder is frozen: it runs once over the windows, without dropout, and what it says is kept in up to so many bytes of
/// memory. Windows beyond that are run each time. Null: it is not frozen.
/// </param>
public sealed record QaTraining(int BatchSize, int Accumulate, ulong Seed, QaDecoder Decoder, long? FeatureCache = null);

/// <summary>Fine-tuning for question answering: what the trainer needs to know of it.</summary>
public sealed class QuestionAnsweringTask : ITrainingTask
{
    private readonly BertModel _model;
    private readonly QuestionAnsweringHead _head;
    private readonly QaExamples _train;
    private readonly IReadOnlyList<(string Split, QaExamples Examples)> _watched;
    private readonly QaTraining _training;
    private readonly WindowFeatures _features;
    private readonly QaEvaluator _evaluator;
    private readonly Arena _fixed;
    private readonly Tensor _total;
    private readonly PackedBatch _batch = new();
    private readonly List<TokenSequence> _sequences = [];
    private readonly List<int> _starts = [], _ends = [];
    private readonly Metric[] _losses = new Metric[1];
    private readonly int[] _lengths;
    private readonly bool _mayHaveNoAnswer;
    private int[] _order = [];
    private int _epoch, _next, _windowStart, _windowEnd;

    /// <summary>Makes the task.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="model">Laid out for question answering.</param>
    /// <param name="train">What is learned from.</param>
    /// <param name="watched">The splits that are evaluated, the deciding one first: the no-answer threshold is chosen on it.</param>
    /// <param name="training">How.</param>
    public QuestionAnsweringTask(
        IKernels kernels, BertModel model, QaExamples train, IReadOnlyList<(string Split, QaExamples Examples)> watched, QaTraining training)
    {
        (_model, _train, _watched, _training) = (model, train, watched, training);
        _head = new QuestionAnsweringHead(model);
        _features = training.FeatureCache is long memory ? new CachedWindows(model, memory) : new EncodedWindows(model);
        _evaluator = new QaEvaluator(model, training.Decoder, _features);
        _fixed = new Arena(kernels.Memory);
        _total = _fixed.Zeros(new Shape(1), kernels.ElementType);
        _lengths = train.Lengths;
        _mayHaveNoAnswer = train.Data.HasUnanswerable || watched.Any(w => w.Examples.Data.HasUnanswerable);
    }

    /// <inheritdoc/>
    public ParameterSet Parameters => _model.Parameters;

    /// <summary>Whether the memory for a frozen encoder's output was enough for all windows; true where nothing is kept.</summary>
    public bool KeepsAllFeatures => _features is not CachedWindows { IsComplete: false };

    /// <summary>Bytes that a frozen encoder's output of all windows takes.</summary>
    public long FeatureBytes => CachedWindows.BytesOf(_train.Tokens + _watched.Sum(w => w.Examples.Tokens), _model.Config.HiddenSize);

    /// <summary>The no-answer threshold of the last evaluation; null where every question has an answer.</summary>
    public double? Threshold => _model.Config.NoAnswerThreshold;

    private int WindowSize => _training.BatchSize * _training.Accumulate;

    /// <inheritdoc/>
    public int StepsIn(int epoch) => (_train.Count + WindowSize - 1) / WindowSize;

    /// <inheritdoc/>
    public void Seek(int epoch, int step) =>
        (_order, _next, _epoch) = (LengthGroupedOrder.Of(_lengths, _training.BatchSize, _training.Seed, epoch), step * WindowSize, epoch);

    /// <inheritdoc/>
    public WindowSize NextWindow(CancellationToken cancel)
    {
        if (_next >= _train.Count)
            Seek(_epoch + 1, 0);
        (_windowStart, _windowEnd) = (_next, Math.Min(_next + WindowSize, _train.Count));
        _next = _windowEnd;
        int tokens = 0;
        for (int i = _windowStart; i < _windowEnd; i++)
            tokens += _lengths[_order[i]];
        return new WindowSize(_windowEnd - _windowStart, tokens);
    }

    /// <inheritdoc/>
    public void ForwardBackward(Tape tape, TapeMode mode)
    {
        _features.Prepare(tape, _train, default);
        _total.Zero();
        double scale = 1.0 / (_windowEnd - _windowStart);
        int firstToken = 0, firstSequence = 0;
        for (int start = _windowStart; start < _windowEnd; start += _training.BatchSize)
        {
            Collect(start, Math.Min(start + _training.BatchSize, _windowEnd));
            _features.Choose(tape, _sequences);
            using (tape.Begin(mode))
            {
                PackedInputs inputs = _batch.Upload(tape, firstToken, firstSequence);
                Variable logits = _head.Logits(tape, _features.Of(tape, inputs), inputs);
                SpanCrossEntropy.Apply(tape, _total, logits, inputs.Offsets, tape.Upload(_starts.ToArray()), tape.Upload(_ends.ToArray()), scale);
                tape.Backward();
            }
            firstToken += _batch.Tokens;
            firstSequence += _batch.Sequences;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<Metric> ReadLosses()
    {
        _losses[0] = new Metric("loss", Scalars.Read(_total));
        return _losses;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Evaluation> Evaluate(Tape tape, CancellationToken cancel)
    {
        var evaluations = new List<Evaluation>();
        foreach ((string split, QaExamples examples) in _watched)
        {
            QaOutcome outcome = _evaluator.Evaluate(tape, split, examples, cancel);
            if (evaluations.Count == 0)
            {
                double? best = _mayHaveNoAnswer ? outcome.BestThreshold() : null;
                _model.Reconfigure(config => config with { NoAnswerThreshold = best });
            }
            evaluations.Add(outcome.ToEvaluation(Threshold));
        }
        return evaluations;
    }

    /// <inheritdoc/>
    public void SaveModel(string directory) => _model.Save(directory);

    /// <inheritdoc/>
    public void Dispose() => _fixed.Dispose();

    private void Collect(int start, int end)
    {
        _batch.Clear();
        _sequences.Clear();
        _starts.Clear();
        _ends.Clear();
        for (int i = start; i < end; i++)
        {
            QaWindow window = _train[_order[i]];
            _batch.Add(window.Tokens);
            _sequences.Add(window.Tokens);
            _starts.Add(window.Start);
            _ends.Add(window.End);
        }
    }
}
