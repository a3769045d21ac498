namespace BareBert.Bert.Tokenization;

/// <summary>What the small files of a checkpoint folder say about its tokenizer: the configuration, the special tokens, the added ones.</summary>
internal sealed class TokenizerFolder
{
    private readonly IReadOnlyDictionary<string, AddedToken> _named;
    private readonly IReadOnlyList<AddedToken> _additional;
    private readonly IReadOnlyList<(string Content, int Id)> _added;

    /// <summary>A folder with nothing but a configuration.</summary>
    public TokenizerFolder(TokenizerConfig config) : this(config, new Dictionary<string, AddedToken>(), [], []) { }

    private TokenizerFolder(
        TokenizerConfig config, IReadOnlyDictionary<string, AddedToken> named, IReadOnlyList<AddedToken> additional, IReadOnlyList<(string, int)> added)
    {
        Config = config;
        _named = config.Named.Concat(named.Where(entry => !config.Named.ContainsKey(entry.Key))).ToDictionary();
        _additional = [.. config.Additional, .. additional];
        _added = added;
    }

    /// <summary>The tokenizer's configuration.</summary>
    public TokenizerConfig Config { get; }

    /// <summary>Reads the files that there are.</summary>
    /// <exception cref="InputException">One is faulty.</exception>
    public static TokenizerFolder Open(string directory)
    {
        var (named, additional) = SpecialTokensMap.Load(directory);
        return new TokenizerFolder(TokenizerConfig.Load(directory), named, additional, SpecialTokensMap.LoadAdded(directory));
    }

    /// <summary>The special tokens' names, where the files do not say them as given.</summary>
    public SpecialNames Names(SpecialNames otherwise)
    {
        string[] names = [.. SpecialTokensMap.FieldNames.Zip(otherwise.All, (field, name) => _named.GetValueOrDefault(field)?.Content ?? name)];
        return new SpecialNames(names[0], names[1], names[2], names[3], names[4]);
    }

    /// <summary>Everything about a tokenizer of this vocabulary. Added tokens come from all places; the first that gives one an id is right.</summary>
    /// <param name="vocabulary">The model's, in id order.</param>
    /// <param name="names">Of the special tokens.</param>
    /// <param name="given">The added tokens of a <c>tokenizer.json</c>.</param>
    /// <param name="source">The vocabulary's file, for messages.</param>
    /// <exception cref="InputException">Two tokens claim an id, one lies beyond reason, or a special token is nowhere.</exception>
    public TokenizerTraits Traits(IReadOnlyList<string> vocabulary, SpecialNames names, IReadOnlyList<AddedToken> given, string source)
    {
        var table = new TokenTable(vocabulary, []);
        var added = new List<AddedToken>();
        var contents = new HashSet<string>();
        var contentOf = new Dictionary<int, string>();
        int next = 0;
        HashSet<string> special = [.. names.All, .. _additional.Select(token => token.Content)];
        foreach (AddedToken token in given.Concat(Config.Added).Concat(_added.Select(entry => new AddedToken(
            entry.Content, entry.Id, special.Contains(entry.Content), Normalized: !special.Contains(entry.Content)))))
            Add(token);
        next = Math.Max(table.Count, added.Count == 0 ? 0 : added.Max(token => token.Id) + 1);
        foreach (AddedToken token in _named.Values.Where(token => table.IdOf(token.Content) >= 0).Concat(_additional))
            Add(token with { Id = table.IdOf(token.Content) is >= 0 and int id ? id : next }, isNew: true);
        return TokenizerTraits.Of(vocabulary, names, added, source) with { Config = Config };

        void Add(AddedToken token, bool isNew = false)
        {
            if (contents.Contains(token.Content))
                return;
            if (token.Id > ModelJson.LargestId)
                throw new InputException($"an id beyond reason: {source}: {Printable.Quote(token.Content)} is {token.Id}; correct its files");
            string taken = contentOf.GetValueOrDefault(token.Id) ?? (token.Id < table.Count ? table.TokenOf(token.Id) : "");
            // The vocabulary's own id is right wherever a file says another.
            if (taken.Length > 0 && taken != token.Content)
                throw new InputException($"two tokens with the id {token.Id}: {source}: {Printable.Quote(taken)} and {Printable.Quote(token.Content)}; correct its files");
            added.Add(token);
            contents.Add(token.Content);
            contentOf[token.Id] = token.Content;
            if (isNew && token.Id == next)
                next++;
        }
    }
}
