using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>How question answering is fine-tuned.</summary>
/// <param name="BatchSize">Windows of a micro-batch.</param>
/// <param name="Accumulate">Micro-batches of a step.</param>
/// <param name="Seed">Order of the windows.</param>
/// <param name="Decoder">How scores become answers.</param>
/// <param name="FeatureCache">The encoder is frozen, and what it says is kept in so many bytes; null: it is not frozen.</param>
internal sealed record QaTraining(int BatchSize, int Accumulate, ulong Seed, QaDecoder Decoder, long? FeatureCache = null)
    : ExampleTraining(BatchSize, Accumulate, Seed, FeatureCache);

/// <summary>Fine-tuning for question answering: what the trainer needs to know of it.</summary>
internal sealed class QuestionAnsweringTask : ExampleTask
{
    private readonly QuestionAnsweringHead _head;
    private readonly QaExamples _train;
    private readonly IReadOnlyList<(string Split, QaExamples Examples)> _watched;
    private readonly QaEvaluator _evaluator;
    private readonly bool _mayHaveNoAnswer;

    /// <summary>Makes the task.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="model">Laid out for question answering.</param>
    /// <param name="train">What is learned from.</param>
    /// <param name="watched">The splits that are evaluated, the deciding one first: the no-answer threshold is chosen on it.</param>
    /// <param name="training">How.</param>
    public QuestionAnsweringTask(
        IKernels kernels, BertModel model, QaExamples train, IReadOnlyList<(string Split, QaExamples Examples)> watched, QaTraining training)
        : base(kernels, model, train.Sequences, HeadReading.AllTokens, training)
    {
        (_train, _watched) = (train, watched);
        _head = new QuestionAnsweringHead(model);
        _evaluator = new QaEvaluator(model, training.Decoder, Inputs);
        _mayHaveNoAnswer = train.Data.HasUnanswerable || watched.Any(w => w.Examples.Data.HasUnanswerable);
    }

    /// <summary>The no-answer threshold of the last evaluation; null where every question has an answer.</summary>
    public double? Threshold => Model.Config.NoAnswerThreshold;

    /// <inheritdoc/>
    public override IReadOnlyList<Evaluation> Evaluate(Tape tape, CancellationToken cancel, Action<EvaluationProgress>? watch = null)
    {
        var evaluations = new List<Evaluation>();
        foreach ((string split, QaExamples examples) in _watched)
        {
            QaOutcome outcome = _evaluator.Evaluate(tape, split, examples, cancel, watch);
            if (evaluations.Count == 0)
            {
                double? best = _mayHaveNoAnswer ? outcome.BestThreshold() : null;
                Model.Reconfigure(config => config with { NoAnswerThreshold = best });
            }
            evaluations.Add(outcome.ToEvaluation(Threshold));
        }
        return evaluations;
    }

    /// <inheritdoc/>
    protected override void AddLoss(Tape tape, Variable features, PackedInputs inputs, ReadOnlySpan<int> examples, Tensor total, double scale)
    {
        int[] starts = new int[examples.Length], ends = new int[examples.Length];
        for (int i = 0; i < starts.Length; i++)
            (starts[i], ends[i]) = (_train[examples[i]].Start, _train[examples[i]].End);
        SpanCrossEntropy.Apply(tape, total, _head.Logits(tape, features, inputs), inputs.Offsets, tape.Upload(starts), tape.Upload(ends), scale);
    }
}
