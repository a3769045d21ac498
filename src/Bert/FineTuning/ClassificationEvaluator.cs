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
/// <param name="model">The model.</param>
/// <param name="head">Its head.</param>
public sealed class ClassificationEvaluator(BertModel model, ClassificationHead head)
{
    private const int TokensPerBatch = 4096;

    /// <summary>Loss and probabilities of all examples, in their order.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public ClassificationOutcome Evaluate(Tape tape, string split, EncodedExamples examples, CancellationToken cancel)
    {
        int classes = model.Layout.Labels;
        var probabilities = new float[examples.Count * classes];
        var batch = new PackedBatch();
        double loss = 0;
        for (int start = 0, end; start < examples.Count; start = end)
        {
            cancel.ThrowIfCancellationRequested();
            batch.Clear();
            for (end = start; end < examples.Count && (end == start || batch.Tokens + examples[end].Length <= TokensPerBatch); end++)
                batch.Add(examples[end]);
            using (tape.Begin(TapeMode.Evaluation))
            {
                PackedInputs inputs = batch.Upload(tape);
                Variable hidden = model.Encoder.Forward(tape, inputs);
                (Tensor losses, Tensor probs) = CrossEntropy.Apply(
                    tape, default, head.Logits(tape, hidden, inputs), tape.Upload(examples.Labels.AsSpan(start, end - start)), 1);
                probs.Download(probabilities.AsSpan(start * classes, (end - start) * classes));
                loss += losses.ToArray<float>().Sum(x => (double)x);
            }
        }
        return new ClassificationOutcome(split, loss / examples.Count, examples.Labels, probabilities, classes);
    }
}
