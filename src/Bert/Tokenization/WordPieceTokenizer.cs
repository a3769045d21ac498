using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace BareBert.Bert.Tokenization;

/// <summary>
/// BERT's tokenizer: cleans text, cuts it into words and punctuation, spells every word by the longest vocabulary entries
/// from left to right; a word that cannot be spelled, or is longer than 100 characters, becomes one [UNK].
/// </summary>
/// <remarks>
/// Gives Hugging Face's <c>BertTokenizer</c>'s ids. Words of plain ASCII, nearly all of English text, are looked up straight from the
/// caller's span: no copy, no string. Text around anything else is cleaned first (<see cref="BasicTokenizer"/>).
/// Wu et al. 2016, arXiv:1609.08144; Devlin et al. 2018, arXiv:1810.04805.
/// </remarks>
public sealed class WordPieceTokenizer : ITokenizer
{
    private const int LongestWord = 100;

    // The ASCII that needs no cleaning: the printable and the three controls that count as spaces.
    private static readonly SearchValues<char> PlainAscii =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c), '\t', '\n', '\r']);

    private readonly Vocabulary _vocabulary;
    private readonly BasicTokenizer _basic;
    private readonly DoubleArrayTrie _trie;
    private readonly int _continuation;
    private readonly bool[] _isContinuation;
    private readonly (string Name, int Id)[] _specials;
    private readonly AsciiKind[] _asciiKinds = new AsciiKind[128];
    private readonly int[] _asciiCodes = new int[128];
    private readonly ThreadLocal<MappedText> _clean = new(() => new MappedText());

    private enum AsciiKind : byte { Letter, Space, Punctuation }

    /// <param name="vocabulary">Pieces that continue a word begin with "##".</param>
    /// <param name="options">Cleaning; null is bert-base-uncased's or, for a vocabulary with capital letters, bert-base-cased's.</param>
    public WordPieceTokenizer(Vocabulary vocabulary, BasicTokenizerOptions? options = null)
    {
        _vocabulary = vocabulary;
        Options = options ?? new BasicTokenizerOptions(LowerCase: !vocabulary.IsCased);
        _basic = new BasicTokenizer(Options);
        _trie = new DoubleArrayTrie(vocabulary.Tokens);
        _continuation = _trie.Walk(Vocabulary.ContinuationPrefix);
        _isContinuation = [.. vocabulary.Tokens.Select(t => t.Length > 2 && t.StartsWith(Vocabulary.ContinuationPrefix, StringComparison.Ordinal))];
        _specials = [.. Vocabulary.SpecialTokenNames.Select(name => (name, vocabulary.IdOf(name)))];
        for (char c = '\0'; c < 128; c++)
        {
            _asciiKinds[c] = c is ' ' or '\t' or '\n' or '\r' ? AsciiKind.Space
                : BasicTokenizer.IsPunctuation(c) ? AsciiKind.Punctuation : AsciiKind.Letter;
            _asciiCodes[c] = _trie.CodeOf(Options.LowerCase ? char.ToLowerInvariant(c) : c);
        }
    }

    /// <summary>How text is cleaned.</summary>
    public BasicTokenizerOptions Options { get; }

    /// <summary>The tokens and their ids.</summary>
    public Vocabulary Vocabulary => _vocabulary;

    public int VocabularySize => _vocabulary.Size;

    public SpecialTokens Special => _vocabulary.Special;

    public string TokenOf(int id) => _vocabulary.TokenOf(id);

    public int IdOf(string token) => _vocabulary.IdOf(token);

    public bool IsContinuation(int id) => _isContinuation[id];

    public void Encode(ReadOnlySpan<char> text, PieceList into)
    {
        int done = 0;
        while (done < text.Length)
        {
            int foreign = text[done..].IndexOfAnyExcept(PlainAscii);
            if (foreign < 0)
            {
                EncodeAscii(text, done, text.Length, into);
                return;
            }
            // The word around the foreign character, from space to space, takes the long way.
            foreign += done;
            int from = text[done..foreign].LastIndexOfAny(" \t\n\r") + 1 + done;
            int to = text[foreign..].IndexOfAny(" \t\n\r");
            to = to < 0 ? text.Length : foreign + to;
            EncodeAscii(text, done, from, into);
            EncodeAny(text, from, to, into);
            done = to;
        }
    }

    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true)
    {
        var text = new StringBuilder();
        foreach (int id in ids)
        {
            if (skipSpecial && Special.Contains(id))
                continue;
            bool joined = text.Length > 0 && _isContinuation[id];
            if (text.Length > 0 && !joined)
                text.Append(' ');
            text.Append(TokenOf(id).AsSpan(joined ? Vocabulary.ContinuationPrefix.Length : 0));
        }
        return text.ToString();
    }

    public void Save(string directory)
    {
        _vocabulary.Save(Path.Combine(directory, Vocabulary.FileName));
        TokenizerConfig.ForWordPiece(Options).Save(directory);
    }

    private void EncodeAscii(ReadOnlySpan<char> text, int from, int to, PieceList into)
    {
        for (int i = from; i < to;)
        {
            char c = text[i];
            switch (_asciiKinds[c])
            {
                case AsciiKind.Space:
                    i++;
                    break;
                case AsciiKind.Punctuation when c == '[' && SpecialAt(text[i..to], out int id, out int length):
                    into.Add(id, i, i += length);
                    break;
                case AsciiKind.Punctuation:
                    EncodeAsciiWord(text, i, ++i, into);
                    break;
                default:
                    int end = i + 1;
                    while (end < to && _asciiKinds[text[end]] == AsciiKind.Letter)
                        end++;
                    EncodeAsciiWord(text, i, end, into);
                    i = end;
                    break;
            }
        }
    }

    private void EncodeAsciiWord(ReadOnlySpan<char> text, int start, int end, PieceList into)
    {
        int before = into.Count, state = end - start > LongestWord ? -1 : DoubleArrayTrie.Root;
        for (int at = start; at < end;)
        {
            int id = -1, pieceEnd = at;
            for (int i = at; state >= 0 && i < end;)
            {
                state = _trie.NextByCode(state, _asciiCodes[text[i++]]);
                if (state >= 0 && _trie.ValueAt(state) is >= 0 and int value)
                    (id, pieceEnd) = (value, i);
            }
            if (id < 0)
            {
                into.Truncate(before);
                into.Add(Special.Unknown, start, end);
                return;
            }
            into.Add(id, at, pieceEnd);
            at = pieceEnd;
            state = _continuation;
        }
    }

    // Text with anything but plain ASCII in it: special tokens are cut out first, as they stand; what is between is cleaned.
    private void EncodeAny(ReadOnlySpan<char> text, int from, int to, PieceList into)
    {
        int segment = from;
        for (int i = from; i < to;)
        {
            if (text[i] != '[' || !SpecialAt(text[i..to], out int id, out int length))
            {
                i++;
                continue;
            }
            EncodeSegment(text[segment..i], segment, into);
            into.Add(id, i, i += length);
            segment = i;
        }
        EncodeSegment(text[segment..to], segment, into);
    }

    private void EncodeSegment(ReadOnlySpan<char> segment, int offset, PieceList into)
    {
        var clean = _clean.Value!;
        _basic.Clean(segment, offset, clean);
        var points = clean.CodePoints;
        for (int i = 0; i < points.Length;)
        {
            if (points[i] == ' ')
            {
                i++;
                continue;
            }
            int end = points[i..].IndexOf(' ');
            end = end < 0 ? points.Length : i + end;
            EncodeChunk(clean, i, end, into);
            i = end;
        }
    }

    // What stands between two spaces. Cleaning may have uncovered a special token ("[MA\u200BSK]" in a cased text): it counts.
    private void EncodeChunk(MappedText clean, int from, int to, PieceList into)
    {
        var chunk = clean.CodePoints[from..to];
        foreach (var (name, id) in _specials)
        {
            if (Spells(chunk, name))
            {
                into.Add(id, clean.StartOf(from), clean.EndOf(to - 1));
                return;
            }
        }
        for (int i = 0; i < chunk.Length;)
        {
            int end = BasicTokenizer.WordEnd(chunk, i);
            EncodeWord(clean, from + i, from + end, into);
            i = end;
        }
    }

    private void EncodeWord(MappedText clean, int start, int end, PieceList into)
    {
        var points = clean.CodePoints;
        int before = into.Count, state = end - start > LongestWord ? -1 : DoubleArrayTrie.Root;
        for (int at = start; at < end;)
        {
            int id = -1, pieceEnd = at;
            for (int i = at; state >= 0 && i < end;)
            {
                state = _trie.NextByCodePoint(state, points[i++]);
                if (state >= 0 && _trie.ValueAt(state) is >= 0 and int value)
                    (id, pieceEnd) = (value, i);
            }
            if (id < 0)
            {
                into.Truncate(before);
                into.Add(Special.Unknown, clean.StartOf(start), clean.EndOf(end - 1));
                return;
            }
            into.Add(id, clean.StartOf(at), clean.EndOf(pieceEnd - 1));
            at = pieceEnd;
            state = _continuation;
        }
    }

    private bool SpecialAt(ReadOnlySpan<char> text, out int id, out int length)
    {
        foreach (var (name, special) in _specials)
        {
            if (text.StartsWith(name))
            {
                (id, length) = (special, name.Length);
                return true;
            }
        }
        (id, length) = (-1, 0);
        return false;
    }

    private static bool Spells(ReadOnlySpan<int> points, string ascii)
    {
        if (points.Length != ascii.Length)
            return false;
        for (int i = 0; i < ascii.Length; i++)
        {
            if (points[i] != ascii[i])
                return false;
        }
        return true;
    }
}
