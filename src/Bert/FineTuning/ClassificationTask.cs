using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;

namespace BareBert.Bert;

/// <summary>How a classifier is fine-tuned.</summary>
/// <param name="BatchSize">Examples of a micro-batch.</param>
/// <param name="Accumulate">Micro-batches of a step.</param>
/// <param name="Seed">Order of the examples.</param>
/// <param name="ClassWeights">A weight for each class's loss; none where null.</param>
/// <param name="LabelSmoothing">ε of the target distribution.</param>
public sealed record ClassificationTraining(
    int BatchSize, int Accumulate, ulong Seed, float[]? ClassWeights = null, double LabelSmoothing = 0);

/// <summary>Fine-tuning for classification: what the trainer needs to know of it.</summary>
public sealed class ClassificationTask : ITrainingTask
{
    private readonly BertModel _model;
    private readonly ClassificationHead _head;
    private readonly EncodedExamples _train;
    private readonly IReadOnlyList<(string Split, EncodedExamples Examples)> _watched;
    private readonly ClassificationTraining _training;
    private readonly ClassificationEvaluator _evaluator;
    private readonly Arena _fixed;
    private readonly Tensor _total, _classWeights;
    private readonly PackedBatch _batch = new();
    private readonly List<int> _labels = [];
    private readonly Metric[] _losses = new Metric[1];
    private readonly int[] _lengths;
    private int[] _order = [];
    private int _next, _windowStart, _windowEnd;

    /// <summary>Makes the task.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="model">Laid out for classification.</param>
    /// <param name="train">What is learned from.</param>
    /// <param name="watched">The splits that are evaluated, the deciding one first.</param>
    /// <param name="training">How.</param>
    public ClassificationTask(
        IKernels kernels, BertModel model, EncodedExamples train,
        IReadOnlyList<(string Split, EncodedExamples Examples)> watched, ClassificationTraining training)
    {
        (_model, _train, _watched, _training) = (model, train, watched, training);
        _head = new ClassificationHead(model);
        _evaluator = new ClassificationEvaluator(model, _head);
        _fixed = new Arena(kernels.Memory);
        _total = _fixed.Zeros(new Shape(1), kernels.ElementType);
        _classWeights = training.ClassWeights is null ? default : _fixed.Upload<float>(new Shape(training.ClassWeights.Length), training.ClassWeights);
        _lengths = train.Lengths;
    }

    /// <inheritdoc/>
    public ParameterSet Parameters => _model.Parameters;

    private int WindowSize => _training.BatchSize * _training.Accumulate;

    /// <inheritdoc/>
    public int StepsIn(int epoch) => (_train.Count + WindowSize - 1) / WindowSize;

    /// <inheritdoc/>
    public void Seek(int epoch, int step) => (_order, _next, _epoch) = (Order(epoch), step * WindowSize, epoch);

    private int _epoch;

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
        _total.Zero();
        double scale = 1 / WindowWeight();
        int firstToken = 0, firstSequence = 0;
        for (int start = _windowStart; start < _windowEnd; start += _training.BatchSize)
        {
            Collect(start, Math.Min(start + _training.BatchSize, _windowEnd));
            using (tape.Begin(mode))
            {
                PackedInputs inputs = _batch.Upload(tape, firstToken, firstSequence);
                Variable hidden = _model.Encoder.Forward(tape, inputs);
                CrossEntropy.Apply(tape, _total, _head.Logits(tape, hidden, inputs), tape.Upload(_labels.ToArray()), scale,
                    _classWeights, _training.LabelSmoothing);
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
    public IReadOnlyList<Evaluation> Evaluate(Tape tape, CancellationToken cancel) =>
        [.. _watched.Select(w => _evaluator.Evaluate(tape, w.Split, w.Examples, cancel).ToEvaluation())];

    /// <inheritdoc/>
    public void SaveModel(string directory) => _model.Save(directory);

    /// <inheritdoc/>
    public void Dispose() => _fixed.Dispose();

    private int[] Order(int epoch) => LengthGroupedOrder.Of(_lengths, _training.BatchSize, _training.Seed, epoch);

    // PyTorch's weighted mean: the sum of weighted losses over the sum of the weights.
    private double WindowWeight()
    {
        if (_training.ClassWeights is null)
            return _windowEnd - _windowStart;
        double weight = 0;
        for (int i = _windowStart; i < _windowEnd; i++)
            weight += _training.ClassWeights[_train.Labels[_order[i]]];
        return weight;
    }

    private void Collect(int start, int end)
    {
        _batch.Clear();
        _labels.Clear();
        for (int i = start; i < end; i++)
        {
            _batch.Add(_train[_order[i]]);
            _labels.Add(_train.Labels[_order[i]]);
        }
    }
}
