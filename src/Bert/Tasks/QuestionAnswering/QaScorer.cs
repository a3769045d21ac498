using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;

namespace BareBert.Bert;

/// <summary>What a model gives to windows.</summary>
/// <param name="Logits">For each window [T, 2].</param>
/// <param name="Loss">Mean loss of the windows whose answer is known; NaN where there are none.</param>
internal sealed record QaScores(IReadOnlyList<ReadOnlyMemory<float>> Logits, double Loss);

/// <summary>Runs a question answering model over windows. Nothing learns and nothing is random.</summary>
/// <param name="model">Laid out for <see cref="BertTasks.QuestionAnswering"/>.</param>
/// <param name="features">What the head reads.</param>
internal sealed class QaScorer(BertModel model, WindowFeatures features)
{
    private readonly QuestionAnsweringHead _head = new(model);

    /// <summary>Scores windows, those of a length together.</summary>
    /// <param name="tape">Its device runs them.</param>
    /// <param name="windows">The windows.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public QaScores Score(Tape tape, IReadOnlyList<QaWindow> windows, CancellationToken cancel)
    {
        var logits = new ReadOnlyMemory<float>[windows.Count];
        int[] order = [.. Enumerable.Range(0, windows.Count).OrderByDescending(i => windows[i].Tokens.Length).ThenBy(i => i)];
        var batch = new PackedBatch();
        double loss = 0;
        for (int start = 0, end; start < order.Length; start = end)
        {
            cancel.ThrowIfCancellationRequested();
            batch.Clear();
            for (end = start; end < order.Length && (end == start || batch.Tokens + windows[order[end]].Tokens.Length <= PackedBatch.EvaluationTokens); end++)
                batch.Add(windows[order[end]].Tokens);
            loss += Run(tape, batch, windows, order.AsSpan(start, end - start), logits);
        }
        int labelled = windows.Count(w => w.IsLabelled);
        return new QaScores(logits, labelled > 0 ? loss / labelled : double.NaN);
    }

    // One batch; returns the sum of its losses.
    private double Run(Tape tape, PackedBatch batch, IReadOnlyList<QaWindow> windows, ReadOnlySpan<int> chosen, ReadOnlyMemory<float>[] logits)
    {
        int[] starts = new int[chosen.Length], ends = new int[chosen.Length];
        for (int i = 0; i < chosen.Length; i++)
            (starts[i], ends[i]) = (windows[chosen[i]].Start, windows[chosen[i]].End);
        var values = new float[2 * batch.Tokens];
        double loss = 0;
        features.Choose(tape, [.. chosen.ToArray().Select(w => windows[w].Tokens)]);
        using (tape.Begin(TapeMode.Evaluation))
        {
            PackedInputs inputs = batch.Upload(tape);
            Variable scores = _head.Logits(tape, features.Of(tape, inputs), inputs);
            (Tensor losses, _) = SpanCrossEntropy.Apply(tape, default, scores, inputs.Offsets, tape.Upload(starts), tape.Upload(ends), 1);
            scores.Value.Download(values.AsSpan());
            foreach (float one in losses.ToArray<float>())
                loss += one;
        }
        for (int i = 0; i < chosen.Length; i++)
            logits[chosen[i]] = values.AsMemory(2 * batch.Offsets[i], 2 * (batch.Offsets[i + 1] - batch.Offsets[i]));
        return loss;
    }
}
