using BareBert.Autograd;

namespace BareBert.Bert.Inference;

/// <summary>
/// The batches in which sequences are run that nothing is learned from: by tokens, the longest first, so that those of a length are
/// together and the largest batch comes first.
/// </summary>
internal static class EvaluationBatches
{
    /// <summary>Cuts sequences into batches of at most <see cref="PackedBatch.EvaluationTokens"/>, or of a single longer one.</summary>
    /// <param name="lengths">Tokens of each.</param>
    /// <returns>The numbers of each batch's sequences; every sequence is in one.</returns>
    public static IEnumerable<int[]> Of(IReadOnlyList<int> lengths)
    {
        int[] order = [.. Enumerable.Range(0, lengths.Count).OrderByDescending(i => lengths[i]).ThenBy(i => i)];
        for (int start = 0, end; start < order.Length; start = end)
        {
            int tokens = lengths[order[start]];
            for (end = start + 1; end < order.Length && tokens + lengths[order[end]] <= PackedBatch.EvaluationTokens; end++)
                tokens += lengths[order[end]];
            yield return order[start..end];
        }
    }

    /// <summary>Runs sequences batch by batch.</summary>
    /// <param name="tape">Its device runs them.</param>
    /// <param name="sequences">What is run.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <param name="run">Called in a step of its own with the batch on the device and the numbers of its sequences.</param>
    /// <param name="choose">Called before that step begins.</param>
    /// <param name="watch">Is told after each batch how many sequences are done.</param>
    /// <param name="what">What it is told of.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static void Run(
        Tape tape, IReadOnlyList<TokenSequence> sequences, CancellationToken cancel, Action<PackedInputs, int[]> run,
        Action<IReadOnlyList<TokenSequence>>? choose = null, Action<EvaluationProgress>? watch = null, string what = "")
    {
        var batch = new PackedBatch();
        var progress = new EvaluationProgress(what, 0, Math.Max(1, sequences.Count), 0);
        watch?.Invoke(progress);
        foreach (int[] rows in Of([.. sequences.Select(s => s.Length)]))
        {
            cancel.ThrowIfCancellationRequested();
            batch.Clear();
            foreach (int row in rows)
                batch.Add(sequences[row]);
            choose?.Invoke([.. rows.Select(row => sequences[row])]);
            using (tape.Begin(TapeMode.Evaluation))
                run(batch.Upload(tape), rows);
            progress = progress with { Done = progress.Done + rows.Length, Tokens = progress.Tokens + batch.Tokens };
            watch?.Invoke(progress);
        }
    }
}
