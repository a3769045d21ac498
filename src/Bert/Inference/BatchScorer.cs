using BareBert.Autograd;

namespace BareBert.Bert.Inference;

/// <summary>Runs encoder and head over sequences. Nothing learns and nothing is random.</summary>
/// <param name="inputs">What the head reads.</param>
/// <param name="head">The head: scores, [rows, n], of what it reads.</param>
/// <param name="reading">Says how many rows a sequence has.</param>
internal sealed class BatchScorer(HeadInputs inputs, Func<Tape, Variable, PackedInputs, Variable> head, HeadReading reading)
{
    /// <summary>The head's scores.</summary>
    /// <param name="tape">Its device runs the model.</param>
    /// <param name="sequences">What is scored.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <param name="look">Called with a batch's scores while they are on the device, the batch, and the numbers of its sequences; gives what else is wanted.</param>
    /// <param name="take">Takes, batch after batch, the numbers of its sequences and what <paramref name="look"/> gave.</param>
    /// <param name="watch">Is told how far it has come.</param>
    /// <param name="what">What it is told of.</param>
    /// <returns>For each sequence [rows, n].</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public ReadOnlyMemory<float>[] Score(
        Tape tape, IReadOnlyList<TokenSequence> sequences, CancellationToken cancel, Func<Variable, PackedInputs, int[], float[]>? look = null,
        Action<int[], ReadOnlyMemory<float>>? take = null, Action<EvaluationProgress>? watch = null, string what = "")
    {
        var scores = new ReadOnlyMemory<float>[sequences.Count];
        EvaluationBatches.Run(tape, sequences, cancel, watch: watch, what: what, group: inputs.Group, choose: chosen => inputs.Choose(tape, chosen), run: (batch, rows) =>
        {
            Variable all = head(tape, inputs.Of(tape, batch), batch);
            float[] more = look?.Invoke(all, batch, rows) ?? [], values = FiniteValues.Of(all.Value, "the scores");
            return [all.Value.Cols, .. values, .. more];
        }, take: (rows, values) =>
        {
            int outputs = (int)values[0], at = 1;
            foreach (int row in rows)
            {
                int count = reading.RowsOf(sequences[row]) * outputs;
                scores[row] = values.AsMemory(at, count);
                at += count;
            }
            take?.Invoke(rows, values.AsMemory(at));
        });
        return scores;
    }
}
