namespace BareBert.Bert.Evaluations;

/// <summary>How well a search puts what is wanted in front: the means over its queries.</summary>
/// <remarks>
/// Recall@k: the share of a query's wanted documents among its first k. MRR: one over the rank of the first wanted one, however far down
/// (Voorhees 1999). nDCG@10: gains over log₂(1 + rank), as a share of the best order's (Järvelin and Kekäläinen 2002), with the gains
/// themselves as trec_eval takes them, not 2^gain − 1. Documents of one score keep their order.
/// </remarks>
internal sealed class RankingScores
{
    /// <summary>How far down nDCG looks.</summary>
    public const int GainDepth = 10;

    private static readonly int[] Depths = [1, 5, 10];

    private readonly double[] _recalls = new double[Depths.Length];
    private double _reciprocalRanks, _gains;

    /// <summary>Queries so far.</summary>
    public int Queries { get; private set; }

    /// <summary>Adds a query.</summary>
    /// <param name="scores">[documents], the higher the better.</param>
    /// <param name="wanted">The wanted documents' numbers and what each is worth, above 0; at least one.</param>
    public void Add(ReadOnlySpan<float> scores, IReadOnlyDictionary<int, double> wanted)
    {
        (int Rank, double Gain)[] found = [.. RanksOf(scores, [.. wanted.Keys]).Zip(wanted.Values)];
        for (int i = 0; i < Depths.Length; i++)
            _recalls[i] += (double)found.Count(f => f.Rank <= Depths[i]) / wanted.Count;
        _reciprocalRanks += 1.0 / found.Min(f => f.Rank);
        double best = wanted.Values.OrderDescending().Take(GainDepth).Select((gain, i) => Discounted(gain, i + 1)).Sum();
        _gains += found.Where(f => f.Rank <= GainDepth).Sum(f => Discounted(f.Gain, f.Rank)) / best;
        Queries++;
    }

    /// <summary>recall@1, recall@5, recall@10, mrr and ndcg@10.</summary>
    public IReadOnlyList<Metric> ToMetrics() =>
    [
        .. Depths.Select((depth, i) => new Metric($"recall@{depth}", _recalls[i] / Queries)),
        new Metric("mrr", _reciprocalRanks / Queries),
        new Metric($"ndcg@{GainDepth}", _gains / Queries),
    ];

    private static double Discounted(double gain, int rank) => gain / Math.Log2(1 + rank);

    // A document's rank is one more than the number of those before it: no sorting.
    private static int[] RanksOf(ReadOnlySpan<float> scores, int[] documents)
    {
        int[] ranks = [.. documents.Select(_ => 1)];
        for (int other = 0; other < scores.Length; other++)
        {
            for (int i = 0; i < documents.Length; i++)
            {
                float own = scores[documents[i]];
                if (scores[other] > own || (scores[other] == own && other < documents[i]))
                    ranks[i]++;
            }
        }
        return ranks;
    }
}
