using BareBert.Autograd;

namespace BareBert.Bert.Tasks;

/// <summary>
/// Measures a pretrained model: cross-entropy, perplexity and accuracy on the masked tokens, accuracy of the next
/// sentence if it has a head for that. Masks are fixed and always 15 %; nothing is dropped out and nothing learns.
/// </summary>
/// <param name="model">With the pretraining heads' parameters.</param>
/// <param name="heads">Of the model.</param>
/// <param name="batchSize">Examples at a time; changes no figure but for rounding.</param>
/// <param name="group">The processes that share the batches out; null: there is one.</param>
public sealed class PretrainingEvaluator(BertModel model, PretrainingHeads heads, int batchSize, IProcessGroup? group = null)
{
    /// <summary>Evaluates one split.</summary>
    /// <param name="tape">Its device computes.</param>
    /// <param name="split">The split.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <param name="watch">Is told how far it has come.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Evaluation Evaluate(Tape tape, WatchedSplit split, CancellationToken cancel, Action<EvaluationProgress>? watch = null)
    {
        var batch = new PretrainingBatch(Math.Min(batchSize, split.Plan.Count), split.Examples.Options.SequenceLength);
        var tally = new BatchTally();
        var progress = new EvaluationProgress(split.Name, 0, Math.Max(1, split.Plan.Count), 0);
        watch?.Invoke(progress);
        SharedWork.Run(group ?? OneProcess.Instance, (split.Plan.Count + batchSize - 1) / batchSize, compute: index =>
        {
            int first = index * batchSize;
            split.Examples.Fill(split.Plan, first, Math.Min(batchSize, split.Plan.Count - first), batch);
            using (tape.Begin(TapeMode.Evaluation))
                return (BatchTally[])[Of(tape, batch)];
        }, take: (_, one) => tally = tally.Plus(one[0]), cancel, watch: batches =>
        {
            int done = Math.Min(batches * batchSize, split.Plan.Count);
            long tokens = split.Plan.Examples.Take(progress.Done..done).Sum(example => (long)example.Tokens);
            progress = progress with { Done = done, Tokens = progress.Tokens + tokens };
            watch?.Invoke(progress);
        });
        return Report(split, tally);
    }

    private BatchTally Of(Tape tape, PretrainingBatch batch)
    {
        PackedInputs inputs = PackedInputs.Upload(tape, batch.Ids, batch.Positions, batch.TokenTypes, batch.Offsets);
        if (HeadRows.Read(tape, model.Encoder, heads, inputs, batch) is not { } read)
            return default;
        Tensor ignored = tape.Arena.Zeros(new Shape(1), tape.Kernels.ElementType);
        var tally = new BatchTally();
        if (batch.MaskedTokens > 0)
        {
            Tensor predictions = tape.Arena.Allocate(new Shape(batch.MaskedTokens), DType.Int32);
            Tensor losses = heads.MaskedWordLosses(tape, read.Hidden, read.Masked, tape.Upload(batch.MaskedLabels),
                1, ignored, predictions);
            tally = tally with
            {
                MaskedLoss = FiniteValues.Of(losses.ToArray<float>().Sum(x => (double)x), "the masked words' losses"),
                MaskedRight = Matches(predictions.ToArray<int>(), batch.MaskedLabels),
                Masked = batch.MaskedTokens,
            };
        }
        return heads.HasNextSentence ? WithNextSentence(tally, tape, batch, read, ignored) : tally;
    }

    private BatchTally WithNextSentence(BatchTally tally, Tape tape, PretrainingBatch batch, HeadRows read, Tensor ignored)
    {
        (Tensor nextLosses, Tensor probs) = heads.NextSentenceLosses(tape, read.Hidden, read.Firsts, tape.Upload(batch.NextSentenceLabels), 1, ignored);
        float[] p = probs.ToArray<float>();
        int right = 0;
        for (int i = 0; i < batch.Sequences; i++)
            right += (p[2 * i + 1] > p[2 * i] ? 1 : 0) == batch.NextSentenceLabels[i] ? 1 : 0;
        return tally with
        {
            NextRight = right,
            NextLoss = FiniteValues.Of(nextLosses.ToArray<float>().Sum(x => (double)x), "the next sentences' losses"),
            Sequences = batch.Sequences,
        };
    }

    private static Evaluation Report(WatchedSplit split, BatchTally tally)
    {
        double loss = tally.MaskedLoss / tally.Masked;
        var metrics = new List<Metric>
        {
            new("mlm_loss", loss),
            new("mlm_perplexity", Math.Exp(loss)),
            new("mlm_accuracy", (double)tally.MaskedRight / tally.Masked),
        };
        string second = PretrainingObjectives.PrefixOf(split.Examples.Options.Segments);
        if (tally.Sequences > 0)
        {
            metrics.Add(new Metric($"{second}_loss", tally.NextLoss / tally.Sequences));
            metrics.Add(new Metric($"{second}_accuracy", (double)tally.NextRight / tally.Sequences));
        }
        metrics.Add(new Metric("unigram_perplexity", Math.Exp(split.UnigramLoss)));
        if (split.OptimalLoss is double optimal)
            metrics.Add(new Metric("optimal_perplexity", Math.Exp(optimal)));
        metrics.Add(new Metric("masked_tokens", tally.Masked));
        return new Evaluation(split.Name, metrics);
    }

    private static int Matches(ReadOnlySpan<int> predictions, ReadOnlySpan<int> labels)
    {
        int right = 0;
        for (int i = 0; i < labels.Length; i++)
            right += predictions[i] == labels[i] ? 1 : 0;
        return right;
    }

    private readonly record struct BatchTally(double MaskedLoss, double NextLoss, int Masked, int MaskedRight, int Sequences, int NextRight)
    {
        public BatchTally Plus(BatchTally other) => new(MaskedLoss + other.MaskedLoss, NextLoss + other.NextLoss, Masked + other.Masked,
            MaskedRight + other.MaskedRight, Sequences + other.Sequences, NextRight + other.NextRight);
    }
}
