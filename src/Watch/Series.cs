namespace BareBert.Watch;

/// <summary>What a stretch of a curve looks like.</summary>
/// <param name="First">The first step.</param>
/// <param name="Last">The last step.</param>
/// <param name="Count">Values.</param>
/// <param name="Sum">Of the values.</param>
/// <param name="Min">The least.</param>
/// <param name="Max">The greatest.</param>
public readonly record struct SeriesPoint(double First, double Last, long Count, double Sum, double Min, double Max)
{
    /// <summary>Of the values.</summary>
    public double Mean => Sum / Count;

    /// <summary>Both as one.</summary>
    public SeriesPoint With(SeriesPoint next) =>
        new(First, next.Last, Count + next.Count, Sum + next.Sum, Math.Min(Min, next.Min), Math.Max(Max, next.Max));
}

/// <summary>
/// A curve in bounded memory, however long: when it is full, neighbours are joined two by two, and from then on a point stands for
/// twice as many values. No value is lost: a point knows the mean, the least and the greatest of its stretch.
/// </summary>
public sealed class Series
{
    /// <summary>Points, at most: more than a screen has columns.</summary>
    public const int Capacity = 4096;

    private readonly List<SeriesPoint> _points = [];
    private long _valuesAPoint = 1;

    /// <summary>Values added.</summary>
    public long Count { get; private set; }

    /// <summary>The value added last.</summary>
    public double Last { get; private set; } = double.NaN;

    /// <summary>Adds a value; one that is not finite is a gap and leaves nothing.</summary>
    public void Add(double step, double value)
    {
        if (!double.IsFinite(value) || !double.IsFinite(step))
            return;
        (Count, Last) = (Count + 1, value);
        var point = new SeriesPoint(step, step, 1, value, value, value);
        if (_points.Count > 0 && _points[^1].Count < _valuesAPoint)
        {
            _points[^1] = _points[^1].With(point);
            return;
        }
        if (_points.Count == Capacity)
        {
            Join(_points, 2);
            _valuesAPoint *= 2;
        }
        _points.Add(point);
    }

    /// <summary>The curve in so many points or fewer.</summary>
    public IReadOnlyList<SeriesPoint> Take(int most)
    {
        List<SeriesPoint> points = [.. _points];
        if (points.Count > most)
            Join(points, (points.Count + most - 1) / most);
        return points;
    }

    private static void Join(List<SeriesPoint> points, int together)
    {
        int kept = 0;
        for (int i = 0; i < points.Count; i += together)
        {
            SeriesPoint joined = points[i];
            for (int j = i + 1; j < Math.Min(i + together, points.Count); j++)
                joined = joined.With(points[j]);
            points[kept++] = joined;
        }
        points.RemoveRange(kept, points.Count - kept);
    }
}
