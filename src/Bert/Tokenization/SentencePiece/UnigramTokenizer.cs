using System.Globalization;
using System.Text;

namespace BareBert.Bert.Tokenization;

/// <summary>What ALBERT does to text before sentencepiece sees it; the field names of <c>tokenizer_config.json</c>.</summary>
/// <param name="LowerCase"><c>do_lower_case</c>.</param>
/// <param name="RemoveSpace"><c>remove_space</c>: trim, and make one space of several.</param>
/// <param name="KeepAccents"><c>keep_accents</c>: leave combining marks and compatibility characters to the model's rules.</param>
public sealed record UnigramOptions(bool LowerCase = true, bool RemoveSpace = true, bool KeepAccents = false)
{
    internal static UnigramOptions From(TokenizerConfig config) => new(config.LowerCase ?? true, config.RemoveSpace, config.KeepAccents);
}

/// <summary>
/// ALBERT's tokenizer: of all ways to cut the text into pieces of a sentencepiece model, the most probable one, where the
/// probability of a text is the product of its pieces'.
/// </summary>
/// <remarks>
/// Gives the ids of Hugging Face's (Python) <c>AlbertTokenizer</c>, its rule for commas behind digits included. Kudo 2018, arXiv:1804.10959;
/// Viterbi 1967. Pieces write a space as "▁"; offsets leave it out, so "▁the" covers "the", and a "▁" that stands alone covers nothing.
/// </remarks>
public sealed class UnigramTokenizer : SubwordTokenizer
{
    private readonly SentencePieceModel _model;
    private readonly UnigramNormalizer _normalizer;
    private readonly UnigramLattice _lattice;
    private readonly AddedTokenFinder _added;
    private readonly bool[] _isContinuation;
    private readonly int _comma;
    private readonly ThreadLocal<Scratch> _scratch = new(() => new Scratch());

    private sealed class Scratch
    {
        public readonly MappedText Tidy = new(), Normal = new(), Number = new();
        public readonly UnigramPath Path = new(), NumberPath = new();
    }

    /// <param name="model">ALBERT's pieces.</param>
    /// <param name="options">What is done to text first; null is albert-base-v2's.</param>
    public UnigramTokenizer(SentencePieceModel model, UnigramOptions? options = null)
        : this(model, options, TokenizerTraits.Of(model.Texts, SpecialNames.Albert, [], model.Source)) { }

    internal UnigramTokenizer(SentencePieceModel model, UnigramOptions? options, TokenizerTraits traits)
        : base(new TokenTable(model.Texts, traits.Added), traits)
    {
        _model = model;
        Options = options ?? new UnigramOptions();
        _normalizer = new UnigramNormalizer(model, Options);
        _lattice = new UnigramLattice(model);
        // The text is lower-cased before special tokens are looked for.
        _added = new AddedTokenFinder(traits.Added, Options.LowerCase);
        _isContinuation = [.. Enumerable.Range(0, VocabularySize).Select(id => !IsSpecial(id) && UnigramModel.ContinuesWord(TokenOf(id)))];
        _comma = model.Ids.GetValueOrDefault(",", Special.Unknown);
    }

    /// <summary>What is done to text before it is cut.</summary>
    public UnigramOptions Options { get; }

    /// <inheritdoc/>
    public override bool IsContinuation(int id) => _isContinuation[id];

    /// <inheritdoc/>
    public override void Encode(ReadOnlySpan<char> text, PieceList into) => EncodeAs(text, normalize: true, preTokenize: true, into);

