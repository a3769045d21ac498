using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>Fine-tuning for classes of words: what the trainer needs to know of it.</summary>
internal sealed class TokenClassificationTask : ExampleTask
{
    private readonly TokenClassificationHead _head;
    private readonly TokenExamples _train;
    private readonly IReadOnlyList<(string Split, TokenExamples Examples)> _watched;
    private readonly TokenEvaluator _evaluator;

    /// <summary>Makes the task.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="model">Laid out for it.</param>
    /// <param name="train">What is learned from.</param>
    /// <param name="watched">The splits that are evaluated, the deciding one first.</param>
    /// <param name="training">How.</param>
    public TokenClassificationTask(
        IKernels kernels, BertModel model, TokenExamples train, IReadOnlyList<(string Split, TokenExamples Examples)> watched, ExampleTraining training)
        : base(kernels, model, train.Sequences, HeadReading.AllTokens, training)
    {
        (_train, _watched, _head) = (train, watched, new TokenClassificationHead(model));
        _evaluator = new TokenEvaluator(model, Inputs);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Evaluation> Evaluate(Tape tape, CancellationToken cancel, Action<EvaluationProgress>? watch = null) =>
        [.. _watched.Select(split => Judge(tape, split.Split, split.Examples, cancel, watch).ToEvaluation())];

    /// <summary>What the model as it is says of a split.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public TokenOutcome Judge(Tape tape, string split, TokenExamples examples, CancellationToken cancel, Action<EvaluationProgress>? watch = null) =>
        _evaluator.Evaluate(tape, split, examples, cancel, watch);

    /// <inheritdoc/>
    protected override double WeightOf(ReadOnlySpan<int> examples)
    {
        int words = 0;
        foreach (int example in examples)
            words += _train.LabelsOf[example].Count(label => label != Labels.Ignore);
        return Math.Max(1, words);
    }

    /// <inheritdoc/>
    protected override void AddLoss(Tape tape, Variable features, PackedInputs inputs, ReadOnlySpan<int> examples, Tensor total, double scale)
    {
        var labels = new List<int>();
        foreach (int example in examples)
            labels.AddRange(_train.LabelsOf[example]);
        CrossEntropy.Apply(tape, total, _head.Logits(tape, features, inputs), tape.Upload(labels.ToArray()), scale);
    }
}
