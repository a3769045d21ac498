using BareBert.Autograd;
using BareBert.Autograd.Ops;

namespace BareBert.Bert.Tasks;

/// <summary>Runs a classifier over examples. Nothing learns and nothing is random.</summary>
internal sealed class ClassificationEvaluator(BertModel model, ClassificationHead head, HeadInputs inputs)
{
    private readonly int _classes = model.Layout.Labels;
    private readonly BatchScorer _scorer = new(inputs, (tape, features, batch) => head.Logits(tape, features, batch.FirstSequence), head.Reading);

    /// <summary>What the outputs are made into.</summary>
    public ScoreKind Scores { get; } = ScoreKinds.Of(model.Config, model.Layout.Labels);

    /// <summary>What the labels of data for the model mean.</summary>
    public ProblemType Problem => Scores.ProblemOf(_classes);

    /// <summary>Loss and probabilities or scores of labelled examples, in their order.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public TextOutcome Evaluate(Tape tape, string split, EncodedExamples examples, CancellationToken cancel, Action<EvaluationProgress>? watch = null)
    {
        inputs.Prepare(tape, examples.Sequences, cancel, watch);
        return examples.ProblemType == ProblemType.SingleLabel ? OfClasses(tape, split, examples, cancel, watch) : OfTargets(tape, split, examples, cancel, watch);
    }

    private ClassificationOutcome OfClasses(Tape tape, string split, EncodedExamples examples, CancellationToken cancel, Action<EvaluationProgress>? watch)
    {
        var probabilities = new float[examples.Count * _classes];
        double loss = 0;
        _scorer.Score(tape, examples.Sequences, cancel, (logits, _, rows) =>
        {
            (Tensor losses, Tensor probs) = CrossEntropy.Apply(tape, default, logits, tape.Upload([.. rows.Select(row => examples.Labels[row])]), 1);
            return [.. probs.ToArray<float>(), .. losses.ToArray<float>()];
        }, (rows, batch) =>
        {
            for (int i = 0; i < rows.Length; i++)
                batch.Span.Slice(i * _classes, _classes).CopyTo(probabilities.AsSpan(rows[i] * _classes));
            loss += batch[(rows.Length * _classes)..].ToArray().Sum(x => (double)x);
        }, watch, split);
        return new ClassificationOutcome(split, loss / examples.Count, examples.Labels, probabilities, _classes);
    }

    private TextOutcome OfTargets(Tape tape, string split, EncodedExamples examples, CancellationToken cancel, Action<EvaluationProgress>? watch)
    {
        float[] logits = [.. _scorer.Score(tape, examples.Sequences, cancel, watch: watch, what: split).SelectMany(row => row.ToArray())];
        float[] scores = Scores.Apply(logits);
        bool areLabels = examples.ProblemType == ProblemType.MultiLabel;
        double loss = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            double x = logits[i], t = examples.Targets[i], distance = scores[i] - t;
            loss += areLabels ? Math.Max(x, 0) - t * x + Math.Log(1 + Math.Exp(-Math.Abs(x))) : distance * distance;
        }
        loss /= logits.Length;
        return areLabels ? new MultiLabelOutcome(split, loss, examples.Targets, scores, _classes) : new RegressionOutcome(split, loss, examples.Targets, scores, _classes);
    }

    /// <summary>The classes' probabilities, or a regression's scores, of sequences without labels: for each [classes].</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public float[][] Predict(Tape tape, IReadOnlyList<TokenSequence> sequences, CancellationToken cancel, Action<EvaluationProgress>? watch = null) =>
        [.. _scorer.Score(tape, sequences, cancel, watch: watch, what: "texts").Select(logits => Scores.Apply(logits.Span))];
}
