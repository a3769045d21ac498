namespace BareBert.Bert.Tasks;

/// <summary>A split that is evaluated, with what is known of it beforehand.</summary>
/// <param name="Name">"valid" or "test".</param>
/// <param name="Examples">With masks of their own seed, the same for every model.</param>
/// <param name="Plan">All of them, in order.</param>
/// <param name="UnigramLoss">The unigram baseline's mean cross-entropy on the same masked tokens, in nats.</param>
/// <param name="OptimalLoss">The best reachable mean cross-entropy where it can be computed exactly; null elsewhere.</param>
public sealed record WatchedSplit(
    string Name, PretrainingExamples Examples, EpochPlan Plan, double UnigramLoss, double? OptimalLoss = null);

/// <summary>A corpus ready for pretraining: examples to learn from and splits to watch.</summary>
/// <param name="Train">Training examples, fresh in every epoch.</param>
/// <param name="Watched">Validation first, then test; either may be missing.</param>
/// <param name="Unigram">How often each token occurs in training.</param>
public sealed record PretrainingCorpus(PretrainingExamples Train, IReadOnlyList<WatchedSplit> Watched, UnigramBaseline Unigram)
{
    /// <summary>What the training goes through, the examples of <see cref="Train"/> last; none: these alone.</summary>
    internal IReadOnlyList<PretrainingStage> Stages { get; init; } = [];

    /// <summary>Makes the examples of a tokenised corpus.</summary>
    /// <param name="tokens">The corpus.</param>
    /// <param name="source">What it was read from.</param>
    /// <param name="tokenizer">That made the ids.</param>
    /// <param name="options">Of the training examples.</param>
    /// <param name="evaluationLimit">The most examples of a split that are evaluated; null: all.</param>
    public static PretrainingCorpus Open(TokenCorpus tokens, CorpusSource source, SubwordTokenizer tokenizer, PretrainingOptions options, int? evaluationLimit = null)
    {
        var vocabulary = new MaskingVocabulary(tokenizer);
        var train = new PretrainingExamples(tokens[Split.Train], vocabulary, options, $"the train split of {source.Name}");
        var unigram = new UnigramBaseline(tokens[Split.Train], vocabulary);
        var watched = new List<WatchedSplit>();
        foreach (Split split in new[] { Split.Valid, Split.Test })
        {
            if (tokens[split].Sentences > 0)
                watched.Add(Watch(tokens, split, source, vocabulary, unigram, options, evaluationLimit));
        }
        return new PretrainingCorpus(train, watched, unigram);
    }

    private static WatchedSplit Watch(
        TokenCorpus tokens, Split split, CorpusSource source, MaskingVocabulary vocabulary, UnigramBaseline unigram, PretrainingOptions options, int? limit)
    {
        string splitName = split.ToString().ToLowerInvariant();
        var examples = new PretrainingExamples(
            tokens[split], vocabulary, PretrainingOptions.ForEvaluation(options.SequenceLength, options.Segments), $"the {splitName} split of {source.Name}");
        EpochPlan plan = examples.Plan(0).Sample(limit);
        double? optimal = source is SampleWorld world && examples.Options.Segments == SegmentKind.NextOrRandom && OptimalLoss.IsKnown(world, split, examples)
            ? OptimalLoss.MaskedLoss(world, split, examples, plan) : null;
        return new WatchedSplit(splitName, examples, plan, unigram.MaskedLoss(examples, plan), optimal);
    }
}
