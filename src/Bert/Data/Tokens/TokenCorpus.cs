namespace BareBert.Bert.Data;

/// <summary>A corpus as token ids, in a mapped cache file or in memory.</summary>
public sealed class TokenCorpus : IDisposable
{
    private readonly TokenMemory _memory;
    private readonly TokenSplit[] _splits;

    internal TokenCorpus(TokenMemory memory, TokenImage.SplitLayout[] layouts, IReadOnlyList<string> notices, bool fromCache)
    {
        _memory = memory;
        _splits = [.. layouts.Select(layout => new TokenSplit(memory, layout))];
        (Notices, FromCache) = (notices, fromCache);
    }

    /// <summary>What the corpus's reader had to say, one line each.</summary>
    public IReadOnlyList<string> Notices { get; }

    /// <summary>Whether the ids were read from a cache rather than tokenised now.</summary>
    public bool FromCache { get; }

    /// <summary>The ids of one split; empty where the corpus lacks it.</summary>
    public TokenSplit this[Split split] => _splits[(int)split];

    /// <summary>Unmaps the cache; the splits must not be used any more.</summary>
    public void Dispose() => _memory.Dispose();
}
