using System.Buffers;
using System.Text;

namespace BareBert.Bert.Tokenization;

/// <summary>Finds added tokens in a text, from left to right; the longest one where several begin.</summary>
/// <remarks>
/// As Hugging Face's Rust library finds them: a token that must be a word of its own and is not hides what begins within it;
/// "word" and "space" are <c>\w</c> and <c>\s</c> of Unicode Technical Standard #18.
/// </remarks>
internal sealed class AddedTokenFinder
{
    private readonly AddedToken[] _tokens;
    private readonly DoubleArrayTrie _trie;
    private readonly SearchValues<char> _beginnings;
    private readonly bool _lowerCase;

    /// <param name="tokens">Contents are distinct and not empty.</param>
    /// <param name="lowerCase">Look for them in the text's lower case as well: "&lt;PAD&gt;" is "&lt;pad&gt;".</param>
    public AddedTokenFinder(IEnumerable<AddedToken> tokens, bool lowerCase = false)
    {
        _tokens = [.. tokens];
        _lowerCase = lowerCase;
        _trie = new DoubleArrayTrie([.. _tokens.Select(token => token.Content)]);
        HashSet<char> beginnings = [.. _tokens.Select(token => token.Content[0])];
        var all = Enumerable.Range(0, char.MaxValue + 1).Select(unit => (char)unit);
        _beginnings = SearchValues.Create([.. lowerCase ? all.Where(c => beginnings.Contains(c) || beginnings.Contains(Lower(c))) : beginnings]);
    }

    /// <summary>Whether there is nothing to find.</summary>
    public bool IsEmpty => _tokens.Length == 0;

    /// <summary>A token in the text: its id, and the range it takes, spaces that it strips included.</summary>
    /// <param name="Id">The token.</param>
    /// <param name="Start">Where its range begins.</param>
    /// <param name="End">Where it ends, exclusive.</param>
    /// <param name="Next">Where the search goes on: spaces that this token strips may be part of the next one.</param>
    public readonly record struct Match(int Id, int Start, int End, int Next);

    /// <summary>The first token at or behind a place.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="from">The place: 0, or the last match's <see cref="Match.Next"/>.</param>
    /// <param name="taken">What lies before belongs to the last match, and not to this one.</param>
    /// <param name="match">The token.</param>
    /// <returns>False when there is none.</returns>
    public bool TryFind(ReadOnlySpan<char> text, int from, int taken, out Match match)
    {
        for (int i = from; i < text.Length;)
        {
            int next = text[i..].IndexOfAny(_beginnings);
            if (next < 0)
                break;
            i += next;
            int index = LongestAt(text[i..]);
            if (index < 0)
            {
                i++;
                continue;
            }
            AddedToken token = _tokens[index];
            int end = i + token.Content.Length;
            if (token.SingleWord && (EndsWithWord(text[..i]) || BeginsWithWord(text[end..])))
            {
                i = end;
                continue;
            }
            int start = token.StripLeft ? text[..i].TrimEnd().Length : i;
            int last = token.StripRight ? text.Length - text[end..].TrimStart().Length : end;
            match = new Match(token.Id, Math.Max(taken, start), Math.Max(taken, last), end);
            return true;
        }
        match = default;
        return false;
    }

    private int LongestAt(ReadOnlySpan<char> text)
    {
        int exact = LongestAt(text, lowerCase: false), lower = _lowerCase ? LongestAt(text, lowerCase: true) : -1;
        return lower < 0 || (exact >= 0 && _tokens[exact].Content.Length >= _tokens[lower].Content.Length) ? exact : lower;
    }

    private int LongestAt(ReadOnlySpan<char> text, bool lowerCase)
    {
        int state = DoubleArrayTrie.Root, longest = -1;
        for (int i = 0; i < text.Length && (state = _trie.Next(state, lowerCase ? Lower(text[i]) : text[i])) >= 0; i++)
        {
            if (_trie.ValueAt(state) is >= 0 and int index)
                longest = index;
        }
        return longest;
    }

    private static char Lower(char unit) => char.IsSurrogate(unit) ? unit : (char)UnicodeCase.LowerLast(unit);

    private static bool EndsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out Rune last, out _) == OperationStatus.Done && UnicodeClasses.IsWord(last.Value);

    private static bool BeginsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out Rune first, out _) == OperationStatus.Done && UnicodeClasses.IsWord(first.Value);
}
