using BareBert.Bert.Training;

namespace BareBert.Tests;

/// <summary>A window's losses, waited for.</summary>
internal static class TaskLosses
{
    public static IReadOnlyList<Metric> ReadLosses(this ITrainingTask task)
    {
        var values = new double[task.Losses.Count];
        float[] singles = task.Losses.ToArray<float>();
        for (int i = 0; i < values.Length; i++)
            values[i] = singles[i];
        return [.. task.Name(values)];
    }
}
