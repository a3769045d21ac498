namespace BareBert.Bert.Tokenization;

/// <summary>A tokenizer's ids: those of its model's vocabulary, and those of the tokens that were added to it.</summary>
internal sealed class TokenTable
{
    private readonly string[] _tokens;
    private readonly Dictionary<string, int> _ids;

    /// <param name="vocabulary">The model's, in id order; empty where an id stands for nothing. Of equal ones the last is meant.</param>
    /// <param name="added">With distinct contents; one that the vocabulary holds too has its id there.</param>
    public TokenTable(IReadOnlyList<string> vocabulary, IReadOnlyList<AddedToken> added)
    {
        _tokens = new string[Math.Max(vocabulary.Count, added.Count == 0 ? 0 : added.Max(token => token.Id) + 1)];
        Array.Fill(_tokens, "");
        _ids = new Dictionary<string, int>(_tokens.Length);
        for (int id = 0; id < vocabulary.Count; id++)
            Set(vocabulary[id], id);
        foreach (AddedToken token in added)
            Set(token.Content, token.Id);
    }

    /// <summary>Number of ids.</summary>
    public int Count => _tokens.Length;

    /// <summary>The token of an id; empty where it stands for none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">id is not in [0, Count).</exception>
    public string TokenOf(int id) => (uint)id < (uint)_tokens.Length
        ? _tokens[id]
        : throw new ArgumentOutOfRangeException(nameof(id), id, $"the vocabulary's ids are 0 to {_tokens.Length - 1}");

    /// <summary>The id of a token, or −1.</summary>
    public int IdOf(string token) => _ids.GetValueOrDefault(token, -1);

    private void Set(string token, int id)
    {
        _tokens[id] = token;
        if (token.Length > 0)
            _ids[token] = id;
    }
}
