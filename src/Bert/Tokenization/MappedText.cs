using System.Text;

namespace BareBert.Bert.Tokenization;

/// <summary>
/// Text under normalisation: code points, and for each the UTF-16 range of the original text it came from. Ranges never
/// decrease. One instance is reused for text after text.
/// </summary>
internal sealed class MappedText
{
    private int[] _points = new int[64], _starts = new int[64], _ends = new int[64];

    /// <summary>Number of code points.</summary>
    public int Count { get; private set; }

    public Span<int> CodePoints => _points.AsSpan(0, Count);

    public int StartOf(int index) => _starts[index];

    public int EndOf(int index) => _ends[index];

    public void Clear() => Count = 0;

    public void Add(int codePoint, int start, int end)
    {
        if (Count == _points.Length)
            Grow();
        _points[Count] = codePoint;
        _starts[Count] = start;
        _ends[Count++] = end;
    }

    /// <summary>Appends text as it stands; a lone surrogate becomes U+FFFD.</summary>
    public void Append(ReadOnlySpan<char> text, int offset)
    {
        for (int i = 0; i < text.Length;)
        {
            Rune.DecodeFromUtf16(text[i..], out Rune rune, out int length);
            Add(rune.Value, offset + i, offset + i + length);
            i += length;
        }
    }

    /// <summary>The code points as a string.</summary>
    public override string ToString() => ToString(0, Count);

    /// <summary>A stretch of them as a string.</summary>
    public string ToString(int from, int to)
    {
        var text = new StringBuilder(to - from);
        foreach (int point in CodePoints[from..to])
            text.Append(new Rune(point));
        return text.ToString();
    }

    /// <summary>The range of a code point also covers the text up to <paramref name="end"/> (a mark dropped after its letter).</summary>
    public void ExtendTo(int index, int end) => _ends[index] = Math.Max(_ends[index], end);

    /// <summary>Puts one code point in place of another and of what follows it up to <paramref name="end"/>.</summary>
    public void Replace(int index, int codePoint, int end)
    {
        _points[index] = codePoint;
        ExtendTo(index, end);
    }

    /// <summary>Gives all entries from first to last the range that they cover together.</summary>
    public void ShareRange(int first, int last)
    {
        _starts.AsSpan(first + 1, last - first).Fill(_starts[first]);
        _ends.AsSpan(first, last - first).Fill(_ends[last]);
    }

    /// <summary>Copies an entry towards the front.</summary>
    public void Move(int from, int to)
    {
        _points[to] = _points[from];
        _starts[to] = _starts[from];
        _ends[to] = _ends[from];
    }

    /// <summary>Takes out the code points that fit. Their ranges go to the one before, unless that is a space: a piece cut from the original keeps its accents.</summary>
    public void Drop(Func<int, bool> isDropped)
    {
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            if (!isDropped(_points[i]))
                Move(i, kept++);
            else if (kept > 0 && _points[kept - 1] != ' ')
                ExtendTo(kept - 1, _ends[i]);
        }
        Truncate(kept);
    }

    /// <summary>Appends a stretch of another text.</summary>
    public void AddRange(MappedText text, int from, int to)
    {
        for (int i = from; i < to; i++)
            Add(text._points[i], text._starts[i], text._ends[i]);
    }

    /// <summary>Changes places with another text.</summary>
    public void Swap(MappedText other)
    {
        (_points, other._points) = (other._points, _points);
        (_starts, other._starts) = (other._starts, _starts);
        (_ends, other._ends) = (other._ends, _ends);
        (Count, other.Count) = (other.Count, Count);
    }

    /// <summary>A composite may reach past the mark that stood between its parts: later entries then reach as far.</summary>
    public void MakeEndsAscend()
    {
        for (int i = 1; i < Count; i++)
            ExtendTo(i, _ends[i - 1]);
    }

    public void Truncate(int count) => Count = count;

    private void Grow()
    {
        int size = Count * 2;
        Array.Resize(ref _points, size);
        Array.Resize(ref _starts, size);
        Array.Resize(ref _ends, size);
    }
}
