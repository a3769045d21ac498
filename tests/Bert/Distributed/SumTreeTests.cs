using BareBert.Bert.Training.GradientSums;
using Xunit;

namespace BareBert.Tests;

public sealed class SumTreeTests
{
    [Fact]
    public void Five_leaves_are_four_and_one()
    {
        Assert.Equal("(((0+1)+(2+3))+4)", Sum(5, [(0, 5)]));
        Assert.Equal("(((0+1)+(2+3))+((4+5)+6))", Sum(7, [(0, 7)]));
    }

    /// <summary>However the leaves are shared out, the sum is the one tree's.</summary>
    [Fact]
    public void The_order_of_additions_does_not_depend_on_the_shares()
    {
        for (int leaves = 1; leaves <= 33; leaves++)
        {
            string expected = Sum(leaves, [(0, leaves)]);
            for (int processes = 1; processes <= 12; processes++)
                Assert.Equal(expected, Sum(leaves, [.. Enumerable.Range(0, processes).Select(rank => new BareBert.Bert.Distributed.Share(rank, processes).Of(leaves))]));
        }
    }

    [Fact]
    public void A_share_of_a_power_of_two_is_one_node_and_others_are_few()
    {
        Assert.Single(new SumTree(64).NodesOf(16, 32));
        for (int leaves = 1; leaves <= 64; leaves++)
        {
            for (int first = 0; first < leaves; first++)
                Assert.InRange(new SumTree(leaves).NodesOf(first, leaves).Length, 1, 2 * Math.Log2(leaves) + 1);
        }
    }

    // Each share is summed by itself as far as that goes; then what is left of all of them.
    private static string Sum(int leaves, (int First, int End)[] shares)
    {
        var tree = new SumTree(leaves);
        var all = new List<(TreeNode Node, string Sum)>();
        foreach ((int first, int end) in shares)
            all.AddRange(Push(tree, [.. Enumerable.Range(first, end - first).Select(leaf => (new TreeNode(leaf, 1), $"{leaf}"))]));
        return Assert.Single(Push(tree, [.. all])).Sum;
    }

    private static (TreeNode Node, string Sum)[] Push(SumTree tree, (TreeNode Node, string Sum)[] nodes)
    {
        var stack = new List<TreeNode>();
        var sums = new List<string>();
        foreach ((TreeNode node, string sum) in nodes)
        {
            sums.Add(sum);
            tree.Push(stack, node, (left, right) =>
            {
                sums[left] = $"({sums[left]}+{sums[right]})";
                sums.RemoveAt(right);
            });
        }
        return [.. stack.Zip(sums)];
    }
}
