using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert.Training.GradientSums;

/// <summary>
/// Gradients summed as a <see cref="SumTree"/> over the window's micro-batches, which the processes of a group share out: the same bits for any
/// number of processes. Each adds up what it can of its own leaves; the sums that are left travel in buckets, while the last leaf's backward still runs.
/// </summary>
/// <remarks>The gradient is linear in the examples, so a window's is the sum of its parts'. Memory: besides the gradients up to log₂ n sums.</remarks>
internal sealed class TreeSum : GradientSum
{
    private readonly IKernels _kernels;
    private readonly ITrainingTask _task;
    private readonly IProcessGroup _group;
    private readonly Arena _arena;
    private readonly Tensor[] _current; // what the leaf that is computed adds to: gradients and losses
    private readonly List<Tensor[]> _sums = []; // [place in the stack][as _current]
    private readonly List<TreeNode> _stack = [];
    private readonly List<int> _pending = []; // places of left sums that the last leaf is still to be added to
    private readonly BucketExchange _gradients, _losses;
    private readonly FlatRange[] _buckets;
    private readonly BackwardOverlap _overlap;
    private readonly bool _isSharded;

    /// <param name="kernels">The device.</param>
    /// <param name="task">Its parameters' gradients and its losses are summed.</param>
    /// <param name="group">The processes.</param>
    /// <param name="isSharded">Whether each process gets its own chunks of the gradient alone.</param>
    public TreeSum(IKernels kernels, ITrainingTask task, IProcessGroup group, bool isSharded)
    {
        (_kernels, _task, _group, _isSharded) = (kernels, task, group, isSharded);
        _arena = new Arena(kernels.Memory);
        _current = [task.Parameters.Grads, task.Losses];
        _gradients = new BucketExchange(group, isSharded ? BucketLayout.Sharded(group.Size) : BucketLayout.Usual(group.Size));
        _losses = new BucketExchange(group, BucketLayout.Usual(group.Size));
        _buckets = _gradients.Layout.Of(task.Parameters.Grads.Count);
        _overlap = new BackwardOverlap(group, task.Parameters.Grads, _buckets);
    }

    /// <inheritdoc/>
    public override long BytesSent => _gradients.BytesSent + _losses.BytesSent;

    /// <inheritdoc/>
    public override TimeSpan Exchanging => _overlap.Exchanging;

    /// <inheritdoc/>
    public override TimeSpan Waiting => _overlap.Waiting;

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
            _pending.Clear();
            tree.Push(_stack, new TreeNode(leaf, 1), (left, _) => _pending.Add(left));
            if (leaf < end - 1 || _group.Size == 1)
                _task.ForwardBackward(tape, mode, leaf);
        }
        if (_group.Size == 1)
            AddPending();
        else
            Exchange(tree, tape, first < end ? () => _task.ForwardBackward(tape, mode, end - 1) : () => { });
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _overlap.Dispose();
        if (!_overlap.HasEnded())
            return; // the memory is in use still; it goes with the process, which has failed
        _gradients.Dispose();
        _losses.Dispose();
        _arena.Dispose();
    }

    // The last leaf, and all processes' sums.
    private void Exchange(SumTree tree, Tape tape, Action last)
    {
        Tensor[][] nodes = [.. _sums.Take(_stack.Count - 1), .. _stack.Count > 0 ? [_current] : (Tensor[][])[]];
        bool onHost = _current[0].IsOnHost;
        Action<int> send = bucket =>
        {
            if (onHost)
                AddPending(_buckets[bucket]);
            _gradients.Sum(tree, _buckets[bucket], _current[0], [.. nodes.Select(node => node[0])], gathers: !_isSharded);
        };
        if (onHost)
        {
            tape.Watch = _overlap;
            _overlap.Begin(send);
        }
        try
        {
            last();
        }
        catch
        {
            _overlap.Abandon();
            throw;
        }
        finally
        {
            tape.Watch = null;
        }
        if (!onHost)
            AddPending(0);
        AddPending(1);
        _overlap.Finish(send);
        foreach (FlatRange bucket in _losses.Layout.Of(_task.Losses.Count))
            _losses.Sum(tree, bucket, _task.Losses, [.. nodes.Select(node => node[1])], gathers: true);
    }

    // Puts the sum that ends with the last leaf on the stack, and empties its place for the next.
    private void SetAside()
    {
        AddPending();
        while (_sums.Count < _stack.Count)
            _sums.Add([.. _current.Select(flat => _arena.Allocate(flat.Shape, flat.DType))]);
        for (int i = 0; i < _current.Length; i++)
        {
            _sums[_stack.Count - 1][i].CopyFrom(_current[i]);
            _current[i].Zero();
        }
    }

    private void AddPending()
    {
        AddPending(0);
        AddPending(1);
    }

    private void AddPending(int flat)
    {
        foreach (int left in _pending)
            _kernels.Run(new AddScaled { Y = _current[flat], X = _sums[left][flat] });
    }

    // Of the gradients' bucket, beside the device's kernels.
    private void AddPending(FlatRange bucket)
    {
        DType type = _current[0].DType;
        nint offset = (nint)(bucket.Start * type.Size());
        foreach (int left in _pending)
            HostSum.Add(_current[0].Address + offset, _sums[left][0].Address + offset, bucket.Count, type);
    }
}
