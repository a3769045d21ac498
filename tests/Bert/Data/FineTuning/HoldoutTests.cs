using Xunit;

namespace BareBert.Tests;

/// <summary>Folds are parts: each example is set aside in one of them and learned from in all others.</summary>
public sealed class HoldoutTests
{
    [Theory]
    [InlineData(10, 5)]
    [InlineData(11, 3)]
    [InlineData(2, 2)]
    public void Every_example_is_set_aside_once(int count, int folds)
    {
        int[] order = [.. Enumerable.Range(0, count)], seen = new int[count];
        for (int fold = 1; fold <= folds; fold++)
        {
            (int[] kept, int[] aside) = Holdout.OfFold(fold, folds).Of(order);
            Assert.Equal(order, kept.Concat(aside).Order());
            Assert.InRange(aside.Length, count / folds, count / folds + 1);
            foreach (int i in aside)
                seen[i]++;
        }
        Assert.All(seen, times => Assert.Equal(1, times));
        Refusals.Of(() => Holdout.OfFold(1, count + 1).Of(order), "fewer than");
    }

    [Fact]
    public void Folds_keep_the_shares_of_classes_and_whole_articles()
    {
        int[] labels = [.. Enumerable.Range(0, 40).Select(i => i % 4 == 0 ? 1 : 0)];
        for (int fold = 1; fold <= 5; fold++)
        {
            (int[] first, int[] second) = StratifiedSplit.Fold(labels, Holdout.OfFold(fold, 5), 7);
            Assert.Equal((2, 6), (second.Count(i => labels[i] == 1), second.Count(i => labels[i] == 0)));
            Assert.Equal(40, first.Union(second).Count());
        }
    }
}
