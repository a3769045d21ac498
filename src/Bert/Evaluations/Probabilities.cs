namespace BareBert.Bert.Evaluations;

/// <summary>Softmax on the host, in double precision: a head's scores as probabilities.</summary>
internal static class Probabilities
{
    /// <summary>Of some scores.</summary>
    /// <param name="scores">[n], one or more.</param>
    public static double[] Of(ReadOnlySpan<float> scores)
    {
        var probabilities = new double[scores.Length];
        for (int i = 0; i < scores.Length; i++)
            probabilities[i] = scores[i];
        Normalise(probabilities);
        return probabilities;
    }

    /// <summary>Scores become probabilities; the largest is taken off first, so that none overflows.</summary>
    /// <param name="scores">[n], one or more.</param>
    public static void Normalise(Span<double> scores)
    {
        double max = double.NegativeInfinity, sum = 0;
        foreach (double score in scores)
            max = Math.Max(max, score);
        foreach (ref double score in scores)
            sum += score = Math.Exp(score - max);
        foreach (ref double score in scores)
            score /= sum;
    }
}
