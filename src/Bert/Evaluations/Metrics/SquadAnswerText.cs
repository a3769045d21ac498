using System.Buffers;
using System.Text;

namespace BareBert.Bert.Evaluations;

/// <summary>How SQuAD compares two answers: normalised text, exact match, and F1 over the words in common.</summary>
/// <remarks>Rajpurkar et al. 2016, arXiv:1606.05250; the rules of the evaluators of v1.1 and v2.0, character by character.</remarks>
internal static class SquadAnswerText
{
    private static readonly SearchValues<char> Punctuation = SearchValues.Create("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");

    /// <summary>Lower case; ASCII punctuation removed; the words a, an and the removed; one space between words.</summary>
    public static string Normalize(string answer) => string.Join(' ', Words(answer));

    /// <summary>The words of <see cref="Normalize"/>.</summary>
    public static string[] Words(string answer) =>
        WithoutArticles(WithoutPunctuation(PythonText.Lower(answer))).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Whether the two are the same once normalised.</summary>
    public static bool ExactMatch(string gold, string prediction) => ExactMatch(Words(gold), Words(prediction));

    /// <summary>F1 over the words in common, counted with multiplicity, by the rules of v1.1: 0 where no word is common.</summary>
    public static double F1V1(string gold, string prediction) => F1V1(Words(gold), Words(prediction));

    /// <summary>As <see cref="F1V1(string, string)"/>, but where either has no words (no answer) it is 1 if both have none, else 0: the rules of v2.0.</summary>
    public static double F1V2(string gold, string prediction) => F1V2(Words(gold), Words(prediction));

    internal static bool ExactMatch(string[] gold, string[] prediction) => gold.AsSpan().SequenceEqual(prediction);

    internal static double F1V2(string[] gold, string[] prediction) =>
        gold.Length == 0 || prediction.Length == 0 ? (gold.Length == prediction.Length ? 1 : 0) : F1V1(gold, prediction);

    internal static double F1V1(string[] gold, string[] prediction)
    {
        var left = gold.CountBy(w => w, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        int common = prediction.Count(w => left.TryGetValue(w, out int n) && (left[w] = n - 1) >= 0);
        if (common == 0)
            return 0;
        double precision = (double)common / prediction.Length, recall = (double)common / gold.Length;
        return 2 * precision * recall / (precision + recall);
    }

    private static string WithoutPunctuation(string text)
    {
        if (text.AsSpan().IndexOfAny(Punctuation) < 0)
            return text;
        var kept = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            if (!Punctuation.Contains(c)) kept.Append(c);
        }
        return kept.ToString();
    }

    /// <summary>
    /// Puts a space for each run of word characters that is an article, and a plain space for every kind of white space.
    /// The articles are whole words by Python's <c>\b</c>: "l’a" loses its "a".
    /// </summary>
    private static string WithoutArticles(string text)
    {
        var kept = new StringBuilder(text.Length);
        int at = 0;
        while (at < text.Length)
        {
            int end = WordEnd(text, at);
            if (end > at && text.AsSpan(at, end - at) is "a" or "an" or "the")
                kept.Append(' ');
            else if (end > at)
                kept.Append(text, at, end - at);
            else
                kept.Append(PythonText.IsSpace(text[end++]) ? ' ' : text[end - 1]);
            at = end;
        }
        return kept.ToString();
    }

    private static int WordEnd(string text, int at)
    {
        while (at < text.Length && Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out int used) == OperationStatus.Done && PythonText.IsWord(rune))
            at += used;
        return at;
    }
}
