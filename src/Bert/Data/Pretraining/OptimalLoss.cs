namespace BareBert.Bert.Data;

/// <summary>The best loss that can be reached on masked examples of the sample world.</summary>
/// <remarks>
/// Exact, for a reader who knows the grammar and is told three things that a model has to see for itself: which kind of sentence stands
/// where, how much of it the example cut off, and whether segment B continues A. These are drawn without regard to any
/// word, so that they take nothing from the uncertainty that the grammar gives the words. Whoever is told more does no worse on average:
/// no model's expected loss is below this figure, and a model that recognises sentences comes close to it.
/// </remarks>
internal static class OptimalLoss
{
    /// <summary>What the figure bounds, in a line for reports.</summary>
    public const string Meaning = "best reachable: exact inference by a reader who knows the grammar and is told each sentence's kind and whether B continues A";

    /// <summary>Whether the best loss can be computed: the examples are the world's, each of its words being one token.</summary>
    /// <param name="world">The world.</param>
    /// <param name="split">The split that the examples were made from.</param>
    /// <param name="examples">Perhaps tokenised with another vocabulary.</param>
    public static bool IsKnown(SampleWorld world, Split split, PretrainingExamples examples) => AreWords(world, world.Articles(split), examples);

    /// <summary>The mean cross-entropy, in nats, of the optimal reader on the masked tokens of all examples of a plan.</summary>
    /// <param name="world">The world.</param>
    /// <param name="split">The split that the examples were made from.</param>
    /// <param name="examples">Made from that split's tokens.</param>
    /// <param name="plan">Of these examples.</param>
    /// <exception cref="ArgumentException">Not <see cref="IsKnown"/>: the tokens are not the world's under its own vocabulary.</exception>
    public static double MaskedLoss(SampleWorld world, Split split, PretrainingExamples examples, EpochPlan plan)
    {
        Article[] articles = [.. world.Articles(split)];
        if (!AreWords(world, articles, examples))
            throw new ArgumentException("the tokens are not those of the sample world under its own vocabulary", nameof(examples));
        var reader = new OptimalReader(world.Grammar, examples.Vocabulary.RandomWords.Length);
        var losses = new double[plan.Count];
        var counts = new int[plan.Count];
        Parallel.For(0, plan.Count,
            () => new PretrainingBatch(1, examples.Options.SequenceLength),
            (example, _, batch) =>
            {
                examples.Fill(plan, example, 1, batch);
                losses[example] = reader.Loss(See(world, articles, examples.Split, plan.Examples[example], batch));
                counts[example] = batch.MaskedTokens;
                return batch;
            },
            _ => { });
        return losses.Sum() / counts.Sum();
    }

    /// <summary>An example as the optimal reader gets it.</summary>
    internal static SeenText See(SampleWorld world, Article[] articles, TokenSplit split, ExampleSpan example, PretrainingBatch batch)
    {
        var view = new View(world, batch);
        view.AddSegment(articles[example.DocumentA], split, example.DocumentA, example.StartA, example.LengthA, at: 1);
        if (example.IsRandom)
            view.EndArticle();
        view.AddSegment(articles[example.DocumentB], split, example.DocumentB, example.StartB, example.LengthB, at: example.LengthA + 2);
        view.EndArticle();
        return new SeenText(view.Articles, batch.MaskedTokens, view.Targets);
    }

    private static bool AreWords(SampleWorld world, IEnumerable<Article> articles, PretrainingExamples examples)
    {
        if (examples.Vocabulary.Size != world.Vocabulary.Count)
            return false;
        var ids = new int[examples.Split.Tokens];
        examples.Split.CopyIds(0, ids);
        return ids.Select(world.WordOf).SequenceEqual(articles.SelectMany(article => article.Words.SelectMany(sentence => sentence)));
    }

    /// <summary>Gathers what an example shows of articles, sentence by sentence.</summary>
    private sealed class View(SampleWorld world, PretrainingBatch batch)
    {
        private readonly List<SeenSentence> _article = [];
        private int _masked;

        public List<SeenSentence[]> Articles { get; } = [];

        public List<Target> Targets { get; } = [];

        public void EndArticle()
        {
            Articles.Add([.. _article]);
            _article.Clear();
        }

        /// <summary>Adds the sentences of a run of an article's tokens that stands at a place of the example.</summary>
        public void AddSegment(Article article, TokenSplit split, int document, long start, int length, int at)
        {
            int firstSentence = split.DocumentStarts[document];
            for (int s = 0; s < article.Layout.Count; s++)
            {
                long sentenceStart = split.SentenceStarts[firstSentence + s], sentenceEnd = split.SentenceStarts[firstSentence + s + 1];
                long from = Math.Max(start, sentenceStart), to = Math.Min(start + length, sentenceEnd);
                if (from < to)
                    AddSentence(article.Layout[s], (int)(from - sentenceStart), at + (int)(from - start), (int)(to - from));
            }
        }

        private void AddSentence(SentenceKind kind, int first, int at, int length)
        {
            var words = new int[length];
            for (int i = 0; i < length; i++)
            {
                words[i] = world.WordOf(batch.Ids[at + i]);
                if (_masked < batch.MaskedTokens && batch.MaskedPositions[_masked] == at + i)
                    Targets.Add(new Target(Articles.Count, _article.Count, i, world.WordOf(batch.MaskedLabels[_masked++])));
            }
            _article.Add(new SeenSentence(kind, first, words));
        }
    }
}
