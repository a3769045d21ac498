namespace BareBert.Bert.Tasks;

/// <summary>Curves of a run's evaluations.</summary>
internal static class RunCharts
{
    /// <summary>Loss of training and validation: on one axis where both are the same sum, else each by itself.</summary>
    public static IReadOnlyList<LineChart> Losses(TrainerState state, bool isSame = true)
    {
        CurveSeries training = Curve(state, "training", "valid", "train_loss"), validation = Curve(state, "validation", "valid", "loss");
        return isSame ? [new LineChart("Loss", "epoch", "nats", [training, validation])]
            : [new LineChart("Training loss, weighted or smoothed", "epoch", "nats", [training]), new LineChart("Validation loss", "epoch", "nats", [validation])];
    }

    /// <summary>A metric of one split over the epochs.</summary>
    public static CurveSeries Curve(TrainerState state, string name, string split, string metric) => new(name,
        [.. state.History.Where(e => e.Split == split && e.Metrics.ContainsKey(metric)).Select(e => new CurvePoint(e.Epoch, e.Metrics[metric]))]);
}
