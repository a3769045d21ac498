namespace BareBert.Bert.Data;

/// <summary>
/// The masked-language-model and next-sentence examples of a split. Nothing is stored: pairs, order and masks are functions of
/// (seed, epoch, example), fresh in every epoch and the same in a resumed run; any example can be had at any time.
/// </summary>
/// <remarks>Devlin et al. 2018, arXiv:1810.04805, §3.1 and appendix A.2. Safe to use from several threads at once.</remarks>
public sealed class PretrainingExamples
{
    private readonly ExamplePlanner _planner;
    private readonly TokenMasker _masker;
    private readonly string _name;

    /// <param name="split">The tokens.</param>
    /// <param name="vocabulary">Of the tokenizer that made them.</param>
    /// <param name="options">Lengths, shares, seed.</param>
    /// <param name="name">What to call the split in messages, as "the train split of DIR".</param>
    /// <exception cref="InputException">An option is out of range, or the split is too small: a single segment needs a sentence, two segments a
    /// document of two, and a random one another document.</exception>
    public PretrainingExamples(TokenSplit split, MaskingVocabulary vocabulary, PretrainingOptions options, string name)
    {
        options.Validate();
        RequireEnough(split, options.Segments, name);
        (Split, Vocabulary, Options, _name) = (split, vocabulary, options, name);
        _planner = new ExamplePlanner(split, options);
        _masker = new TokenMasker(vocabulary, options.MaskProbability, options.WholeWords);
    }

    /// <summary>The tokens.</summary>
    public TokenSplit Split { get; }

    /// <summary>What masking knows of the vocabulary.</summary>
    public MaskingVocabulary Vocabulary { get; }

    /// <summary>How the examples are made.</summary>
    public PretrainingOptions Options { get; }

    /// <summary>Examples of the same tokens, of another length.</summary>
    /// <param name="sequenceLength">The most tokens of an example.</param>
    /// <exception cref="InputException">It is too short.</exception>
    public PretrainingExamples OfLength(int sequenceLength) =>
        sequenceLength == Options.SequenceLength ? this : new PretrainingExamples(Split, Vocabulary, Options with { SequenceLength = sequenceLength }, _name);

    /// <summary>The examples of an epoch: how many there are, what each consists of, in a random order.</summary>
    /// <param name="epoch">From 0. Evaluation has only epoch 0.</param>
    public EpochPlan Plan(int epoch)
    {
        ExampleSpan[] examples = [.. _planner.Plan(epoch)];
        new PhiloxStream(Options.Seed, RandomStreams.Order, (uint)epoch).Shuffle(examples.AsSpan());
        return new EpochPlan(epoch, examples);
    }

    /// <summary>Fills a batch with consecutive examples of an epoch.</summary>
    /// <param name="plan">From <see cref="Plan"/>.</param>
    /// <param name="first">The first example.</param>
    /// <param name="count">How many; 1 to the batch's capacity.</param>
    /// <param name="batch">Overwritten; nothing is allocated.</param>
    /// <exception cref="ArgumentOutOfRangeException">The plan has not so many examples, or the batch has no room.</exception>
    public void Fill(EpochPlan plan, int first, int count, PretrainingBatch batch)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, batch.Capacity);
        batch.Clear();
        for (int example = first; example < first + count; example++)
        {
            var random = new PhiloxStream(Options.Seed, RandomStreams.Masks, (uint)plan.Epoch, (uint)example);
            batch.Add(Split, plan.Examples[example], _masker, Vocabulary.Special, ref random);
        }
    }

    private static void RequireEnough(TokenSplit split, SegmentKind segments, string name)
    {
        const string mend = "or learn masked words alone (`Objective` mlm)";
        if (split.Sentences == 0)
            throw new InputException($"{name} is empty: there is nothing to learn from; give a corpus that has sentences");
        if (segments == SegmentKind.Single)
            return;
        if (split.Sentences == 1)
            throw new InputException($"{name} has only one sentence: pairs of sentences need documents of two or more; give more text, {mend}");
        if (split.Documents == 1 && segments == SegmentKind.NextOrRandom)
            throw new InputException($"{name} has only one document: a random next sentence comes from another one; separate documents by blank lines, {mend}");
        if (split.Sentences == split.Documents)
            throw new InputException($"every document of {name} has only one sentence: none has a next one; write documents as consecutive lines, blank lines between them, {mend}");
    }
}
