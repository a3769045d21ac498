using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

public class StratifiedSplitTests
{
    [Fact]
    public void KeepsProportionsByLargestRemainder()
    {
        int[] labels = [.. Enumerable.Repeat(0, 7), .. Enumerable.Repeat(1, 5), .. Enumerable.Repeat(2, 3)];
        var (first, second) = StratifiedSplit.Indices(labels, 0.2, 1);
        // Quotas 1.4, 1.0, 0.6 of 3: one each.
        Assert.Equal([1, 1, 1], ClassBalance.Of(second.Select(i => labels[i]), 3).Counts);
        Assert.Equal(Enumerable.Range(0, 15), first.Concat(second).Order());
    }

    [Fact]
    public void AnySplitPartsTheRowsAndIsWithinOneRowOfEachQuota() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(), Gen.Choose(1, 99).ToArbitrary(), ArbMap.Default.ArbFor<ulong>(), (bytes, percent, seed) =>
        {
            int[] labels = [.. (bytes ?? []).Select(b => b % 4)];
            double fraction = percent / 100.0;
            (int[] First, int[] Second) split;
            try
            {
                split = StratifiedSplit.Indices(labels, fraction, seed);
            }
            catch (InputException)
            {
                return true;
            }
            bool parts = split.First.Concat(split.Second).Order().SequenceEqual(Enumerable.Range(0, labels.Length));
            bool near = labels.GroupBy(l => l).All(g => Math.Abs(split.Second.Count(i => labels[i] == g.Key) - g.Count() * fraction) <= 1 + 1e-9);
            bool stays = labels.Distinct().All(c => split.First.Any(i => labels[i] == c));
            return parts && near && stays && StratifiedSplit.Indices(labels, fraction, seed).Second.SequenceEqual(split.Second);
        }).HoldsFor();

    [Fact]
    public void TheSeedDecides()
    {
        int[] labels = [.. Enumerable.Range(0, 200).Select(i => i % 2)];
        Assert.NotEqual(StratifiedSplit.Indices(labels, 0.5, 1).Second, StratifiedSplit.Indices(labels, 0.5, 2).Second);
    }

    [Fact]
    public void AFractionKeepsEveryClassThatHasRows()
    {
        int[] labels = [.. Enumerable.Repeat(0, 1000), .. Enumerable.Repeat(3, 2)];
        int[] kept = StratifiedSplit.Sample(labels, 0.1, 7);
        Assert.Equal([100, 0, 0, 1], ClassBalance.Of(kept.Select(i => labels[i]), 4).Counts);
        Assert.Equal(Enumerable.Range(0, labels.Length), StratifiedSplit.Sample(labels, 1, 7));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void RefusesAShareThatIsNone(double fraction) =>
        Assert.Throws<InputException>(() => StratifiedSplit.Indices([0, 1, 0, 1], fraction, 1));

    [Fact]
    public void RefusesToLeaveAPartEmpty() => Assert.Contains(
        "leaves one part empty", Assert.Throws<InputException>(() => StratifiedSplit.Indices([0, 1], 0.5, 1)).Message);

    [Fact]
    public void BalancedWeightsAreScikitLearns()
    {
        // compute_class_weight("balanced", classes=[0, 1, 2], y=[0,0,0,1,2,2]) = [2/3, 2, 1]
        var balance = ClassBalance.Of([0, 0, 0, 1, 2, 2], 4);
        MetricGolden.Close([2 / 3.0, 2, 1, 0], balance.BalancedWeights.Select(w => (double)w), 1e-6);
        Assert.Equal([3], balance.Missing);
        Assert.Equal(3, balance.Imbalance);
        Assert.Equal("a 3 (50.0 %), b 1 (16.7 %), c 2 (33.3 %), d 0 (0.0 %); the largest class is 3.0 times the smallest",
            balance.Describe(["a", "b", "c", "d"]));
    }

    [Fact]
    public void OfManyClassesTheLargestAreNamed()
    {
        int[] labels = [.. Enumerable.Range(0, 100), 7, 7, 42];
        string said = ClassBalance.Of(labels, 100).Describe([.. Enumerable.Range(0, 100).Select(c => $"c{c}")]);
        Assert.StartsWith("c7 3 (2.9 %), c42 2 (1.9 %), c0 1 (1.0 %), ", said);
        Assert.EndsWith(", c6 1 (1.0 %), c8 1 (1.0 %) and 90 more; the largest class is 3.0 times the smallest", said);
    }
}
