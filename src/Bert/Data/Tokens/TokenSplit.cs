namespace BareBert.Bert.Data;

/// <summary>The token ids of one split, document after document, and where its sentences and documents begin.</summary>
public sealed class TokenSplit
{
    private readonly TokenMemory _memory;
    private readonly TokenImage.SplitLayout _layout;

    internal TokenSplit(TokenMemory memory, TokenImage.SplitLayout layout) => (_memory, _layout) = (memory, layout);

    /// <summary>Number of tokens.</summary>
    public long Tokens => _layout.Counts.Tokens;

    /// <summary>Number of sentences.</summary>
    public int Sentences => _layout.Counts.Sentences;

    /// <summary>Number of documents.</summary>
    public int Documents => _layout.Counts.Documents;

    /// <summary>[Sentences + 1] the first token of each sentence, then <see cref="Tokens"/>; strictly increasing.</summary>
    public ReadOnlySpan<long> SentenceStarts => _memory.Table<long>(_layout.SentenceStarts, Sentences + 1);

    /// <summary>[Documents + 1] the first sentence of each document, then <see cref="Sentences"/>; strictly increasing.</summary>
    public ReadOnlySpan<int> DocumentStarts => _memory.Table<int>(_layout.DocumentStarts, Documents + 1);

    /// <summary>Copies ids out.</summary>
    /// <param name="start">The first token.</param>
    /// <param name="ids">[count], overwritten.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not all of them are in the split.</exception>
    public void CopyIds(long start, Span<int> ids)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + ids.Length, Tokens, nameof(ids));
        long offset = _layout.Ids + start * _layout.IdBytes;
        if (_layout.IdBytes == sizeof(int))
        {
            _memory.Table<int>(offset, ids.Length).CopyTo(ids);
            return;
        }
        ReadOnlySpan<ushort> narrow = _memory.Table<ushort>(offset, ids.Length);
        for (int i = 0; i < narrow.Length; i++)
            ids[i] = narrow[i];
    }
}
