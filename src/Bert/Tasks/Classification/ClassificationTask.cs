using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>How a classifier is fine-tuned.</summary>
/// <param name="BatchSize">Examples of a micro-batch.</param>
/// <param name="Accumulate">Micro-batches of a step.</param>
/// <param name="Seed">Order of the examples.</param>
/// <param name="ClassWeights">A weight for each class's loss; of labels that hold or not, for those that hold; none where null.</param>
/// <param name="LabelSmoothing">ε of the target distribution.</param>
/// <param name="FeatureCache">The encoder is frozen, and what it says is kept in so many bytes; null: it is not frozen.</param>
public sealed record ClassificationTraining(
    int BatchSize, int Accumulate, ulong Seed, float[]? ClassWeights = null, double LabelSmoothing = 0, long? FeatureCache = null)
    : ExampleTraining(BatchSize, Accumulate, Seed, FeatureCache);

/// <summary>A part of the data that is evaluated while training.</summary>
/// <param name="Name">"valid" or "test".</param>
/// <param name="Examples">Its examples.</param>
public sealed record EvaluationSplit(string Name, EncodedExamples Examples);

/// <summary>Fine-tuning for classification: what the trainer needs to know of it.</summary>
public sealed class ClassificationTask : ExampleTask
{
    private readonly ClassificationHead _head;
    private readonly EncodedExamples _train;
    private readonly IReadOnlyList<EvaluationSplit> _watched;
    private readonly ClassificationTraining _training;
    private readonly ClassificationEvaluator _evaluator;
    private readonly Arena _fixed;
    private readonly Tensor _classWeights;

    /// <summary>Makes the task.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="model">Laid out for classification.</param>
    /// <param name="train">What is learned from.</param>
    /// <param name="watched">The splits that are evaluated, the deciding one first.</param>
    /// <param name="training">How.</param>
    public ClassificationTask(
        IKernels kernels, BertModel model, EncodedExamples train, IReadOnlyList<EvaluationSplit> watched, ClassificationTraining training)
        : base(kernels, model, train.Sequences, HeadReading.Of(model.Config.ClassifierPooling), training)
    {
        (_train, _watched, _training) = (train, watched, training);
        _head = new ClassificationHead(model);
        _evaluator = new ClassificationEvaluator(model, _head, Inputs);
        if (_evaluator.Problem != train.ProblemType || model.Layout.Labels != train.Outputs)
        {
            throw new InputException($"the labels are for {ProblemTypes.NameOf(train.ProblemType)} with {train.Outputs} outputs, and the model gives {model.Layout.Labels} "
                + $"for {ProblemTypes.NameOf(_evaluator.Problem)}: its configuration's problem_type is {model.Config.ProblemType ?? "missing"}");
        }
        _fixed = new Arena(kernels.Memory);
        _classWeights = training.ClassWeights is null ? default : _fixed.Upload<float>(new Shape(training.ClassWeights.Length), training.ClassWeights);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Evaluation> Evaluate(Tape tape, CancellationToken cancel, Action<EvaluationProgress>? watch = null) =>
        [.. _watched.Select(split => Judge(tape, split, cancel, watch).ToEvaluation())];

    /// <summary>What the model as it is says of a split.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public TextOutcome Judge(Tape tape, EvaluationSplit split, CancellationToken cancel, Action<EvaluationProgress>? watch = null) =>
        _evaluator.Evaluate(tape, split.Name, split.Examples, cancel, watch);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _fixed.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override void AddLoss(Tape tape, Variable features, PackedInputs inputs, ReadOnlySpan<int> examples, Tensor total, double scale)
    {
        Variable logits = _head.Logits(tape, features, inputs.FirstSequence);
        switch (_train.ProblemType)
        {
            case ProblemType.MultiLabel:
                SigmoidCrossEntropy.Apply(tape, total, logits, Upload(tape, logits, Smoothed(_train.TargetsOf(examples))), scale / _train.Outputs, _classWeights);
                break;
            case ProblemType.Regression:
                SquaredError.Apply(tape, total, logits, Upload(tape, logits, _train.TargetsOf(examples)), scale / _train.Outputs);
                break;
            default:
                int[] labels = new int[examples.Length];
                for (int i = 0; i < labels.Length; i++)
                    labels[i] = _train.Labels[examples[i]];
                CrossEntropy.Apply(tape, total, logits, tape.Upload(labels), scale, _classWeights, _training.LabelSmoothing);
                break;
        }
    }

    private static Tensor Upload(Tape tape, Variable logits, float[] targets) => tape.Arena.Upload<float>(logits.Shape, targets);

    // Of each label's two outcomes either gets half of what smoothing takes.
    private float[] Smoothed(float[] targets)
    {
        double smoothing = _training.LabelSmoothing;
        return smoothing == 0 ? targets : Array.ConvertAll(targets, t => (float)(t * (1 - smoothing) + smoothing / 2));
    }

    // PyTorch's weighted mean: the sum of weighted losses over the sum of the weights of the examples' own classes, smoothing or not.
    /// <inheritdoc/>
    protected override double WeightOf(ReadOnlySpan<int> examples)
    {
        if (_training.ClassWeights is null || _train.ProblemType != ProblemType.SingleLabel)
            return base.WeightOf(examples);
        double weight = 0;
        foreach (int example in examples)
            weight += _training.ClassWeights[_train.Labels[example]];
        return weight;
    }
}
