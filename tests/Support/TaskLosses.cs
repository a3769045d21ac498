using BareBert.Autograd;
using BareBert.Bert.Training;
using BareBert.Bert.Training.GradientSums;

namespace BareBert.Tests;

/// <summary>A window's gradients and losses, waited for.</summary>
internal static class TaskLosses
{
    /// <summary>All micro-batches, one after another, as one process runs them.</summary>
    public static void ForwardBackward(this ITrainingTask task, Tape tape, TapeMode mode)
    {
        using var sum = new RunningSum(task);
        sum.Compute(tape, mode);
    }

    public static IReadOnlyList<Metric> ReadLosses(this ITrainingTask task)
    {
        var values = new double[task.Losses.Count];
        float[] singles = task.Losses.ToArray<float>();
        for (int i = 0; i < values.Length; i++)
            values[i] = singles[i];
        return [.. task.Name(values)];
    }
}
