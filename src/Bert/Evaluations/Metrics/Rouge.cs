namespace BareBert.Bert.Evaluations;

/// <summary>Precision, recall and F1 of what two texts share.</summary>
public readonly record struct RougeScore(double Precision, double Recall, double F1);

/// <summary>ROUGE-1, ROUGE-2 and ROUGE-L of one candidate.</summary>
public readonly record struct RougeScores(RougeScore Rouge1, RougeScore Rouge2, RougeScore RougeL);

/// <summary>ROUGE: shared words, shared pairs of words, and the longest common subsequence.</summary>
/// <remarks>
/// Lin 2004, with the words of the usual reference program (see <see cref="MetricTokens.RougeWords"/>). An empty text shares
/// nothing: 0, also against another empty one.
/// </remarks>
public static class Rouge
{
    /// <summary>Compares a candidate with one reference.</summary>
    /// <param name="reference">The right text.</param>
    /// <param name="candidate">The text to score.</param>
    /// <param name="stem">Compare Porter stems rather than words.</param>
    public static RougeScores Score(string reference, string candidate, bool stem = false)
    {
        string[] r = MetricTokens.RougeWords(reference, stem), c = MetricTokens.RougeWords(candidate, stem);
        return new RougeScores(OfNGrams(r, c, 1), OfNGrams(r, c, 2), Of(LongestCommonSubsequence(r, c), r.Length, c.Length));
    }

    /// <summary>Compares with several references: for each measure, the one with the highest F1.</summary>
    /// <exception cref="ArgumentException">There is no reference.</exception>
    public static RougeScores Best(IReadOnlyCollection<string> references, string candidate, bool stem = false)
    {
        if (references.Count == 0)
            throw new ArgumentException("ROUGE needs at least one reference");
        var all = references.Select(r => Score(r, candidate, stem)).ToArray();
        return new RougeScores(all.Select(s => s.Rouge1).MaxBy(s => s.F1), all.Select(s => s.Rouge2).MaxBy(s => s.F1), all.Select(s => s.RougeL).MaxBy(s => s.F1));
    }

    private static RougeScore OfNGrams(string[] reference, string[] candidate, int n) =>
        Of(NGrams.Overlap(NGrams.Count(reference, n), NGrams.Count(candidate, n)), reference.Length - n + 1, candidate.Length - n + 1);

    private static RougeScore Of(int shared, int inReference, int inCandidate)
    {
        if (shared == 0)
            return default;
        double precision = (double)shared / inCandidate, recall = (double)shared / inReference;
        return new RougeScore(precision, recall, 2 * precision * recall / (precision + recall));
    }

    /// <summary>Length of the longest common subsequence; O(|a|·|b|) time, O(|b|) memory.</summary>
    private static int LongestCommonSubsequence(string[] a, string[] b)
    {
        var best = new int[b.Length + 1];
        foreach (string word in a)
        {
            int diagonal = 0;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = best[j];
                best[j] = word == b[j - 1] ? diagonal + 1 : Math.Max(above, best[j - 1]);
                diagonal = above;
            }
        }
        return best[^1];
    }
}
