using System.Text;

namespace BareBert.Bert.Tokenization;

/// <summary>The unigram model of a <c>tokenizer.json</c>: of all ways to cut a word into its pieces the most probable one.</summary>
/// <remarks>Kudo 2018, arXiv:1804.10959. Pieces write a space as "▁"; offsets leave it out.</remarks>
internal sealed class UnigramModel : ISubwordModel
{
    private readonly UnigramLattice _lattice;
    private readonly ThreadLocal<UnigramPath> _path = new(() => new UnigramPath());

    /// <param name="pieces">In id order, none empty.</param>
    /// <param name="scores">Their log probabilities.</param>
    /// <param name="unknown">The id of the unknown piece.</param>
    public UnigramModel(IReadOnlyList<string> pieces, double[] scores, int unknown) => _lattice = new UnigramLattice(pieces, scores, unknown);

    public void Encode(MappedText text, int from, int to, PieceList into)
    {
        UnigramPath path = _path.Value!;
        _lattice.FindBest(text.CodePoints[from..to], path);
        for (int i = 0; i < path.Count; i++)
        {
            var (start, count) = path.RangeOf(i).GetOffsetAndLength(to - from);
            Add(path.IdOf(i), text, from + start, from + start + count - 1, into);
        }
    }

    /// <summary>Appends a piece whose range leaves out the spaces at its front; "▁" alone covers nothing.</summary>
    /// <param name="id">The piece.</param>
    /// <param name="text">The text it was cut from.</param>
    /// <param name="from">Its first code point.</param>
    /// <param name="last">Its last.</param>
    /// <param name="into">Receives it.</param>
    public static void Add(int id, MappedText text, int from, int last, PieceList into)
    {
        while (from < last && text.CodePoints[from] == SentencePieceModel.Space)
            from++;
        int end = text.EndOf(last);
        // A space by itself stands for nothing that one could point at, unless a character was taken apart into it and what follows.
        bool isEmpty = text.CodePoints[from] == SentencePieceModel.Space && !(last + 1 < text.Count && text.StartOf(last + 1) < end);
        into.Add(id, isEmpty ? end : text.StartOf(from), end);
    }

    /// <summary>As google-research/albert marks words for whole-word masking: punctuation stands by itself.</summary>
    public bool Continues(string piece) => ContinuesWord(piece);

    public string Join(IEnumerable<string> pieces) => JoinPieces(pieces);

    /// <inheritdoc cref="Continues"/>
    public static bool ContinuesWord(string piece)
    {
        if (piece.Length == 0)
            return false;
        Rune.DecodeFromUtf16(piece, out Rune first, out _);
        return first.Value != SentencePieceModel.Space && !UnicodeClasses.IsPunctuation(first.Value)
            && Rune.GetUnicodeCategory(first) != System.Globalization.UnicodeCategory.CurrencySymbol;
    }

    /// <summary>Text from pieces: "▁" is a space.</summary>
    public static string JoinPieces(IEnumerable<string> pieces) => string.Concat(pieces).Replace(SentencePieceModel.Space, ' ').Trim();
}
