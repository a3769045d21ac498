using System.Text;

namespace BareBert.Bert.Data;

/// <summary>Reads the lines of a text of any size, whatever ends them.</summary>
internal static class LineReader
{
    /// <summary>A longer line is cut at a blank: no line of a text that people wrote is, and none must need more memory than this.</summary>
    public const int Longest = 1 << 20;

    /// <summary>The lines without their ends, which are those of <see cref="string.ReplaceLineEndings()"/>.</summary>
    public static IEnumerable<string> Lines(TextReader reader)
    {
        var line = new StringBuilder();
        char[] block = new char[1 << 15];
        bool afterReturn = false;
        for (int count; (count = reader.Read(block)) > 0;)
        {
            int start = 0;
            for (int i = 0; i < count; i++)
            {
                char c = block[i];
                bool isEnd = c is '\n' or '\r' or '\f' or '\u0085' or '\u2028' or '\u2029';
                bool isSecond = c == '\n' && afterReturn;
                afterReturn = c == '\r';
                if (!isEnd && !(line.Length + i - start >= Longest && char.IsWhiteSpace(c)))
                    continue;
                if (!isSecond)
                {
                    line.Append(block, start, i - start);
                    yield return line.ToString();
                    line.Clear();
                }
                start = i + 1;
            }
            line.Append(block, start, count - start);
        }
        if (line.Length > 0)
            yield return line.ToString();
    }

    /// <summary>Lines with the ones before and behind them; null where there is none.</summary>
    public static IEnumerable<(string? Before, string Line, string? After)> WithNeighbours(IEnumerable<string> lines)
    {
        string? before = null, line = null;
        foreach (string next in lines)
        {
            if (line is not null)
                yield return (before, line, next);
            (before, line) = (line, next);
        }
        if (line is not null)
            yield return (before, line, null);
    }
}
