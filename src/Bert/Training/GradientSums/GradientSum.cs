using BareBert.Autograd;

namespace BareBert.Bert.Training.GradientSums;

/// <summary>How the gradients of a window's micro-batches, and their losses, come together: in what order, and between which processes.</summary>
internal abstract class GradientSum : IDisposable
{
    /// <summary>Bytes of gradients and losses that this process has sent to others.</summary>
    public virtual long BytesSent => 0;

    /// <summary>Time spent on exchanging gradients with other processes, hidden behind backward or not.</summary>
    public virtual TimeSpan Exchanging => TimeSpan.Zero;

    /// <summary>Of that, the time in which nothing else was done.</summary>
    public virtual TimeSpan Waiting => TimeSpan.Zero;

    /// <summary>
    /// Computes the window's gradient and losses: they are in the task's parameters and <see cref="ITrainingTask.Losses"/>, in every process.
    /// The gradients are zero before.
    /// </summary>
    public abstract void Compute(Tape tape, TapeMode mode);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }
}

/// <summary>One process, micro-batch after micro-batch: each adds to what is there.</summary>
internal sealed class RunningSum(ITrainingTask task) : GradientSum
{
    /// <inheritdoc/>
    public override void Compute(Tape tape, TapeMode mode)
    {
        task.Losses.Zero();
        for (int i = 0; i < task.MicroBatches; i++)
            task.ForwardBackward(tape, mode, i);
    }
}
