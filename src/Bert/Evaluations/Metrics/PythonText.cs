using System.Globalization;
using System.Text;

namespace BareBert.Bert.Evaluations;

/// <summary>The few text rules of Python 3 on which SQuAD's evaluator rests, where .NET's own differ.</summary>
internal static class PythonText
{
    private static readonly HashSet<int> CaseIgnorablePunctuation = [.. "'.:·‘’․‧"];

    /// <summary><c>str.lower</c>: full mappings, so "İ" becomes two characters and a final "Σ" becomes "ς".</summary>
    public static string Lower(string text)
    {
        if (text.AsSpan().IndexOfAny('İ', 'Σ') < 0)
            return text.ToLowerInvariant();
        Rune[] runes = [.. text.EnumerateRunes()];
        return string.Concat(runes.Select((rune, i) => rune.Value switch
        {
            'İ' => "i\u0307",
            'Σ' => IsFinalSigma(runes, i) ? "ς" : "σ",
            _ => Rune.ToLowerInvariant(rune).ToString(),
        }));
    }

    /// <summary><c>str.isspace</c>: Unicode white space and the four separators U+001C to U+001F.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001c' and <= '\u001f';

    /// <summary>What <c>\w</c> matches in <c>re</c>: letters and everything with a numeric value; not combining marks.</summary>
    public static bool IsWord(Rune rune) => rune.Value == '_' || Rune.IsLetter(rune) || Rune.IsNumber(rune);

    /// <summary>Unicode's Final_Sigma: a cased letter before, none after, case-ignorable characters skipped.</summary>
    private static bool IsFinalSigma(Rune[] text, int at)
    {
        int before = at - 1, after = at + 1;
        while (before >= 0 && IsCaseIgnorable(text[before])) before--;
        while (after < text.Length && IsCaseIgnorable(text[after])) after++;
        return before >= 0 && IsCased(text[before]) && !(after < text.Length && IsCased(text[after]));
    }

    private static bool IsCased(Rune rune) => Rune.IsUpper(rune) || Rune.IsLower(rune)
        || Rune.GetUnicodeCategory(rune) == UnicodeCategory.TitlecaseLetter
        || rune.Value is 'ª' or 'º' or (>= 0x2160 and <= 0x217F) or (>= 0x24B6 and <= 0x24E9); // ordinals, Roman numerals, circled letters

    private static bool IsCaseIgnorable(Rune rune) => CaseIgnorablePunctuation.Contains(rune.Value) || Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.ModifierLetter
        or UnicodeCategory.ModifierSymbol;
}
