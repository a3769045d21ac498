namespace BareBert.Bert.Tasks;

/// <summary>Pairs of texts as token ids: each text is tokenised once, before training.</summary>
internal sealed class SentenceExamples
{
    /// <summary>Tokenises pairs.</summary>
    /// <param name="pairs">All with a negative, or none.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="modules">What is put before texts, and whether they are lowercased.</param>
    /// <param name="maxLength">The most tokens of a text.</param>
    public SentenceExamples(IReadOnlyList<SentencePair> pairs, SubwordTokenizer tokenizer, SentenceModules modules, int maxLength)
    {
        Pairs = pairs;
        Parts = pairs.Count > 0 && pairs[0].Negative is not null ? 3 : 2;
        var encoder = SequenceEncoder.UpTo(tokenizer, maxLength);
        string[] texts = [.. pairs.SelectMany(p => new[] { modules.QueryPrompt + p.Anchor, modules.DocumentPrompt + p.Positive, modules.DocumentPrompt + p.Negative }.Take(Parts))];
        Sequences = InParallel.Select(texts, text => encoder.Encode(modules.Lowercases ? text.ToLowerInvariant() : text));
    }

    /// <summary>What they were made of.</summary>
    public IReadOnlyList<SentencePair> Pairs { get; }

    /// <summary>Sequences of a pair: 2, or with a negative 3.</summary>
    public int Parts { get; }

    /// <summary>[pairs·Parts], those of a pair one after the other.</summary>
    public IReadOnlyList<TokenSequence> Sequences { get; }

    /// <summary>Tokens of all sequences.</summary>
    public long Tokens => Sequences.Sum(s => (long)s.Length);

    /// <summary>Texts that were cut.</summary>
    public int Truncated => Sequences.Count(s => s.Truncated);
}
