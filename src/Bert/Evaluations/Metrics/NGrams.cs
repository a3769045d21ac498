namespace BareBert.Bert.Evaluations;

/// <summary>Counts of the n-grams of a list of words.</summary>
internal static class NGrams
{
    // A separator that cannot stand inside a word: words hold no white space.
    private const char Gap = ' ';

    /// <summary>Each run of <paramref name="n"/> words with how often it occurs; empty where there are fewer words.</summary>
    public static Dictionary<string, int> Count(string[] words, int n)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i + n <= words.Length; i++)
        {
            string gram = string.Join(Gap, words, i, n);
            counts[gram] = counts.GetValueOrDefault(gram) + 1;
        }
        return counts;
    }

    /// <summary>How many of <paramref name="a"/>'s n-grams are matched in <paramref name="b"/>, each of b's used once.</summary>
    public static int Overlap(Dictionary<string, int> a, Dictionary<string, int> b) =>
        a.Sum(pair => Math.Min(pair.Value, b.GetValueOrDefault(pair.Key)));
}
