namespace BareBert.Bert.Tasks;

/// <summary>Curves of a run's evaluations.</summary>
internal static class RunCharts
{
    /// <summary>A metric of one split over the epochs.</summary>
    public static CurveSeries Curve(TrainerState state, string name, string split, string metric) => new(name,
        [.. state.History.Where(e => e.Split == split && e.Metrics.ContainsKey(metric)).Select(e => new CurvePoint(e.Epoch, e.Metrics[metric]))]);
}
