using System.Text;

namespace BareBert.Bert.Evaluations;

/// <summary>How text is cut into words before words are compared.</summary>
internal static class MetricTokens
{
    /// <summary>
    /// For BLEU and METEOR: lower case; each run of letters, digits and combining marks is a word, each other visible
    /// character is one of its own.
    /// </summary>
    public static string[] Words(string text)
    {
        List<string> words = [];
        var run = new StringBuilder();
        void EndRun()
        {
            if (run.Length > 0) words.Add(run.ToString());
            run.Clear();
        }
        foreach (var rune in text.ToLowerInvariant().EnumerateRunes())
        {
            if (IsWordRune(rune))
            {
                run.Append(rune.ToString());
                continue;
            }
            EndRun();
            if (!Rune.IsWhiteSpace(rune) && !Rune.IsControl(rune)) words.Add(rune.ToString());
        }
        EndRun();
        return [.. words];
    }

    /// <summary>
    /// For ROUGE, as the reference program does: lower case, runs of a–z and 0–9, everything else is a gap; with
    /// <paramref name="stem"/> words of more than three characters are cut to their stems.
    /// </summary>
    public static string[] RougeWords(string text, bool stem)
    {
        string gaps = string.Concat(text.ToLowerInvariant().Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) ? c : ' '));
        string[] words = gaps.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return stem ? [.. words.Select(w => w.Length > 3 ? PorterStemmer.Stem(w) : w)] : words;
    }

    private static bool IsWordRune(Rune rune) => Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune)
        is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark;
}
