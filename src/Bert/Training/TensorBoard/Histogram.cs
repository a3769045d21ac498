using BareBert.Bert.Training.TensorBoard.Messages;

namespace BareBert.Bert.Training.TensorBoard;

/// <summary>Counts numbers in TensorFlow's buckets: each a tenth wider than the one before, from 1e-12 on, on both sides of zero.</summary>
/// <remarks>tensorflow/core/lib/histogram/histogram.cc.</remarks>
internal static class Histogram
{
    private static readonly double[] Limits = MakeLimits();

    /// <summary>Of some numbers; what is not finite is left out.</summary>
    public static HistogramProto Of(ReadOnlySpan<float> values)
    {
        var counts = new double[Limits.Length];
        var histogram = new HistogramProto { Min = double.PositiveInfinity, Max = double.NegativeInfinity };
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
                continue;
            int found = Array.BinarySearch(Limits, value);
            counts[found >= 0 ? found + 1 : ~found]++; // a bucket ends before its limit
            (histogram.Min, histogram.Max) = (Math.Min(histogram.Min, value), Math.Max(histogram.Max, value));
            histogram.Num++;
            histogram.Sum += value;
            histogram.SumSquares += (double)value * value;
        }
        if (histogram.Num == 0)
            return new HistogramProto();
        // Of empty buckets in a row only the last is written: where the next one begins.
        for (int i = 0; i < counts.Length; i++)
        {
            if (counts[i] == 0 && (i + 1 == counts.Length || counts[i + 1] == 0))
                continue;
            histogram.BucketLimit.Add(Limits[i]);
            histogram.Bucket.Add(counts[i]);
        }
        return histogram;
    }

    private static double[] MakeLimits()
    {
        var positive = new List<double>();
        for (double limit = 1e-12; limit < 1e20; limit *= 1.1)
            positive.Add(limit);
        positive.Add(double.MaxValue);
        return [.. positive.Select(limit => -limit).Reverse(), 0, .. positive];
    }
}
