namespace BareBert.Bert.Training.GradientSums;

/// <summary>Neighbouring leaves whose sum is taken by itself.</summary>
/// <param name="Start">The first leaf.</param>
/// <param name="Count">How many.</param>
internal readonly record struct TreeNode(int Start, int Count)
{
    /// <summary>The leaf behind the last.</summary>
    public int End => Start + Count;
}

/// <summary>
/// The order in which a step's gradients are added: a binary tree over its micro-batches. Floating-point addition is not associative, so it is the
/// order that decides on the bits; with the order fixed they do not depend on where a leaf was computed, or a sum taken.
/// </summary>
/// <remarks>
/// A node's left part is the largest power of two below its count. So leaves that come one after another can be summed on a stack of no
/// more than log₂ n + 1 sums, and shares of powers of two are whole nodes.
/// </remarks>
/// <param name="leaves">n, 1 or more.</param>
internal sealed class SumTree(int leaves)
{
    /// <summary>n.</summary>
    public int Leaves { get; } = leaves;

    /// <summary>Whether two nodes are one node's left and right part: then their sum is that node's.</summary>
    public bool AreSiblings(TreeNode left, TreeNode right)
    {
        if (left.End != right.Start)
            return false;
        var node = new TreeNode(0, Leaves);
        while (node.Count > 1)
        {
            int half = LeftOf(node.Count);
            if (node.Start + half == right.Start)
                return left == new TreeNode(node.Start, half) && right == new TreeNode(right.Start, node.Count - half);
            node = right.Start < node.Start + half ? new TreeNode(node.Start, half) : new TreeNode(node.Start + half, node.Count - half);
        }
        return false;
    }

    /// <summary>The sums that remain of a run of leaves once all siblings among them are added: what a process sends of its share.</summary>
    public TreeNode[] NodesOf(int first, int end)
    {
        var stack = new List<TreeNode>();
        for (int leaf = first; leaf < end; leaf++)
            Push(stack, new TreeNode(leaf, 1), (_, _) => { });
        return [.. stack];
    }

    /// <summary>Puts a node on a stack of those before it, and adds siblings at its top as long as there are such.</summary>
    /// <param name="stack">Neighbouring nodes.</param>
    /// <param name="node">The next.</param>
    /// <param name="add">Called with the places in the stack of a left sum and the right one, before that is taken off.</param>
    public void Push(List<TreeNode> stack, TreeNode node, Action<int, int> add)
    {
        stack.Add(node);
        while (stack.Count > 1 && AreSiblings(stack[^2], stack[^1]))
        {
            add(stack.Count - 2, stack.Count - 1);
            stack[^2] = new TreeNode(stack[^2].Start, stack[^2].Count + stack[^1].Count);
            stack.RemoveAt(stack.Count - 1);
        }
    }

    private static int LeftOf(int count) => 1 << (31 - System.Numerics.BitOperations.LeadingZeroCount((uint)(count - 1)));
}
