using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert.Training.GradientSums;

/// <summary>
/// Gradients summed as a <see cref="SumTree"/> over the window's micro-batches, which the processes of a group share out: the same bits for any
/// number of processes. Each adds up what it can of its own leaves; the sums that are left travel in buckets.
/// </summary>
/// <remarks>The gradient is linear in the examples, so a window's is the sum of its parts'. Memory: besides the gradients up to log₂ n sums.</remarks>
internal sealed class TreeSum : GradientSum
{
    private readonly IKernels _kernels;
    private readonly ITrainingTask _task;
    private readonly IProcessGroup _group;
    private readonly Arena _arena;
    private readonly List<Tensor[]> _sums = []; // [place in the stack][flat range]
    private readonly List<TreeNode> _stack = [];
    private readonly List<int> _pending = []; // places of left sums that the last leaf is still to be added to
    private readonly BucketExchange _exchange;

    /// <param name="kernels">The device.</param>
    /// <param name="task">Its parameters' gradients and its losses are summed.</param>
    /// <param name="group">The processes.</param>
    public TreeSum(IKernels kernels, ITrainingTask task, IProcessGroup group)
    {
        (_kernels, _task, _group) = (kernels, task, group);
        _arena = new Arena(kernels.Memory);
        _exchange = new BucketExchange(group, [task.Parameters.Grads, task.Losses]);
    }

    // What the leaf that is computed adds to: the other sums are of the same shapes.
    private Tensor[] Current => _exchange.Flats;

    /// <inheritdoc/>
    public override void Compute(Tape tape, TapeMode mode)
    {
        var tree = new SumTree(_task.MicroBatches);
        (int first, int end) = Share.Of(_group).Of(tree.Leaves);
        _stack.Clear();
        _pending.Clear();
        _task.Losses.Zero();
        for (int leaf = first; leaf < end; leaf++)
        {
            if (leaf > first)
                SetAside();
            _task.ForwardBackward(tape, mode, leaf);
            _pending.Clear();
            tree.Push(_stack, new TreeNode(leaf, 1), (left, _) => _pending.Add(left));
        }
        AddPending();
        if (_group.Size > 1)
            _exchange.Run(tree, [.. _sums.Take(_stack.Count - 1), .. _stack.Count > 0 ? [Current] : (Tensor[][])[]]);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _exchange.Dispose();
        _arena.Dispose();
    }

    // Puts the sum that ends with the last leaf on the stack, and empties its place for the next.
    private void SetAside()
    {
        AddPending();
        while (_sums.Count < _stack.Count)
            _sums.Add([.. Current.Select(flat => _arena.Allocate(flat.Shape, flat.DType))]);
        for (int i = 0; i < Current.Length; i++)
        {
            _sums[_stack.Count - 1][i].CopyFrom(Current[i]);
            Current[i].Zero();
        }
    }

    private void AddPending()
    {
        foreach (int left in _pending)
        {
            for (int i = 0; i < Current.Length; i++)
                _kernels.Run(new AddScaled { Y = Current[i], X = _sums[left][i] });
        }
        _pending.Clear();
    }
}
