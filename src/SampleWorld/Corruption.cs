namespace BareBert.Sample;

/// <summary>How likely BERT's masking is to turn one text into another, as far as inference needs to know.</summary>
/// <remarks>
/// Of n words K are chosen, every set of K being equally likely; a chosen word becomes [MASK] with 0.8, a random one of R words with 0.1,
/// stays with 0.1. A reader sees which are [MASK]; of the M others r = K − (number of [MASK]) were chosen too, but not which. If d of
/// them differ from what was written, these were chosen and replaced, and r − d of the other M − d were chosen and came out the same:
/// up to a constant, (½ · 1/R)^d · C(M − d, r − d) · (½ + ½ · 1/R)^(r − d).
/// </remarks>
internal sealed class Corruption
{
    private readonly double[] _weights;

    /// <param name="visible">M, the words not [MASK].</param>
    /// <param name="chosen">r, how many of them were chosen.</param>
    /// <param name="randomWords">R.</param>
    public Corruption(int visible, int chosen, int randomWords)
    {
        _weights = new double[chosen + 1];
        double replaced = Replaced(randomWords), same = Same(randomWords);
        for (int d = 0; d <= Math.Min(chosen, visible); d++)
            _weights[d] = Math.Pow(replaced, d) * Choose(visible - d, chosen - d) * Math.Pow(same, chosen - d);
    }

    /// <summary>The probability that a chosen word that is not [MASK] is a given other word: ½ · 1/R.</summary>
    public static double Replaced(int randomWords) => 0.5 / randomWords;

    /// <summary>The probability that a chosen word that is not [MASK] is the one written: ½ + ½ · 1/R.</summary>
    public static double Same(int randomWords) => 0.5 + 0.5 / randomWords;

    /// <summary>The likelihood of what is visible, given the mass by differences.</summary>
    public double Likelihood(ReadOnlySpan<double> a)
    {
        double sum = 0;
        for (int d = 0; d < _weights.Length; d++)
            sum += _weights[d] * a[d];
        return sum;
    }

    /// <summary>The likelihood for the product a · b.</summary>
    public double Likelihood(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < _weights.Length; i++)
        {
            for (int k = 0; i + k < _weights.Length; k++)
                sum += _weights[i + k] * a[i] * b[k];
        }
        return sum;
    }

    private static double Choose(int n, int k)
    {
        double result = 1;
        for (int i = 1; i <= k; i++)
            result *= (double)(n - k + i) / i;
        return k <= n ? result : 0;
    }
}
