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
/// <param name="CachesEncoder">
/// The encoder is frozen: it runs once over every example, without dropout, and the head learns from what it said.
/// </param>
public sealed record ClassificationTraining(
    int BatchSize, int Accumulate, ulong Seed, float[]? ClassWeights = null, double LabelSmoothing = 0, bool CachesEncoder = false);

/// <summary>A part of the data that is evaluated while training.</summary>
/// <param name="Name">"valid" or "test".</param>
/// <param name="Examples">Its examples.</param>
public sealed record EvaluationSplit(string Name, EncodedExamples Examples);

/// <summary>Fine-tuning for classification: what the trainer needs to know of it.</summary>
public sealed class ClassificationTask : ITrainingTask
{
    private readonly BertModel _model;
    private readonly ClassificationHead _head;
    private readonly EncodedExamples _train;
    private readonly IReadOnlyList<EvaluationSplit> _watched;
    private readonly ClassificationTraining _training;
    private readonly IHeadInputs _inputs;
    private readonly ClassificationEvaluator _evaluator;
    private readonly Arena _fixed;
    private readonly Tensor _total, _classWeights;
    private readonly Metric[] _losses = new Metric[1];
    private readonly int[] _lengths;
    private int[] _order = [];
    private int _epoch, _next, _windowStart, _windowEnd;

    /// <summary>Makes the task.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="model">Laid out for classification.</param>
    /// <param name="train">What is learned from.</param>
    /// <param name="watched">The splits that are evaluated, the deciding one first.</param>
    /// <param name="training">How.</param>
    public ClassificationTask(
        IKernels kernels, BertModel model, EncodedExamples train, IReadOnlyList<EvaluationSplit> watched, ClassificationTraining training)
    {
        (_model, _train, _watched, _training) = (model, train, watched, training);
        _head = new ClassificationHead(model);
        _inputs = training.CachesEncoder ? new CachedInputs(model) : new EncoderInputs(model);
        _evaluator = new ClassificationEvaluator(_head, _inputs, model.Layout.Labels);
        _fixed = new Arena(kernels.Memory);
        _total = _fixed.Zeros(new Shape(1), kernels.ElementType);
        _classWeights = training.ClassWeights is null ? default : _fixed.Upload<float>(new Shape(training.ClassWeights.Length), training.ClassWeights);
        _lengths = train.Lengths;
    }

    /// <inheritdoc/>
    public ParameterSet Parameters => _model.Parameters;

    private int ExamplesInWindow => _training.BatchSize * _training.Accumulate;

    /// <inheritdoc/>
    public int StepsIn(int epoch) => (_train.Count + ExamplesInWindow - 1) / ExamplesInWindow;

    /// <inheritdoc/>
    public void Seek(int epoch, int step)
    {
        _order = LengthGroupedOrder.Of(_lengths, _training.BatchSize, _training.Seed, epoch);
        (_epoch, _next) = (epoch, step * ExamplesInWindow);
    }

    /// <inheritdoc/>
    public WindowSize NextWindow(CancellationToken cancel)
    {
        if (_next >= _train.Count)
            Seek(_epoch + 1, 0);
        (_windowStart, _windowEnd) = (_next, Math.Min(_next + ExamplesInWindow, _train.Count));
        _next = _windowEnd;
        return new WindowSize(_windowEnd - _windowStart, TokensOf(_windowStart, _windowEnd));
    }

    /// <inheritdoc/>
    public void ForwardBackward(Tape tape, TapeMode mode)
    {
        Prepare(tape, _train, default);
        _total.Zero();
        double scale = 1 / WindowWeight();
        int firstToken = 0;
        for (int start = _windowStart, end; start < _windowEnd; start = end)
        {
            end = Math.Min(start + _training.BatchSize, _windowEnd);
            int[] rows = _order[start..end];
            int firstSequence = start - _windowStart;
            using (tape.Begin(mode))
            {
                Variable logits = _head.Logits(tape, _inputs.Of(tape, _train, rows, firstToken, firstSequence), firstSequence);
                Tensor labels = tape.Upload([.. rows.Select(row => _train.Labels[row])]);
                CrossEntropy.Apply(tape, _total, logits, labels, scale, _classWeights, _training.LabelSmoothing);
                tape.Backward();
            }
            firstToken += TokensOf(start, end);
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
        [.. _watched.Select(split => Judge(tape, split, cancel).ToEvaluation())];

    /// <summary>What the model as it is says of a split.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public ClassificationOutcome Judge(Tape tape, EvaluationSplit split, CancellationToken cancel)
    {
        Prepare(tape, split.Examples, cancel);
        return _evaluator.Evaluate(tape, split.Name, split.Examples, cancel);
    }

    /// <inheritdoc/>
    public void SaveModel(string directory) => _model.Save(directory);

    /// <inheritdoc/>
    public void Dispose() => _fixed.Dispose();

    private void Prepare(Tape tape, EncodedExamples examples, CancellationToken cancel) => (_inputs as CachedInputs)?.Add(tape, examples, cancel);

    private int TokensOf(int start, int end)
    {
        int tokens = 0;
        for (int i = start; i < end; i++)
            tokens += _lengths[_order[i]];
        return tokens;
    }

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
}
