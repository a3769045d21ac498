using System.Text;

namespace BareBert.Bert.Tokenization;

/// <summary>
/// Text to pieces the way a <c>tokenizer.json</c> describes it: added tokens are cut out, what lies between is normalised, cut into
/// words, and the words into pieces.
/// </summary>
/// <remarks>The order and its corners are those of Hugging Face's Rust library.</remarks>
internal sealed class TextPipeline
{
    private readonly ITextNormalizer? _normalizer;
    private readonly IPreTokenizer? _preTokenizer;
    private readonly ISubwordModel _model;
    private readonly AddedTokenFinder _raw, _clean;
    private readonly ThreadLocal<Scratch> _scratch = new(() => new Scratch());

    private sealed class Scratch
    {
        public readonly MappedText Text = new(), Spare = new();
        public readonly WordList Words = new();
        public readonly StringBuilder Units = new();
        public readonly List<int> Points = [];
    }

    /// <param name="normalizer">Null: the text stays as it is.</param>
    /// <param name="preTokenizer">Null: a stretch of text is one word.</param>
    /// <param name="model">Cuts words.</param>
    /// <param name="added">Tokens that are found first.</param>
    public TextPipeline(ITextNormalizer? normalizer, IPreTokenizer? preTokenizer, ISubwordModel model, IReadOnlyList<AddedToken> added)
    {
        (_normalizer, _preTokenizer, _model) = (normalizer, preTokenizer, model);
        _raw = new AddedTokenFinder(added.Where(token => !token.Normalized));
        // In clean text the token looks clean too; one that vanishes, or equals another, cannot be found.
        _clean = new AddedTokenFinder(added.Where(token => token.Normalized)
            .Select(token => token with { Content = Normalized(token.Content) })
            .Where(token => token.Content.Length > 0).GroupBy(token => token.Content).Select(same => same.OrderByDescending(token => token.Special).First()));
    }

    /// <summary>Appends the pieces of a text.</summary>
    /// <param name="text">Any UTF-16; a lone surrogate counts as U+FFFD.</param>
    /// <param name="normalize">False: the text is clean already.</param>
    /// <param name="preTokenize">False: every stretch between added tokens is one word.</param>
    /// <param name="into">Receives ids and offsets into <paramref name="text"/>.</param>
    public void Encode(ReadOnlySpan<char> text, bool normalize, bool preTokenize, PieceList into)
    {
        Scratch scratch = _scratch.Value!;
        int from = 0, done = 0;
        while (_raw.TryFind(text, from, done, out var match))
        {
            EncodeSegment(text[done..match.Start], done, normalize, preTokenize, scratch, into);
            into.Add(match.Id, match.Start, match.End);
            (from, done) = (match.Next, match.End);
        }
        EncodeSegment(text[done..], done, normalize, preTokenize, scratch, into);
    }

    private void EncodeSegment(ReadOnlySpan<char> segment, int offset, bool normalize, bool preTokenize, Scratch scratch, PieceList into)
    {
        if (segment.IsEmpty)
            return;
        MappedText text = scratch.Text;
        text.Clear();
        text.Append(segment, offset);
        if (normalize)
            _normalizer?.Apply(text, scratch.Spare);
        if (_clean.IsEmpty)
            EncodeClean(text, 0, text.Count, preTokenize, scratch, into);
        else
            EncodeBetweenTokens(text, preTokenize, scratch, into);
    }

    private void EncodeBetweenTokens(MappedText text, bool preTokenize, Scratch scratch, PieceList into)
    {
        var (units, points) = (scratch.Units.Clear(), scratch.Points);
        points.Clear();
        Span<char> pair = stackalloc char[2];
        for (int i = 0; i < text.Count; i++)
        {
            int count = new Rune(text.CodePoints[i]).EncodeToUtf16(pair);
            units.Append(pair[..count]);
            points.AddRange(Enumerable.Repeat(i, count));
        }
        points.Add(text.Count);
        string clean = units.ToString();
        int from = 0, done = 0;
        while (_clean.TryFind(clean, from, done, out var match))
        {
            EncodeClean(text, points[done], points[match.Start], preTokenize, scratch, into);
            AddToken(text, points[match.Start], points[match.End], match.Id, into);
            (from, done) = (match.Next, match.End);
        }
        EncodeClean(text, points[done], text.Count, preTokenize, scratch, into);
    }

    // One whose spaces an earlier token has taken may be left with nothing.
    private static void AddToken(MappedText text, int from, int to, int id, PieceList into)
    {
        int end = to == 0 ? text.StartOf(0) : text.EndOf(to - 1);
        into.Add(id, to > from ? text.StartOf(from) : end, end);
    }

    private void EncodeClean(MappedText text, int from, int to, bool preTokenize, Scratch scratch, PieceList into)
    {
        WordList words = scratch.Words;
        words.Reset(text, from, to);
        if (preTokenize)
            _preTokenizer?.Apply(words);
        foreach (var (start, end) in words.Words)
            _model.Encode(words.Text, start, end, into);
    }

    private string Normalized(string content)
    {
        var (text, spare) = (new MappedText(), new MappedText());
        text.Append(content, 0);
        _normalizer?.Apply(text, spare);
        return text.ToString();
    }
}
