namespace BareBert.Bert.Tokenization;

/// <summary>All about a tokenizer but its model and how it cleans text.</summary>
internal sealed record TokenizerTraits
{
    private readonly IReadOnlyList<AddedToken> _added = [];

    /// <summary>How the vocabulary spells the special tokens.</summary>
    public required SpecialNames Names { get; init; }

    /// <summary>Their ids.</summary>
    public required SpecialTokens Special { get; init; }

    /// <summary>Tokens that are single ids wherever they stand, in the order of the file; the five special ones that there are, and others.</summary>
    public required IReadOnlyList<AddedToken> Added
    {
        get => _added;
        init
        {
            _added = value;
            SpecialIds = _added.Where(token => token.Special).Select(token => token.Id).ToHashSet();
        }
    }

    /// <summary>Those of them that stand for no text.</summary>
    public IReadOnlySet<int> SpecialIds { get; private init; } = new HashSet<int>();

    /// <summary>What is put around texts; null: BERT's.</summary>
    public SequenceTemplate? Template { get; init; }

    /// <summary>The length that the file asks for.</summary>
    public SequenceOptions? Truncation { get; init; }

    /// <summary>Words between spaces that are neither cleaned nor cut.</summary>
    public IReadOnlyList<string> NeverSplit { get; init; } = [];

    /// <summary>See <see cref="SubwordTokenizer.Notices"/>.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>The <c>tokenizer_config.json</c> that came with it.</summary>
    public TokenizerConfig Config { get; init; } = new();

    /// <summary>The <c>tokenizer.json</c> that it was read from; null where it was made from a vocabulary.</summary>
    public TokenizerDocument? Document { get; init; }

    /// <summary>The traits of a vocabulary whose added tokens are its special ones and nothing else.</summary>
    /// <param name="vocabulary">In id order.</param>
    /// <param name="names">The special tokens.</param>
    /// <param name="added">Further tokens; those of the five that are among them stay as they are.</param>
    /// <param name="source">Named in errors.</param>
    /// <exception cref="InputException">The unknown token, [CLS] or [SEP] is in neither.</exception>
    public static TokenizerTraits Of(IReadOnlyList<string> vocabulary, SpecialNames names, IReadOnlyList<AddedToken> added, string source)
    {
        var table = new TokenTable(vocabulary, added);
        foreach (string name in (string[])[names.Unknown, names.Cls, names.Sep])
        {
            if (table.IdOf(name) < 0)
                throw new InputException($"vocabulary without {Printable.Quote(name)}: {source}; a BERT vocabulary holds {string.Join(" ", names.All)}");
        }
        var all = added.ToList();
        foreach (string name in names.All.Except(added.Select(token => token.Content)).Where(name => table.IdOf(name) >= 0).ToArray())
            all.Add(new AddedToken(name, table.IdOf(name), Special: true));
        return new TokenizerTraits
        {
            Names = names,
            Special = new(table.IdOf(names.Pad), table.IdOf(names.Unknown), table.IdOf(names.Cls), table.IdOf(names.Sep), table.IdOf(names.Mask)),
            Added = all,
        };
    }
}
