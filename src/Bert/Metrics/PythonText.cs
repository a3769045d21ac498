using System.Buffers;
using System.Globalization;
using System.Text;

namespace BareBert.Bert;

/// <summary>The few text rules of Python 3 on which SQuAD's evaluator rests, where .NET's own differ.</summary>
internal static class PythonText
{
    private static readonly SearchValues<char> CaseIgnorablePunctuation = SearchValues.Create("'.:^`¨­¯´·¸‘’․‧");

    /// <summary><c>str.lower</c>: full mappings, so "İ" becomes two characters and a final "Σ" becomes "ς".</summary>
    public static string Lower(string text)
    {
        if (text.AsSpan().IndexOfAny('İ', 'Σ') < 0)
            return text.ToLowerInvariant();
        var lowered = new StringBuilder(text.Length + 4);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == 'İ') lowered.Append("i\u0307");
            else if (text[i] == 'Σ') lowered.Append(IsFinalSigma(text, i) ? 'ς' : 'σ');
            else if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length) lowered.Append(text.AsSpan(i++, 2).ToString().ToLowerInvariant());
            else lowered.Append(char.ToLowerInvariant(text[i]));
        }
        return lowered.ToString();
    }

    /// <summary><c>str.isspace</c>: Unicode white space and the four separators U+001C to U+001F.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001c' and <= '\u001f';

    /// <summary>What <c>\w</c> matches in <c>re</c>: letters and everything with a numeric value; not combining marks.</summary>
    public static bool IsWord(Rune rune) => rune.Value == '_' || Rune.IsLetter(rune) || Rune.IsNumber(rune);

    /// <summary>Unicode's Final_Sigma: a cased letter before, none after, case-ignorable characters skipped.</summary>
    private static bool IsFinalSigma(string text, int at)
    {
        int before = at - 1, after = at + 1;
        while (before >= 0 && IsCaseIgnorable(text[before])) before--;
        while (after < text.Length && IsCaseIgnorable(text[after])) after++;
        return before >= 0 && IsCased(text[before]) && !(after < text.Length && IsCased(text[after]));
    }

    private static bool IsCased(char c) => char.IsUpper(c) || char.IsLower(c)
        || char.GetUnicodeCategory(c) == UnicodeCategory.TitlecaseLetter;

    private static bool IsCaseIgnorable(char c) => CaseIgnorablePunctuation.Contains(c) || char.GetUnicodeCategory(c)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.ModifierLetter;
}
