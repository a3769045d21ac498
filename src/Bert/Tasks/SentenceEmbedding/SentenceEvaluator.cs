namespace BareBert.Bert.Tasks;

/// <summary>Measures what vectors of texts are worth: by scores that people gave, or by searching.</summary>
/// <param name="embedder">Makes the vectors.</param>
/// <param name="batchSize">Pairs among which each has to be found, for the loss.</param>
/// <param name="factor">The loss's scale.</param>
internal sealed class SentenceEvaluator(TextEmbedder embedder, int batchSize = 32, double factor = 20)
{
    /// <summary>
    /// Pairs with scores: Pearson's and Spearman's correlation with them. Pairs without: the loss, and how well the second is found among all.
    /// Queries and documents: how well they are found.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Evaluation Evaluate(EmbeddingTest test, CancellationToken cancel) => new(test.Split,
        test.Pairs is { Scores: { } scores } ? Correlate(test.Pairs.Pairs, scores, cancel) : Search(test.Search ?? RetrievalData.Of(test.Pairs!.Pairs), test.Pairs?.Pairs, cancel));

    private IReadOnlyList<Metric> Correlate(IReadOnlyList<SentencePair> pairs, IReadOnlyList<double> scores, CancellationToken cancel)
    {
        string[] texts = [.. pairs.SelectMany(p => new[] { p.Anchor, p.Positive }).Distinct(StringComparer.Ordinal)];
        Dictionary<string, float[]> vectors = ByText(texts, embedder.Embed(texts, cancel));
        double[] ours = Similarity.OfPairs(embedder.Modules, [.. pairs.Select(p => vectors[p.Anchor])], [.. pairs.Select(p => vectors[p.Positive])]);
        double[] theirs = [.. scores];
        return [new Metric("spearman", Correlation.Spearman(ours, theirs)), new Metric("pearson", Correlation.Pearson(ours, theirs)), new Metric("pairs", pairs.Count)];
    }

    private IReadOnlyList<Metric> Search(RetrievalData data, IReadOnlyList<SentencePair>? pairs, CancellationToken cancel)
    {
        float[][] documents = embedder.Embed(data.Documents, embedder.Modules.DocumentPrompt, cancel), queries = embedder.Embed(data.Queries, embedder.Modules.QueryPrompt, cancel);
        using var similarity = new Similarity(embedder.Kernels, embedder.Modules, documents);
        var scores = new RankingScores();
        similarity.Compare(queries, cancel, (query, row) => scores.Add(row, data.Wanted[query]));
        Metric[] loss = pairs is null ? [] : [new("loss", Loss(pairs, ByText(data.Queries, queries), ByText(data.Documents, documents)))];
        return [.. loss, .. scores.ToMetrics(), new Metric("queries", data.Queries.Count), new Metric("documents", data.Documents.Count)];
    }

    // As in training, over batches in the file's order.
    private double Loss(IReadOnlyList<SentencePair> pairs, Dictionary<string, float[]> texts, Dictionary<string, float[]> partners)
    {
        double loss = 0;
        foreach (SentencePair[] batch in pairs.Chunk(batchSize))
        {
            float[][] others = [.. batch.Select(p => partners[p.Positive]), .. batch.Select(p => p.Negative).OfType<string>().Select(text => partners[text])];
            float[] leftOut = InBatchNegatives.LeaveOut(batch, others.Length / batch.Length);
            for (int i = 0; i < batch.Length; i++)
            {
                double[] cosines = Similarity.OfPairs(new SentenceModules(), [.. others.Select(_ => texts[batch[i].Anchor])], others);
                double[] logits = [.. cosines.Select((cosine, j) => factor * cosine + leftOut[i * others.Length + j])];
                double max = logits.Max();
                loss += max + Math.Log(logits.Sum(x => Math.Exp(x - max))) - logits[i];
            }
        }
        return loss / pairs.Count;
    }

    private static Dictionary<string, float[]> ByText(IReadOnlyList<string> texts, float[][] vectors) =>
        texts.Zip(vectors).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal);
}
