using System.Buffers;

namespace BareBert.Bert.Tokenization;

/// <summary>
/// BERT's tokenizer: cleans text, cuts it into words and punctuation, spells every word by the longest vocabulary entries
/// from left to right; a word that cannot be spelled, or is longer than 100 characters, becomes one [UNK].
/// </summary>
/// <remarks>
/// Gives the ids of Hugging Face's BERT tokenizers. Words of plain ASCII, nearly all of English text, are looked up straight from the
/// caller's span: no copy, no string. Text around anything else is cleaned first (<see cref="BasicTokenizer"/>).
/// Wu et al. 2016, arXiv:1609.08144; Devlin et al. 2018, arXiv:1810.04805.
/// </remarks>
public sealed class WordPieceTokenizer : SubwordTokenizer
{
    // The ASCII that needs no cleaning: the printable and the three controls that count as spaces.
    private static readonly SearchValues<char> PlainAscii =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c), '\t', '\n', '\r']);

    private readonly BasicTokenizer _basic;
    private readonly NeverSplitWords? _neverSplit;
    private readonly WordPieceModel _model;
    private readonly AddedTokenFinder _added;
    private readonly TextPipeline _longWay;
    private readonly bool _mustGoLongWay;
    private readonly bool[] _isContinuation;
    private readonly AsciiKind[] _asciiKinds = new AsciiKind[128];
    private readonly int[] _asciiCodes = new int[128];
    private readonly ThreadLocal<MappedText> _clean = new(() => new MappedText());

    private enum AsciiKind : byte { Letter, Space, Punctuation }

    /// <param name="vocabulary">Pieces that continue a word begin with "##"; it has [UNK], [CLS] and [SEP].</param>
    /// <param name="options">Cleaning; null is bert-base-uncased's or, for a vocabulary with capital letters, bert-base-cased's.</param>
    /// <exception cref="InputException">The vocabulary lacks one of the three.</exception>
    public WordPieceTokenizer(Vocabulary vocabulary, BasicTokenizerOptions? options = null)
        : this(vocabulary, options, TokenizerTraits.Of(vocabulary.Tokens, SpecialNames.Bert, [], vocabulary.Source)) { }

    internal WordPieceTokenizer(Vocabulary vocabulary, BasicTokenizerOptions? options, TokenizerTraits traits)
        : base(new TokenTable(vocabulary.Tokens, traits.Added), traits)
    {
        Vocabulary = vocabulary;
        Options = options ?? new BasicTokenizerOptions(LowerCase: !vocabulary.IsCased);
        _basic = new BasicTokenizer(Options);
        _neverSplit = traits.NeverSplit.Count == 0 ? null : new NeverSplitWords(traits.NeverSplit, Options, IdOf, Special.Unknown);
        _model = new WordPieceModel(vocabulary.Tokens, Special.Unknown);
        _added = new AddedTokenFinder(traits.Added);
        _longWay = new TextPipeline(new BertNormalizer(Options), new BertPreTokenizer(), _model, traits.Added);
        _mustGoLongWay = !Options.CleanText || traits.Added.Any(token => token.Normalized);
        _isContinuation = [.. Enumerable.Range(0, VocabularySize).Select(id => _model.Continues(TokenOf(id)))];
        for (char c = '\0'; c < 128; c++)
        {
            _asciiKinds[c] = c is ' ' or '\t' or '\n' or '\r' ? AsciiKind.Space
                : UnicodeClasses.IsPunctuation(c) ? AsciiKind.Punctuation : AsciiKind.Letter;
            _asciiCodes[c] = _model.Trie.CodeOf(Options.LowerCase ? char.ToLowerInvariant(c) : c);
        }
    }

    /// <summary>How text is cleaned.</summary>
    public BasicTokenizerOptions Options { get; }

    /// <summary>The model's tokens and their ids.</summary>
    public Vocabulary Vocabulary { get; }

    /// <inheritdoc/>
    public override bool IsContinuation(int id) => _isContinuation[id];

    /// <inheritdoc/>
    public override void Encode(ReadOnlySpan<char> text, PieceList into)
    {
        if (_mustGoLongWay)
        {
            _longWay.Encode(text, normalize: true, preTokenize: true, into);
            return;
        }
        int from = 0, done = 0;
        while (_added.TryFind(text, from, done, out var match))
        {
            EncodeBetween(text, done, match.Start, into);
            into.Add(match.Id, match.Start, match.End);
            (from, done) = (match.Next, match.End);
        }
        EncodeBetween(text, done, text.Length, into);
    }

    /// <inheritdoc/>
    public override string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true) =>
        _model.Join(ids.ToArray().Where(id => !(skipSpecial && IsSpecial(id))).Select(TokenOf));

    /// <inheritdoc/>
    public override void Save(string directory)
    {
        Vocabulary.Save(Path.Combine(directory, Vocabulary.FileName));
        TokenizerConfig.ForWordPiece(Options, Traits).Save(directory);
        // Words that are never cut are the Python class's alone: no tokenizer.json can say so.
        if (_neverSplit is null)
            (Traits.Document ?? TokenizerDocument.ForWordPiece(this)).WithAdded(AddedTokens).Save(directory);
    }

    private protected override SubwordTokenizer Rebuild(TokenizerTraits traits) => new WordPieceTokenizer(Vocabulary, Options, traits);

    private protected override void EncodeAs(ReadOnlySpan<char> text, bool normalize, bool preTokenize, PieceList into)
    {
        if (normalize && preTokenize)
            Encode(text, into);
        else
            _longWay.Encode(text, normalize, preTokenize, into);
    }

    // A stretch without added tokens.
    private void EncodeBetween(ReadOnlySpan<char> text, int done, int to, PieceList into)
    {
        while (done < to)
        {
            int foreign = _neverSplit is null ? text[done..to].IndexOfAnyExcept(PlainAscii) : 0;
            if (foreign < 0)
            {
                EncodeAscii(text, done, to, into);
                return;
            }
            // The word around the foreign character, from space to space, takes the long way.
            foreign += done;
            int from = text[done..foreign].LastIndexOfAny(" \t\n\r") + 1 + done;
            int end = text[foreign..to].IndexOfAny(" \t\n\r");
            end = end < 0 ? to : Math.Max(foreign + end, foreign + 1);
            EncodeAscii(text, done, from, into);
            EncodeAny(text[from..end], from, into);
            done = end;
        }
    }

    private void EncodeAscii(ReadOnlySpan<char> text, int from, int to, PieceList into)
    {
        for (int i = from; i < to;)
        {
            switch (_asciiKinds[text[i]])
            {
                case AsciiKind.Space:
                    i++;
                    break;
                case AsciiKind.Punctuation:
                    _model.EncodeAscii(text, i, ++i, _asciiCodes, into);
                    break;
                default:
                    int end = i + 1;
                    while (end < to && _asciiKinds[text[end]] == AsciiKind.Letter)
                        end++;
                    _model.EncodeAscii(text, i, end, _asciiCodes, into);
                    i = end;
                    break;
            }
        }
    }

    private void EncodeAny(ReadOnlySpan<char> chunk, int offset, PieceList into)
    {
        if (_neverSplit is null)
        {
            EncodeCleaned(chunk, offset, into);
            return;
        }
        foreach (var (from, to, id) in _neverSplit.Find(chunk))
        {
            if (id >= 0)
                into.Add(id, offset + from, offset + to);
            else
                EncodeCleaned(chunk[from..to], offset + from, into);
        }
    }

    private void EncodeCleaned(ReadOnlySpan<char> chunk, int offset, PieceList into)
    {
        var clean = _clean.Value!;
        _basic.Clean(chunk, offset, clean);
        var points = clean.CodePoints;
        for (int i = 0; i < points.Length;)
        {
            if (UnicodeClasses.IsWhiteSpace(points[i]))
            {
                i++;
                continue;
            }
            int end = BasicTokenizer.WordEnd(points, i);
            _model.Encode(clean, i, end, into);
            i = end;
        }
    }
}
