using System.Runtime.InteropServices;

namespace BareBert.Bert.Data;

/// <summary>The token ids of one split, document after document, and where its sentences and documents begin.</summary>
public sealed class TokenSplit
{
    private readonly TokenMemory _memory;
    private readonly TokenImage.SplitLayout _layout;

    internal TokenSplit(TokenMemory memory, TokenImage.SplitLayout layout) => (_memory, _layout) = (memory, layout);

    /// <summary>Number of tokens.</summary>
    public int Tokens => _layout.Tokens;

    /// <summary>Number of sentences.</summary>
    public int Sentences => _layout.Sentences;

    /// <summary>Number of documents.</summary>
    public int Documents => _layout.Documents;

    /// <summary>[Sentences + 1] the first token of each sentence, then <see cref="Tokens"/>; strictly increasing.</summary>
    public ReadOnlySpan<int> SentenceStarts => Ints(_layout.SentenceStarts, Sentences + 1);

    /// <summary>[Documents + 1] the first sentence of each document, then <see cref="Sentences"/>; strictly increasing.</summary>
    public ReadOnlySpan<int> DocumentStarts => Ints(_layout.DocumentStarts, Documents + 1);

    /// <summary>Copies ids out.</summary>
    /// <param name="start">The first token.</param>
    /// <param name="ids">[count], overwritten.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not all of them are in the split.</exception>
    public void CopyIds(int start, Span<int> ids)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)start + ids.Length, Tokens, nameof(ids));
        if (_layout.IdBytes == sizeof(int))
        {
            Ints(_layout.Ids, Tokens).Slice(start, ids.Length).CopyTo(ids);
            return;
        }
        var narrow = MemoryMarshal.Cast<byte, ushort>(_memory.Bytes.Slice(_layout.Ids, Tokens * sizeof(ushort))).Slice(start, ids.Length);
        for (int i = 0; i < narrow.Length; i++)
            ids[i] = narrow[i];
    }

    private ReadOnlySpan<int> Ints(int offset, int count) =>
        MemoryMarshal.Cast<byte, int>(_memory.Bytes.Slice(offset, count * sizeof(int)));
}
