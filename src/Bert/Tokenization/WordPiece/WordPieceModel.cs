namespace BareBert.Bert.Tokenization;

/// <summary>
/// Spells a word by the longest vocabulary entries from left to right; one that cannot be spelled, or is too long, is one unknown token.
/// </summary>
/// <remarks>Wu et al. 2016, arXiv:1609.08144.</remarks>
internal sealed class WordPieceModel : ISubwordModel
{
    private readonly int _unknown, _longest;

    /// <param name="vocabulary">In id order; an empty entry stands for nothing, of equal ones the last is meant.</param>
    /// <param name="unknown">The id of the unknown token.</param>
    /// <param name="prefix">What pieces that continue a word begin with.</param>
    /// <param name="longest">Most code points of a word that is spelled.</param>
    public WordPieceModel(IReadOnlyList<string> vocabulary, int unknown, string prefix = Vocabulary.ContinuationPrefix, int longest = 100)
    {
        (_unknown, _longest, Prefix) = (unknown, longest, prefix);
        var ids = new Dictionary<string, int>(vocabulary.Count);
        for (int id = 0; id < vocabulary.Count; id++)
        {
            if (vocabulary[id].Length > 0)
                ids[vocabulary[id]] = id;
        }
        Trie = new DoubleArrayTrie([.. ids.Keys], [.. ids.Values]);
        Continuation = Trie.Walk(prefix);
    }

    /// <summary>What pieces that continue a word begin with.</summary>
    public string Prefix { get; }

    /// <summary>The vocabulary.</summary>
    public DoubleArrayTrie Trie { get; }

    /// <summary>The trie's state behind <see cref="Prefix"/>; −1 where nothing continues a word.</summary>
    public int Continuation { get; }

    public void Encode(MappedText text, int from, int to, PieceList into)
    {
        var points = text.CodePoints;
        int before = into.Count, state = to - from > _longest ? -1 : DoubleArrayTrie.Root;
        for (int at = from; at < to;)
        {
            int id = -1, end = at;
            for (int i = at; state >= 0 && i < to;)
            {
                state = Trie.NextByCodePoint(state, points[i++]);
                if (state >= 0 && Trie.ValueAt(state) is >= 0 and int value)
                    (id, end) = (value, i);
            }
            if (id < 0)
            {
                into.Truncate(before);
                into.Add(_unknown, text.StartOf(from), text.EndOf(to - 1));
                return;
            }
            into.Add(id, text.StartOf(at), text.EndOf(end - 1));
            at = end;
            state = Continuation;
        }
    }

    /// <summary>The same for a word of ASCII, straight from the text: no copy, no string.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="from">Where the word begins.</param>
    /// <param name="to">Where it ends.</param>
    /// <param name="codes">[128] the trie's code of each character, in its case.</param>
    /// <param name="into">Receives the pieces.</param>
    public void EncodeAscii(ReadOnlySpan<char> text, int from, int to, int[] codes, PieceList into)
    {
        int before = into.Count, state = to - from > _longest ? -1 : DoubleArrayTrie.Root;
        for (int at = from; at < to;)
        {
            int id = -1, end = at;
            for (int i = at; state >= 0 && i < to;)
            {
                state = Trie.NextByCode(state, codes[text[i++]]);
                if (state >= 0 && Trie.ValueAt(state) is >= 0 and int value)
                    (id, end) = (value, i);
            }
            if (id < 0)
            {
                into.Truncate(before);
                into.Add(_unknown, from, to);
                return;
            }
            into.Add(id, at, end);
            at = end;
            state = Continuation;
        }
    }

    /// <summary>Whether a piece continues a word.</summary>
    public bool Continues(string piece) => piece.Length > Prefix.Length && Prefix.Length > 0 && piece.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Pieces joined to words, words by spaces.</summary>
    public string Join(IEnumerable<string> pieces)
    {
        var text = new System.Text.StringBuilder();
        foreach (string piece in pieces)
        {
            bool joined = text.Length > 0 && Continues(piece);
            if (text.Length > 0 && !joined)
                text.Append(' ');
            text.Append(piece.AsSpan(joined ? Prefix.Length : 0));
        }
        return text.ToString();
    }
}
