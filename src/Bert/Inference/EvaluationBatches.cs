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

    /// <summary>Runs sequences batch by batch; of several processes each runs some, and all get what all gave.</summary>
    /// <param name="tape">Its device runs them.</param>
    /// <param name="sequences">What is run.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <param name="run">Called in a step of its own with the batch on the device and the numbers of its sequences; gives what is wanted of it.</param>
    /// <param name="take">Takes the numbers of each batch's sequences and what it gave, batch after batch.</param>
    /// <param name="choose">Called before that step begins.</param>
    /// <param name="watch">Is told after each batch how many sequences are done.</param>
    /// <param name="what">What it is told of.</param>
    /// <param name="group">The processes that share the batches out; null: there is one.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static void Run(
        Tape tape, IReadOnlyList<TokenSequence> sequences, CancellationToken cancel, Func<PackedInputs, int[], float[]> run, Action<int[], float[]> take,
        Action<IReadOnlyList<TokenSequence>>? choose = null, Action<EvaluationProgress>? watch = null, string what = "", IProcessGroup? group = null)
    {
        var batch = new PackedBatch();
        var progress = new EvaluationProgress(what, 0, Math.Max(1, sequences.Count), 0);
        watch?.Invoke(progress);
        int[][] batches = [.. Of([.. sequences.Select(s => s.Length)])];
        int told = 0;
        SharedWork.Run(group ?? OneProcess.Instance, batches.Length, index =>
        {
            int[] rows = batches[index];
            batch.Clear();
            foreach (int row in rows)
                batch.Add(sequences[row]);
            choose?.Invoke([.. rows.Select(row => sequences[row])]);
            using (tape.Begin(TapeMode.Evaluation))
                return run(batch.Upload(tape), rows);
        }, (index, values) => take(batches[index], values), cancel, done =>
        {
            for (; told < done; told++)
                progress = progress with { Done = progress.Done + batches[told].Length, Tokens = progress.Tokens + batches[told].Sum(row => sequences[row].Length) };
            watch?.Invoke(progress);
        });
    }
}
