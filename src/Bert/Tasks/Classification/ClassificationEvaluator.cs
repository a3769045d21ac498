using BareBert.Autograd;
using BareBert.Autograd.Ops;

namespace BareBert.Bert;

/// <summary>What a classifier said about a set of examples.</summary>
/// <param name="Split">"train", "valid" or "test".</param>
/// <param name="Loss">Mean cross-entropy, without weights or smoothing.</param>
/// <param name="Labels">[n] true classes.</param>
/// <param name="Probabilities">[n, classes].</param>
/// <param name="Classes">Number of classes.</param>
public sealed record ClassificationOutcome(string Split, double Loss, int[] Labels, float[] Probabilities, int Classes)
{
    /// <summary>[n] the likeliest classes, the first where two are equal.</summary>
    public int[] Predictions => [.. Enumerable.Range(0, Labels.Length).Select(i => ArgMax(Probabilities.AsSpan(i * Classes, Classes)))];

    /// <summary>Precision, recall and the rest.</summary>
    public ClassificationReport Report() => ClassificationReport.Of(Labels, Predictions, Classes);

    /// <summary>ROC curves, one against the rest.</summary>
    public RocOneVsRest Roc() => RocOneVsRest.Compute(Labels, Probabilities, Classes);

    /// <summary>The figures by name.</summary>
    public Evaluation ToEvaluation()
    {
        List<Metric> metrics = [new("loss", Loss), .. Report().ToMetrics().Select(m => new Metric(m.Key, m.Value))];
        metrics.Add(new Metric("auc", Roc().HeadlineAuc ?? double.NaN));
        return new Evaluation(Split, metrics);
    }

    internal static int ArgMax(ReadOnlySpan<float> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best])
                best = i;
        }
        return best;
    }
}

/// <summary>Runs a classifier over examples. Nothing learns and nothing is random.</summary>
internal sealed class ClassificationEvaluator(BertModel model, ClassificationHead head, HeadInputs inputs)
{
    private readonly int _classes = model.Layout.Labels;
    private readonly BatchScorer _scorer = new(inputs, (tape, features, batch) => head.Logits(tape, features, batch.FirstSequence), HeadReading.FirstTokens);

    /// <summary>Loss and probabilities of labelled examples, in their order.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public ClassificationOutcome Evaluate(Tape tape, string split, EncodedExamples examples, CancellationToken cancel)
    {
        inputs.Prepare(tape, examples.Sequences, cancel);
        var probabilities = new float[examples.Count * _classes];
        double loss = 0;
        _scorer.Score(tape, examples.Sequences, cancel, (logits, _, rows) =>
        {
            (Tensor losses, Tensor probs) = CrossEntropy.Apply(tape, default, logits, tape.Upload([.. rows.Select(row => examples.Labels[row])]), 1);
            float[] batch = probs.ToArray<float>();
            for (int i = 0; i < rows.Length; i++)
                batch.AsSpan(i * _classes, _classes).CopyTo(probabilities.AsSpan(rows[i] * _classes));
            loss += losses.ToArray<float>().Sum(x => (double)x);
        });
        return new ClassificationOutcome(split, loss / examples.Count, examples.Labels, probabilities, _classes);
    }

    /// <summary>The classes' probabilities of sequences without labels: for each [classes].</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public float[][] Predict(Tape tape, IReadOnlyList<TokenSequence> sequences, CancellationToken cancel) =>
        [.. _scorer.Score(tape, sequences, cancel).Select(logits => Softmax(logits.Span))];

    private static float[] Softmax(ReadOnlySpan<float> logits)
    {
        double max = logits[0], sum = 0;
        foreach (float logit in logits)
            max = Math.Max(max, logit);
        var exponentials = new double[logits.Length];
        for (int i = 0; i < logits.Length; i++)
            sum += exponentials[i] = Math.Exp(logits[i] - max);
        return [.. exponentials.Select(e => (float)(e / sum))];
    }
}
