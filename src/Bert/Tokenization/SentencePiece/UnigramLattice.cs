using System.Runtime.CompilerServices;
using System.Text;

namespace BareBert.Bert.Tokenization;

/// <summary>Finds the most probable cut of a text into the pieces of a unigram model.</summary>
/// <remarks>
/// One pass: at every position all pieces that begin there are read off a trie, and each offers its end a score; the first of equals
/// stays. Scores are summed from the text's beginning, in float32 as sentencepiece sums them or in float64 as the Rust library does,
/// so that near-ties fall the same way.
/// </remarks>
internal sealed class UnigramLattice
{
    // What an unknown character costs beyond the least likely piece, in nats.
    private const float UnknownPenalty = 10;

    private readonly DoubleArrayTrie _trie;
    private readonly double[] _scores;
    private readonly double _unknownScore;
    private readonly int _unknown;
    private readonly bool _sumsInSingle;

    /// <summary>Of a sentencepiece model, with its kinds of pieces.</summary>
    public UnigramLattice(SentencePieceModel model)
    {
        var pieces = model.Pieces;
        int[] usable = [.. Enumerable.Range(0, pieces.Count).Where(id => pieces[id].Kind is PieceKind.Normal or PieceKind.UserDefined)];
        _trie = new DoubleArrayTrie([.. usable.Select(id => pieces[id].Text)], usable);
        float least = pieces.Where(p => p.Kind == PieceKind.Normal).Min(p => p.Score);
        float most = pieces.Where(p => p.Kind == PieceKind.Normal).Max(p => p.Score);
        _unknownScore = least - UnknownPenalty;
        _unknown = model.Special.Unknown;
        _sumsInSingle = true;
        // A user's symbol beats any other cut of its characters: the most likely score for each of its bytes, less a trifle.
        _scores = [.. pieces.Select(p => p.Kind == PieceKind.UserDefined ? Encoding.UTF8.GetByteCount(p.Text) * most - 0.1 : p.Score)];
    }

    /// <summary>Of a <c>tokenizer.json</c>, where all pieces are alike.</summary>
    /// <param name="pieces">In id order, none empty; of equal ones the last is meant.</param>
    /// <param name="scores">Their log probabilities.</param>
    /// <param name="unknown">The id of the unknown piece.</param>
    public UnigramLattice(IReadOnlyList<string> pieces, double[] scores, int unknown)
    {
        var ids = new Dictionary<string, int>(pieces.Count);
        for (int id = 0; id < pieces.Count; id++)
            ids[pieces[id]] = id;
        _trie = new DoubleArrayTrie([.. ids.Keys], [.. ids.Values]);
        (_scores, _unknown, _unknownScore) = (scores, unknown, scores.Min() - UnknownPenalty);
    }

    /// <summary>The id of a piece, or the unknown id.</summary>
    public int IdOf(ReadOnlySpan<int> piece)
    {
        int state = DoubleArrayTrie.Root;
        for (int i = 0; i < piece.Length && state >= 0; i++)
            state = _trie.NextByCodePoint(state, piece[i]);
        return state >= 0 && _trie.ValueAt(state) is >= 0 and int id ? id : _unknown;
    }

    /// <summary>Fills <paramref name="path"/> with the best pieces of a normalised text; empty for an empty one.</summary>
    public void FindBest(ReadOnlySpan<int> text, UnigramPath path)
    {
        path.Reset(text.Length);
        var (nodes, codes) = (path.Nodes, path.Codes);
        for (int i = 0; i < text.Length; i++)
            codes[i] = text[i] <= char.MaxValue ? _trie.CodeOf((char)text[i]) : -text[i];
        for (int start = 0; start < text.Length; start++)
        {
            double soFar = nodes[start].Score;
            bool single = false;
            int state = DoubleArrayTrie.Root;
            for (int i = start; i < text.Length; i++)
            {
                int code = codes[i];
                state = code >= 0 ? _trie.NextByCode(state, code) : _trie.NextByCodePoint(state, -code);
                if (state < 0)
                    break;
                int id = _trie.ValueAt(state);
                if (id < 0)
                    continue;
                single |= i == start;
                Offer(ref nodes[i + 1], _scores[id] + soFar, start, id);
            }
            if (!single)
                Offer(ref nodes[start + 1], _unknownScore + soFar, start, _unknown);
        }
        path.Trace(text.Length, _unknown);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Offer(ref UnigramPath.Node end, double score, int start, int id)
    {
        if (end.Start < 0 || score > end.Score)
            end = new UnigramPath.Node { Score = _sumsInSingle ? (float)score : score, Start = start, Id = id };
    }
}
