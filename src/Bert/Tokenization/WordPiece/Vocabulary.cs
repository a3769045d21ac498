using System.Text;

namespace BareBert.Bert.Tokenization;

/// <summary>A WordPiece vocabulary: tokens and their ids, one token a line in <c>vocab.txt</c>, the id being the line's number from 0.</summary>
public sealed class Vocabulary
{
    /// <summary>The file's usual name.</summary>
    public const string FileName = "vocab.txt";

    /// <summary>What a piece that continues a word begins with.</summary>
    public const string ContinuationPrefix = "##";

    public const string PadToken = "[PAD]", UnknownToken = "[UNK]", ClsToken = "[CLS]", SepToken = "[SEP]", MaskToken = "[MASK]";

    /// <summary>The tokens that stand for no text, in the order in which a trained vocabulary begins with them.</summary>
    public static readonly IReadOnlyList<string> SpecialTokenNames = [PadToken, UnknownToken, ClsToken, SepToken, MaskToken];

    private readonly string[] _tokens;
    private readonly Dictionary<string, int> _ids = [];

    /// <param name="tokens">In id order. An empty one stands for nothing; of equal ones the last is meant, as in Hugging Face's loaders.</param>
    /// <param name="source">Named in errors: the file, or what made the tokens.</param>
    /// <exception cref="InputException">There are no tokens.</exception>
    public Vocabulary(IEnumerable<string> tokens, string source = "vocabulary")
    {
        _tokens = [.. tokens];
        Source = source;
        if (!Array.Exists(_tokens, token => token.Length > 0))
            throw new InputException($"empty vocabulary: {source}; give a vocab.txt with one token a line");
        for (int id = 0; id < _tokens.Length; id++)
        {
            if (_tokens[id].Length > 0)
                _ids[_tokens[id]] = id;
        }
        Notices = FindOddities();
    }

    /// <summary>Number of tokens, V.</summary>
    public int Size => _tokens.Length;

    /// <summary>The tokens in id order.</summary>
    public IReadOnlyList<string> Tokens => _tokens;

    /// <summary>The file it was read from, or what made it.</summary>
    public string Source { get; }

    /// <summary>What is odd about it, a line each: repeated and blank lines. They stay, since every later token's id counts them.</summary>
    public IReadOnlyList<string> Notices { get; }

    /// <summary>True when a token, names in brackets apart, holds a letter that lower-casing would change: lower-cased text could never become it.</summary>
    public bool IsCased => _tokens.Any(t => t is not ['[', .., ']'] && t.EnumerateRunes().Any(r => r.Value is UnicodeCase.CapitalDottedI || UnicodeCase.LowerLast(r.Value) != r.Value));

    /// <summary>The token of an id.</summary>
    /// <exception cref="ArgumentOutOfRangeException">id is not in [0, V).</exception>
    public string TokenOf(int id) => (uint)id < (uint)_tokens.Length
        ? _tokens[id]
        : throw new ArgumentOutOfRangeException(nameof(id), id, $"the vocabulary's ids are 0 to {_tokens.Length - 1}");

    /// <summary>The id of a token, or −1.</summary>
    public int IdOf(string token) => _ids.GetValueOrDefault(token, -1);

    /// <summary>Reads <c>vocab.txt</c>: UTF-8, one token a line.</summary>
    /// <exception cref="InputException">The file is missing, unreadable, empty, not UTF-8 text, or not a vocabulary; says which line.</exception>
    public static Vocabulary Load(string path) => Parse(TokenizerFiles.ReadAllBytes(path, "vocabulary"), path);

    /// <summary>The vocabulary in the bytes of a <c>vocab.txt</c>.</summary>
    /// <param name="utf8">The file.</param>
    /// <param name="source">Named in errors.</param>
    /// <exception cref="InputException">As <see cref="Load"/>.</exception>
    public static Vocabulary Parse(ReadOnlySpan<byte> utf8, string source)
    {
        int nul = utf8.IndexOf((byte)0);
        if (nul >= 0)
            throw new InputException($"a binary file, not a vocabulary: {source}, byte {nul} is NUL; give a vocab.txt with one token a line");
        if (utf8.StartsWith("\uFEFF"u8))
            utf8 = utf8[3..];
        return new Vocabulary(Lines(utf8, source), source);
    }

    /// <summary>Writes <c>vocab.txt</c>.</summary>
    /// <exception cref="RunException">The file cannot be written.</exception>
    public void Save(string path)
    {
        var text = new StringBuilder();
        foreach (string token in _tokens)
            text.Append(token).Append('\n');
        TokenizerFiles.WriteAllBytes(path, Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static List<string> Lines(ReadOnlySpan<byte> utf8, string source)
    {
        var strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        var lines = new List<string>();
        while (!utf8.IsEmpty)
        {
            int end = utf8.IndexOf((byte)'\n');
            var line = end < 0 ? utf8 : utf8[..end];
            utf8 = end < 0 ? [] : utf8[(end + 1)..];
            if (line.EndsWith("\r"u8))
                line = line[..^1];
            try
            {
                lines.Add(strict.GetString(line));
            }
            catch (DecoderFallbackException e)
            {
                throw new InputException($"not UTF-8 text: {source}, line {lines.Count + 1}; save the vocabulary as UTF-8", e);
            }
        }
        return lines;
    }

    private List<string> FindOddities()
    {
        var oddities = new List<string>();
        var lines = Enumerable.Range(0, _tokens.Length);
        int[] blank = [.. lines.Where(id => _tokens[id].Length == 0)];
        if (blank.Length > 0)
            oddities.Add($"{blank.Length} blank lines, as line {blank[0] + 1}: {Source}; their ids stand for nothing, the lines must stay");
        int[] repeated = [.. lines.Where(id => _tokens[id].Length > 0 && _ids[_tokens[id]] != id)];
        if (repeated.Length > 0)
        {
            string token = _tokens[repeated[0]];
            oddities.Add($"{repeated.Length} repeated tokens, as {Printable.Quote(token)} in lines {repeated[0] + 1} and {_ids[token] + 1}: {Source}; "
                + "the last of equal ones is meant, the lines must stay");
        }
        return oddities;
    }
}
