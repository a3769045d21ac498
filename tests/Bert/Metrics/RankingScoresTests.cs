using Xunit;

namespace BareBert.Tests;

public class RankingScoresTests
{
    /// <summary>Counted by hand: ranks 1 and 12 of two documents worth 1 and 2; rank 2 of one.</summary>
    [Fact]
    public void Counts_what_is_in_front()
    {
        var scores = new RankingScores();
        scores.Add([.. Enumerable.Range(0, 12).Select(i => -(float)i)], new Dictionary<int, double> { [0] = 1, [11] = 2 });
        scores.Add([0.5f, 0.7f, 0.1f], new Dictionary<int, double> { [0] = 1 });
        Dictionary<string, double> found = scores.ToMetrics().ToDictionary(m => m.Name, m => m.Value);
        Assert.Equal(2, scores.Queries);
        Assert.Equal((0.5 + 0) / 2, found["recall@1"], 12);
        Assert.Equal((0.5 + 1) / 2, found["recall@5"], 12);
        Assert.Equal((0.5 + 1) / 2, found["recall@10"], 12);
        Assert.Equal((1 + 0.5) / 2, found["mrr"], 12);
        double best = 2 / Math.Log2(2) + 1 / Math.Log2(3);
        Assert.Equal((1 / best + 1 / Math.Log2(3)) / 2, found["ndcg@10"], 12);
    }

    /// <summary>A model that says the same of everything gains nothing by it: the order is that of the documents.</summary>
    [Fact]
    public void Ties_keep_the_order()
    {
        var scores = new RankingScores();
        scores.Add([1, 1, 1, 1], new Dictionary<int, double> { [3] = 1 });
        Assert.Equal(0.25, scores.ToMetrics().Single(m => m.Name == "mrr").Value);
    }
}
