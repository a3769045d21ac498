using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>Fine-tuning for vectors of texts: what the trainer needs to know of it.</summary>
internal sealed class SentenceEmbeddingTask : ExampleTask
{
    private readonly SentenceExamples _train;
    private readonly IReadOnlyList<EmbeddingTest> _watched;
    private readonly double _factor;
    private readonly IProcessGroup _group;
    private readonly TextEmbedder _embedder;
    private readonly SentenceEvaluator _evaluator;

    /// <summary>Makes the task.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="model">With its modules.</param>
    /// <param name="train">What is learned from.</param>
    /// <param name="watched">What is evaluated, the deciding one first.</param>
    /// <param name="factor">The loss's scale.</param>
    /// <param name="maxLength">The most tokens of a text.</param>
    /// <param name="training">How.</param>
    public SentenceEmbeddingTask(
        IKernels kernels, BertModel model, SentenceExamples train, IReadOnlyList<EmbeddingTest> watched, double factor, int maxLength, ExampleTraining training)
        : base(kernels, model, train.Sequences, HeadReading.Of(model.Sentence!.Pooling), training, train.Parts)
    {
        (_train, _watched, _factor) = (train, watched, factor);
        _embedder = new TextEmbedder(kernels, model, maxLength, model.Sentence);
        _group = training.Group;
        _embedder.Group = _group;
        _evaluator = new SentenceEvaluator(_embedder, training.BatchSize, factor);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Evaluation> Evaluate(Tape tape, CancellationToken cancel, Action<EvaluationProgress>? watch = null) =>
        [.. _watched.Select(test => Judge(test, cancel, watch))];

    /// <summary>What the model as it is is worth.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Evaluation Judge(EmbeddingTest test, CancellationToken cancel, Action<EvaluationProgress>? watch = null)
    {
        _embedder.Watch = watch is null ? null : OfOnePart(test.Split, watch);
        return _evaluator.Evaluate(test, _group.Size > 1 ? default : cancel); // not all of it is shared out: several stop when it is done
    }

    // Texts of several kinds, as queries and documents, are embedded one kind after another: the tokens of all are the part's.
    private static Action<EvaluationProgress> OfOnePart(string split, Action<EvaluationProgress> watch)
    {
        (bool hasBegun, long earlier, long read) = (false, 0, 0);
        return progress =>
        {
            if (progress.Done == 0)
                earlier = read;
            read = earlier + progress.Tokens;
            watch(progress with { What = split, Done = hasBegun ? Math.Max(1, progress.Done) : progress.Done, Tokens = read });
            hasBegun = true;
        };
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _embedder.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override void AddLoss(Tape tape, Variable features, PackedInputs inputs, ReadOnlySpan<int> examples, Tensor total, double scale)
    {
        var pairs = new SentencePair[examples.Length];
        for (int i = 0; i < pairs.Length; i++)
            pairs[i] = _train.Pairs[examples[i]];
        InBatchNegatives.Apply(tape, features, pairs, _factor, total, scale);
    }
}
