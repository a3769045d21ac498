namespace BareBert.Bert.Tokenization;

/// <summary>A set of code points as ranges: "61D 7FD 890-89F".</summary>
internal sealed class CodePointRanges
{
    private readonly int[] _starts, _ends;

    /// <param name="ranges">Hexadecimal, ascending, both ends included.</param>
    public CodePointRanges(string ranges)
    {
        string[][] ends = [.. ranges.Split(' ').Select(range => range.Split('-'))];
        _starts = [.. ends.Select(e => Convert.ToInt32(e[0], 16))];
        _ends = [.. ends.Select(e => Convert.ToInt32(e[^1], 16))];
    }

    /// <summary>Whether a code point is in the set.</summary>
    public bool Contains(int point)
    {
        if (point < _starts[0])
            return false;
        int index = Array.BinarySearch(_starts, point);
        return index >= 0 || point <= _ends[~index - 1];
    }
}