    /// <inheritdoc/>
    public override string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true)
    {
        var text = new StringBuilder();
        bool afterSpecial = false;
        foreach (int id in ids)
        {
            bool special = IsSpecial(id);
            if (special && skipSpecial)
                continue;
            string token = TokenOf(id).Replace(SentencePieceModel.Space, ' ');
            if ((special || afterSpecial) && text.Length > 0 && !token.StartsWith(' '))
                text.Append(' ');
            text.Append(token);
            afterSpecial = special;
        }
        return text.ToString().Trim();
    }

    /// <inheritdoc/>
    public override void Save(string directory)
    {
        _model.Save(Path.Combine(directory, SentencePieceModel.FileName));
        TokenizerConfig.ForUnigram(Options, Traits).Save(directory);
    }

    private protected override SubwordTokenizer Rebuild(TokenizerTraits traits) => new UnigramTokenizer(_model, Options, traits);

    // Sentencepiece knows no words: there is no pre-tokenization to leave out.
    private protected override void EncodeAs(ReadOnlySpan<char> text, bool normalize, bool preTokenize, PieceList into)
    {
        var scratch = _scratch.Value!;
        int from = 0, done = 0;
        while (_added.TryFind(text, from, done, out var match))
        {
            EncodeSegment(text[done..match.Start], done, normalize, scratch, into);
            into.Add(match.Id, match.Start, match.End);
            (from, done) = (match.Next, match.End);
        }
        EncodeSegment(text[done..], done, normalize, scratch, into);
    }

    private void EncodeSegment(ReadOnlySpan<char> segment, int offset, bool normalize, Scratch scratch, PieceList into)
    {
        if (segment.IsEmpty)
            return;
        if (normalize)
            _normalizer.Normalize(segment, offset, scratch.Tidy, scratch.Normal);
        else
        {
            scratch.Normal.Clear();
            scratch.Normal.Append(segment, offset);
        }
        _lattice.FindBest(scratch.Normal.CodePoints, scratch.Path);
        var path = scratch.Path;
        for (int i = 0; i < path.Count; i++)
        {
            var piece = path.RangeOf(i);
            if (IsNumberWithComma(scratch.Normal.CodePoints[piece]))
                AddNumberWithComma(scratch, piece, into);
            else
                Add(path.IdOf(i), scratch.Normal, piece, into);
        }
    }

    // A piece like "▁9," is split again, into the pieces of the number and the comma: "9,9" is to be like "9".
    // google-research/albert does the same to every sentencepiece output.
    private void AddNumberWithComma(Scratch scratch, Range piece, PieceList into)
    {
        var (from, count) = piece.GetOffsetAndLength(scratch.Normal.Count);
        var (text, number, path) = (scratch.Normal, scratch.Number, scratch.NumberPath);
        bool beginsWord = text.CodePoints[from] == SentencePieceModel.Space;
        number.Clear();
        number.Add(SentencePieceModel.Space, text.StartOf(from), text.StartOf(from));
        for (int i = from; i < from + count - 1; i++)
        {
            if (text.CodePoints[i] != SentencePieceModel.Space)
                number.Add(text.CodePoints[i], text.StartOf(i), text.EndOf(i));
        }
        _lattice.FindBest(number.CodePoints, path);
        for (int i = 0; i < path.Count; i++)
        {
            var part = path.RangeOf(i);
            if (i > 0 || beginsWord)
                Add(path.IdOf(i), number, part, into);
            else if (part.End.Value > 1) // the space was not in the text: look the piece up without it
                Add(_lattice.IdOf(number.CodePoints[1..part.End.Value]), number, 1..part.End.Value, into);
        }
        into.Add(_comma, text.StartOf(from + count - 1), text.EndOf(from + count - 1));
    }

    private static bool IsNumberWithComma(ReadOnlySpan<int> piece) => piece.Length > 1 && piece[^1] == ',' && IsDigit(piece[^2]);

    private static bool IsDigit(int point) => point < 128
        ? point is >= '0' and <= '9'
        : CharUnicodeInfo.GetDigitValue(char.ConvertFromUtf32(point), 0) >= 0;

    private static void Add(int id, MappedText text, Range piece, PieceList into)
    {
        var (from, count) = piece.GetOffsetAndLength(text.Count);
        UnigramModel.Add(id, text, from, from + count - 1, into);
    }
}
