using System.Text;
using System.Text.RegularExpressions;

namespace BareBert.Bert.Tokenization;

/// <summary>What a <c>tokenizer.json</c> looks for in clean text: a text, or a regular expression.</summary>
internal sealed class TextPattern
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Regex _regex;
    private readonly string _source;

    /// <param name="pattern">The text or expression.</param>
    /// <param name="isRegex">Which.</param>
    /// <param name="source">The file, for messages.</param>
    /// <exception cref="InputException">The expression is none that is understood here.</exception>
    public TextPattern(string pattern, bool isRegex, string source)
    {
        _source = source;
        try
        {
            _regex = new Regex(isRegex ? pattern : Regex.Escape(pattern), RegexOptions.CultureInvariant, Patience);
        }
        catch (ArgumentException e)
        {
            throw new InputException($"unsupported tokenizer: {source}: the regular expression {Printable.Quote(pattern)} is not understood; use another model", e);
        }
    }

    /// <summary>Appends the stretches that fit, as ranges of the text; none is empty.</summary>
    /// <exception cref="InputException">The expression takes too long on this text.</exception>
    public void Find(MappedText text, int from, int to, List<(int From, int To)> found)
    {
        string units = text.ToString(from, to);
        int point = from, unit = 0;
        try
        {
            foreach (ValueMatch match in _regex.EnumerateMatches(units))
            {
                if (match.Length == 0)
                    continue;
                Advance(match.Index);
                int start = point;
                Advance(match.Index + match.Length);
                found.Add((start, point));
            }
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new InputException($"a regular expression that takes too long: {_source}; use another model", e);
        }

        void Advance(int end)
        {
            while (unit < end)
            {
                Rune.DecodeFromUtf16(units.AsSpan(unit), out _, out int length);
                (unit, point) = (unit + length, point + 1);
            }
        }
    }
}
