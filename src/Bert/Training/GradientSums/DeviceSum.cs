using BareBert.Autograd;
using BareBert.Bert.Distributed.Nccl;

namespace BareBert.Bert.Training.GradientSums;

/// <summary>
/// Gradients that lie on GPUs: each process adds up its own micro-batches, one after another, and NCCL what the processes have, bucket by bucket while the
/// last one's backward still runs. The same bits each time for one number of processes; for another number they are others, since NCCL adds in
/// an order of its own.
/// </summary>
internal sealed class DeviceSum : GradientSum
{
    // 16 MiB of float32: what a GPU sends at its links' speed takes more than a processor.
    private const long BucketSize = 1 << 22;

    private readonly ITrainingTask _task;
    private readonly NcclGroup _group;
    private readonly FlatRange[] _buckets;
    private readonly BackwardOverlap _overlap;

    /// <param name="task">Its parameters' gradients and its losses are summed.</param>
    /// <param name="group">The processes.</param>
    public DeviceSum(ITrainingTask task, NcclGroup group)
    {
        (_task, _group) = (task, group);
        _buckets = new BucketLayout(BucketSize, 1, group.Size).Of(Gradients.Count);
        _overlap = new BackwardOverlap(group, Gradients, _buckets);
    }

    private Tensor Gradients => _task.Parameters.Grads;

    /// <inheritdoc/>
    public override void Compute(Tape tape, TapeMode mode)
    {
        (int first, int end) = Share.Of(_group).Of(_task.MicroBatches);
        _task.Losses.Zero();
        for (int leaf = first; leaf < end - 1; leaf++)
            _task.ForwardBackward(tape, mode, leaf);
        tape.Watch = _overlap;
        _overlap.Begin(Send);
        try
        {
            if (first < end)
                _task.ForwardBackward(tape, mode, end - 1);
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
        _overlap.Finish(Send);
        _group.Sum(_task.Losses);
        _group.Wait(); // what does not arrive must not be learned from
    }

    private void Send(int bucket) => _group.Sum(Gradients.Slice(_buckets[bucket].Start, new Shape((int)_buckets[bucket].Count)));
}
