namespace BareBert.Bert.Evaluations;

/// <summary>What a sentence's BLEU does about an order of n-grams of which none matches (Chen &amp; Cherry 2014).</summary>
public enum BleuSmoothing
{
    /// <summary>Nothing: one such order makes the score 0.</summary>
    None,

    /// <summary>Counts 0.1 matches instead of 0.</summary>
    Floor,

    /// <summary>Adds one to matches and to n-grams of every order above the first (Lin &amp; Och 2004).</summary>
    AddOne,

    /// <summary>The k-th order without a match counts 1/2^k matches, as NIST's mteval does.</summary>
    Exponential,
}

/// <summary>BLEU: clipped precision of n-grams up to four, times a penalty for brevity.</summary>
/// <remarks>Papineni et al. 2002. Scores run from 0 to 1.</remarks>
public static class Bleu
{
    /// <summary>The longest n-grams compared.</summary>
    public const int MaxOrder = 4;

    /// <summary>BLEU of a corpus: counts are summed over all sentences before anything is divided. No smoothing.</summary>
    /// <param name="candidates">The words of each sentence; a sentence may be empty.</param>
    /// <param name="references">At least one reference for each sentence.</param>
    /// <exception cref="ArgumentException">The lists differ in length, or a sentence has no reference.</exception>
    public static double Corpus(IReadOnlyList<string[]> candidates, IReadOnlyList<IReadOnlyList<string[]>> references)
    {
        if (candidates.Count != references.Count)
            throw new ArgumentException($"{candidates.Count} candidates but {references.Count} lists of references");
        var counts = new Counts();
        for (int i = 0; i < candidates.Count; i++)
            counts.Add(candidates[i], references[i]);
        return counts.Score(BleuSmoothing.None, MaxOrder);
    }

    /// <summary>BLEU of one sentence.</summary>
    /// <param name="candidate">The words.</param>
    /// <param name="references">At least one reference.</param>
    /// <param name="smoothing">What to do about orders without a match.</param>
    /// <param name="effectiveOrder">
    /// Compares n-grams only as long as the candidate itself; without it a candidate of three words has no 4-gram to match.
    /// </param>
    public static double Sentence(
        string[] candidate, IReadOnlyList<string[]> references, BleuSmoothing smoothing = BleuSmoothing.Exponential, bool effectiveOrder = true)
    {
        var counts = new Counts();
        counts.Add(candidate, references);
        return counts.Score(smoothing, effectiveOrder ? Math.Clamp(candidate.Length, 1, MaxOrder) : MaxOrder);
    }

    private sealed class Counts
    {
        private readonly long[] _matches = new long[MaxOrder], _total = new long[MaxOrder];
        private long _candidateLength, _referenceLength;

        public void Add(string[] candidate, IReadOnlyList<string[]> references)
        {
            if (references.Count == 0)
                throw new ArgumentException("a sentence needs at least one reference");
            _candidateLength += candidate.Length;
            _referenceLength += references.Select(r => r.Length).MinBy(length => (Math.Abs(length - candidate.Length), length));
            for (int n = 1; n <= MaxOrder; n++)
            {
                var ofReferences = references.Select(r => NGrams.Count(r, n)).ToArray();
                _matches[n - 1] += NGrams.Count(candidate, n).Sum(g => Math.Min(g.Value, ofReferences.Max(r => r.GetValueOrDefault(g.Key))));
                _total[n - 1] += Math.Max(0, candidate.Length - n + 1);
            }
        }

        public double Score(BleuSmoothing smoothing, int order)
        {
            if (_matches[0] == 0)
                return 0;
            double logSum = 0, halved = 1;
            for (int n = 0; n < order; n++)
            {
                (double matches, double total) = (_matches[n], Math.Max(1, _total[n]));
                if (smoothing == BleuSmoothing.AddOne && n > 0) (matches, total) = (matches + 1, _total[n] + 1);
                else if (smoothing == BleuSmoothing.Floor && matches == 0) matches = 0.1;
                else if (smoothing == BleuSmoothing.Exponential && matches == 0) matches = halved /= 2;
                if (matches == 0)
                    return 0;
                logSum += Math.Log(matches / total);
            }
            return BrevityPenalty * Math.Exp(logSum / order);
        }

        private double BrevityPenalty => _candidateLength >= _referenceLength ? 1 : Math.Exp(1 - (double)_referenceLength / _candidateLength);
    }
}
