using System.Runtime.CompilerServices;

namespace BareBert.Bert.Tokenization;

/// <summary>
/// The pieces of a text, side by side: ids and where each came from. One list is cleared and filled again and again, so
/// that tokenizing a corpus allocates nothing per token.
/// </summary>
/// <remarks>
/// Offsets are UTF-16 positions in the <em>original</em> text, end exclusive. They never decrease from piece to piece;
/// two pieces share a range when one character of the text became several (a ligature split between pieces).
/// </remarks>
public sealed class PieceList
{
    private int[] _ids = new int[64], _starts = new int[64], _ends = new int[64];

    /// <summary>Number of pieces.</summary>
    public int Count { get; private set; }

    /// <summary>[Count] vocabulary ids.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    /// <summary>[Count] first UTF-16 unit of each piece in the original text.</summary>
    public ReadOnlySpan<int> Starts => _starts.AsSpan(0, Count);

    /// <summary>[Count] one past the last UTF-16 unit of each piece in the original text.</summary>
    public ReadOnlySpan<int> Ends => _ends.AsSpan(0, Count);

    /// <summary>Forgets the pieces, keeps the memory.</summary>
    public void Clear() => Count = 0;

    /// <summary>Appends one piece.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int id, int start, int end)
    {
        int n = Count;
        if ((uint)n >= (uint)_ids.Length)
            Grow();
        _ids[n] = id;
        _starts[n] = start;
        _ends[n] = end;
        Count = n + 1;
    }

    /// <summary>Drops all pieces from <paramref name="count"/> on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">count is negative or more than <see cref="Count"/>.</exception>
    public void Truncate(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count);
        Count = count;
    }

    private void Grow()
    {
        int size = _ids.Length * 2;
        Array.Resize(ref _ids, size);
        Array.Resize(ref _starts, size);
        Array.Resize(ref _ends, size);
    }
}
