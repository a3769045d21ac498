namespace BareBert.Bert.Data;

/// <summary>
/// The language model that looks at nothing: every masked token is predicted from how often each token occurs in training.
/// What a model learned is how far it gets below this.
/// </summary>
/// <remarks>Add-one smoothing (Laplace) over the tokens that can be masked: P(w) = (count(w) + 1) / (N + number of such tokens).</remarks>
public sealed class UnigramBaseline
{
    private readonly double[] _negativeLogs;

    /// <param name="train">Where the counts come from.</param>
    /// <param name="vocabulary">Which tokens can be masked.</param>
    public UnigramBaseline(TokenSplit train, MaskingVocabulary vocabulary)
    {
        var counts = new long[vocabulary.Size];
        var chunk = new int[4096];
        for (long start = 0; start < train.Tokens; start += chunk.Length)
        {
            Span<int> ids = chunk.AsSpan(0, (int)Math.Min(chunk.Length, train.Tokens - start));
            train.CopyIds(start, ids);
            foreach (int id in ids)
                counts[id]++;
        }
        double total = 0;
        for (int id = 0; id < counts.Length; id++)
            total += vocabulary.IsMaskable(id) ? counts[id] + 1 : 0;
        _negativeLogs = [.. counts.Select((count, id) => vocabulary.IsMaskable(id) ? Math.Log(total / (count + 1)) : double.PositiveInfinity)];
    }

    /// <summary>−ln P of a token; infinite for one that is never masked.</summary>
    public double NegativeLogProbability(int id) => _negativeLogs[id];

    /// <summary>The mean cross-entropy, in nats, over the masked tokens of all examples of a plan; perplexity is its exponential.</summary>
    public double MaskedLoss(PretrainingExamples examples, EpochPlan plan)
    {
        var batch = new PretrainingBatch(1, examples.Options.SequenceLength);
        double sum = 0;
        long count = 0;
        for (int example = 0; example < plan.Count; example++)
        {
            examples.Fill(plan, example, 1, batch);
            foreach (int label in batch.MaskedLabels)
                sum += _negativeLogs[label];
            count += batch.MaskedTokens;
        }
        return sum / count;
    }
}
