namespace BareBert.Bert.Tokenization;

/// <summary>
/// One model input, [CLS] a [SEP] or [CLS] a [SEP] b [SEP]: T tokens with everything known about each. Field by field what
/// Hugging Face's tokenizers return, without padding.
/// </summary>
public sealed class TokenSequence
{
    private readonly int[] _ids, _texts, _starts, _ends;

    internal TokenSequence(int length)
    {
        _ids = new int[length];
        _texts = new int[length];
        _starts = new int[length];
        _ends = new int[length];
    }

    /// <summary>T.</summary>
    public int Length => _ids.Length;

    /// <summary>[T] <c>input_ids</c>.</summary>
    public ReadOnlySpan<int> Ids => _ids;

    /// <summary>[T] which text a token is from, 0 or 1; −1 for the special tokens around them.</summary>
    public ReadOnlySpan<int> Texts => _texts;

    /// <summary>The tokens of a text, which lie side by side: the first, and one past the last; both 0 where it has none.</summary>
    internal (int First, int End) TokensOf(int text) => (Math.Max(0, Texts.IndexOf(text)), Texts.LastIndexOf(text) + 1);

    /// <summary>[T] where a token begins in its own text, in UTF-16 units; 0 for special tokens.</summary>
    public ReadOnlySpan<int> Starts => _starts;

    /// <summary>[T] where a token ends in its own text, exclusive; 0 for special tokens.</summary>
    public ReadOnlySpan<int> Ends => _ends;

    /// <summary>Number of tokens of type 0, which come first: in BERT those up to and with the first [SEP].</summary>
    public int FirstSegmentLength { get; private set; }

    /// <summary>True when tokens of a text were left out to keep within the length.</summary>
    public bool Truncated { get; internal init; }

    /// <summary>[T] <c>token_type_ids</c>: 0 up to the first [SEP], 1 behind it.</summary>
    public int[] TokenTypeIds() => [.. Enumerable.Range(0, Length).Select(i => i < FirstSegmentLength ? 0 : 1)];

    /// <summary>[T] <c>attention_mask</c>: all ones, as there is no padding.</summary>
    public int[] AttentionMask() => [.. Enumerable.Repeat(1, Length)];

    /// <summary>[T] <c>special_tokens_mask</c>: 1 for the [CLS] and [SEP] added around the texts.</summary>
    public int[] SpecialTokensMask() => [.. _texts.Select(text => text < 0 ? 1 : 0)];

    /// <summary>Writes tokens one after the other.</summary>
    internal ref struct Writer(TokenSequence sequence)
    {
        private int _at;

        public void AddSpecial(int id)
        {
            sequence._ids[_at] = id;
            sequence._texts[_at++] = -1;
        }

        public void AddText(int text, PieceList pieces, Range part)
        {
            var (from, count) = part.GetOffsetAndLength(pieces.Count);
            pieces.Ids.Slice(from, count).CopyTo(sequence._ids.AsSpan(_at));
            pieces.Starts.Slice(from, count).CopyTo(sequence._starts.AsSpan(_at));
            pieces.Ends.Slice(from, count).CopyTo(sequence._ends.AsSpan(_at));
            sequence._texts.AsSpan(_at, count).Fill(text);
            _at += count;
        }

        public readonly void ExtendFirstSegment(int tokens) => sequence.FirstSegmentLength += tokens;
    }
}
