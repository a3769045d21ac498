namespace BareBert.Bert.Evaluations;

/// <summary>METEOR with two of its stages: words that are the same, and words with the same Porter stem.</summary>
/// <remarks>
/// Banerjee &amp; Lavie 2005 with their parameters: F = 10PR / (R + 9P), penalty ½·(chunks / matches)³, score F·(1 − penalty).
/// The synonym stage is left out, for it needs WordNet, so scores are a little below those of the full metric where a
/// synonym was used. Scores run from 0 to 1; an empty text scores 0.
/// </remarks>
public static class Meteor
{
    /// <summary>Scores a candidate against one reference; both are cut by <see cref="MetricTokens.Words"/>.</summary>
    public static double Score(string reference, string candidate) => Score(MetricTokens.Words(reference), MetricTokens.Words(candidate));

    /// <summary>The best score over several references; 0 where there are none.</summary>
    public static double Best(IEnumerable<string> references, string candidate) => references.Select(r => Score(r, candidate)).DefaultIfEmpty(0).Max();

    /// <summary>Scores words in lower case.</summary>
    public static double Score(string[] reference, string[] candidate)
    {
        // The same word has the same stem, so matching stems covers both stages; all matches weigh the same.
        var (matches, chunks) = MeteorAlignment.Find([.. reference.Select(PorterStemmer.Stem)], [.. candidate.Select(PorterStemmer.Stem)]);
        if (matches == 0)
            return 0;
        double precision = (double)matches / candidate.Length, recall = (double)matches / reference.Length;
        double mean = 10 * precision * recall / (recall + 9 * precision);
        return mean * (1 - 0.5 * Math.Pow((double)chunks / matches, 3));
    }
}
