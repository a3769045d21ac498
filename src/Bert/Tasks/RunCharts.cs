using System.Text.Json;

namespace BareBert.Bert.Tasks;

/// <summary>Curves of a run: of its evaluations, and of its steps as metrics.jsonl has them.</summary>
internal static class RunCharts
{
    /// <summary>Loss of training and validation: on one axis where both are the same sum, else each by itself.</summary>
    public static IReadOnlyList<LineChart> Losses(TrainerState state, bool isSame = true)
    {
        CurveSeries training = Curve(state, "training", "valid", "train_loss"), validation = Curve(state, "validation", "valid", "loss");
        return isSame ? [new LineChart("Loss", "epoch", "nats", [training, validation])]
            : [new LineChart("Training loss, weighted or smoothed", "epoch", "nats", [training]), new LineChart("Validation loss", "epoch", "nats", [validation])];
    }

    /// <summary>Loss, learning rate and gradient's norm of the steps.</summary>
    /// <param name="metrics">metrics.jsonl.</param>
    public static IReadOnlyList<LineChart> OfSteps(string metrics)
    {
        (double Step, JsonElement Line)[] lines = [.. Lines(metrics)];
        CurveSeries Series(string title, string name) => new(title, [.. lines.Where(l => l.Line.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number)
            .Select(l => new CurvePoint(l.Step, l.Line.GetProperty(name).GetDouble()))]);
        LineChart Chart(string title, string unit, params (string Title, string Name)[] series) =>
            new(title, "step", unit, [.. series.Select(s => Series(s.Title, s.Name)).Where(s => s.Points.Count > 0)]);
        LineChart[] charts =
        [
            Chart("Training loss by step", "nats", ("loss", "loss"), ("masked words", "mlm_loss"), ("next sentence", "nsp_loss"), ("sentence order", "sop_loss")),
            Chart("Learning rate by step", "rate", ("learning rate", "lr")),
            Chart("Norm of the gradient by step, before clipping", "norm", ("norm", "grad_norm")),
        ];
        return [.. charts.Where(chart => chart.Series.Any(s => s.Points.Count > 1))];
    }

    // A line that a crash cut short is passed over.
    private static IEnumerable<(double Step, JsonElement Line)> Lines(string metrics)
    {
        foreach (string text in File.Exists(metrics) ? File.ReadLines(metrics) : [])
        {
            JsonElement line;
            try
            {
                line = JsonElement.Parse(text);
            }
            catch (JsonException)
            {
                continue;
            }
            if (line.ValueKind == JsonValueKind.Object && line.TryGetProperty("event", out JsonElement name) && name.ValueKind == JsonValueKind.String && name.GetString() == MetricsLog.Training
                && line.TryGetProperty("step", out JsonElement step) && step.ValueKind == JsonValueKind.Number)
                yield return (step.GetDouble(), line);
        }
    }

    /// <summary>A metric of one split over the epochs.</summary>
    public static CurveSeries Curve(TrainerState state, string name, string split, string metric) => new(name,
        [.. state.History.Where(e => e.Split == split && e.Metrics.ContainsKey(metric)).Select(e => new CurvePoint(e.Epoch, e.Metrics[metric]))]);
}
