using BareBert.Autograd;
using BareBert.Autograd.Ops;

namespace BareBert.Bert.Tasks;

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
