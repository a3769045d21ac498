namespace BareBert.Bert.Evaluations;

/// <summary>Porter's suffix stripper for English: "connected", "connecting" and "connections" all become "connect".</summary>
/// <remarks>
/// Porter 1980, "An algorithm for suffix stripping", with the author's own later departures: words of one or two letters stay,
/// "-bli" becomes "-ble" (for "-abli" to "-able") and "-logi" becomes "-log".
/// </remarks>
internal static class PorterStemmer
{
    private static readonly (string Suffix, string Instead)[] Step2 =
    [
        ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"), ("alli", "al"),
        ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"),
        ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"), ("logi", "log"),
    ];

    private static readonly (string Suffix, string Instead)[] Step3 =
    [
        ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
    ];

    private static readonly string[] Step4 =
    [
        "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti", "ous", "ive", "ize",
    ];

    /// <summary>The stem of a word in lower case; a word with anything but a–z keeps those characters as consonants.</summary>
    public static string Stem(string word)
    {
        if (word.Length <= 2)
            return word;
        word = Step1a(word);
        word = Step1b(word);
        word = Step1c(word);
        word = Replace(word, Step2);
        word = Replace(word, Step3);
        word = RemoveStep4(word);
        return Step5(word);
    }

    /// <summary>Plurals: -sses, -ies, -s.</summary>
    private static string Step1a(string w) =>
        w.EndsWith("sses", StringComparison.Ordinal) || w.EndsWith("ies", StringComparison.Ordinal) ? w[..^2]
        : w.EndsWith('s') && !w.EndsWith("ss", StringComparison.Ordinal) ? w[..^1] : w;

    /// <summary>Past and progressive: -eed, -ed, -ing, and the mending of what is left.</summary>
    private static string Step1b(string w)
    {
        if (w.EndsWith("eed", StringComparison.Ordinal))
            return Measure(w.AsSpan(..^3)) > 0 ? w[..^1] : w;
        string stem = w.EndsWith("ed", StringComparison.Ordinal) ? w[..^2] : w.EndsWith("ing", StringComparison.Ordinal) ? w[..^3] : "";
        if (stem == "" || !HasVowel(stem))
            return w;
        if (stem.EndsWith("at", StringComparison.Ordinal) || stem.EndsWith("bl", StringComparison.Ordinal) || stem.EndsWith("iz", StringComparison.Ordinal))
            return stem + "e";
        if (EndsInDoubleConsonant(stem) && stem[^1] is not ('l' or 's' or 'z'))
            return stem[..^1];
        return Measure(stem) == 1 && EndsInShortSyllable(stem) ? stem + "e" : stem;
    }

    /// <summary>A final y after a vowel somewhere becomes i.</summary>
    private static string Step1c(string w) => w.EndsWith('y') && HasVowel(w.AsSpan(..^1)) ? w[..^1] + "i" : w;

    /// <summary>The longest suffix that fits is replaced if what stands before it has measure above 0.</summary>
    private static string Replace(string w, (string Suffix, string Instead)[] rules)
    {
        var (suffix, instead) = rules.Where(r => w.EndsWith(r.Suffix, StringComparison.Ordinal)).OrderByDescending(r => r.Suffix.Length).FirstOrDefault();
        return suffix is not null && Measure(w.AsSpan(..^suffix.Length)) > 0 ? w[..^suffix.Length] + instead : w;
    }

    private static string RemoveStep4(string w)
    {
        string? suffix = Step4.Where(s => w.EndsWith(s, StringComparison.Ordinal)).OrderByDescending(s => s.Length).FirstOrDefault();
        if (suffix is null || Measure(w.AsSpan(..^suffix.Length)) <= 1)
            return w;
        return suffix == "ion" && w[^4] is not ('s' or 't') ? w : w[..^suffix.Length];
    }

    /// <summary>A final e, and one of a final double l, of a long enough word.</summary>
    private static string Step5(string w)
    {
        if (w.EndsWith('e'))
        {
            int m = Measure(w.AsSpan(..^1));
            if (m > 1 || (m == 1 && !EndsInShortSyllable(w.AsSpan(..^1))))
                w = w[..^1];
        }
        return w.EndsWith("ll", StringComparison.Ordinal) && Measure(w) > 1 ? w[..^1] : w;
    }

    /// <summary>y is a vowel after a consonant, a consonant elsewhere. Decided from the left, as runs of y alternate.</summary>
    private static bool[] Consonants(ReadOnlySpan<char> w)
    {
        var consonant = new bool[w.Length];
        for (int i = 0; i < w.Length; i++)
            consonant[i] = w[i] == 'y' ? i == 0 || !consonant[i - 1] : w[i] is not ('a' or 'e' or 'i' or 'o' or 'u');
        return consonant;
    }

    /// <summary>m of [C](VC)^m[V]: how many times a vowel is followed by a consonant.</summary>
    private static int Measure(ReadOnlySpan<char> w)
    {
        bool[] consonant = Consonants(w);
        return Enumerable.Range(1, Math.Max(0, w.Length - 1)).Count(i => consonant[i] && !consonant[i - 1]);
    }

    private static bool HasVowel(ReadOnlySpan<char> w) => Consonants(w).Contains(false);

    private static bool EndsInDoubleConsonant(string w) => w.Length >= 2 && w[^1] == w[^2] && Consonants(w)[^1];

    /// <summary>Consonant, vowel, consonant other than w, x, y: the shape that asks for a final e.</summary>
    private static bool EndsInShortSyllable(ReadOnlySpan<char> w) =>
        w.Length >= 3 && w[^1] is not ('w' or 'x' or 'y') && Consonants(w) is [.., true, false, true];
}
