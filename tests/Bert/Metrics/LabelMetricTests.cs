using Xunit;

namespace BareBert.Tests;

/// <summary>Figures of labels that each hold or not, and of numbers, computed by hand.</summary>
public sealed class LabelMetricTests
{
    [Fact]
    public void Micro_macro_and_weighted_scores()
    {
        // Label a: right twice, said once too often. Label b: missed once. Label c never holds and is never said.
        float[] targets = [1, 1, 0, 1, 0, 0, 0, 0, 0], said = [0.9f, 0.2f, 0.1f, 0.8f, 0.5f, 0, 0.7f, 0.1f, 0];
        MultiLabelReport report = MultiLabelReport.Of(targets, said, 3, 0.5);
        Assert.Equal([0.8, 0, 0], report.PerLabel.Select(s => s.F1), (a, b) => Math.Abs(a - b) <= 1e-12);
        Assert.Equal((2.0 / 3, 2.0 / 3), (report.Micro.Precision, report.Micro.Recall));
        Assert.True(Math.Abs(report.Macro.F1 - 0.8 / 3) <= 1e-12 && Math.Abs(report.Weighted.F1 - 1.6 / 3) <= 1e-12);
        Assert.Equal((1.0 / 3, 2.0 / 9), (report.SubsetAccuracy, report.HammingLoss));
        Assert.Equal([2, 1, 0], report.PerLabel.Select(s => s.Support));
        (double threshold, double f1) = new MultiLabelOutcome("test", 0, targets, said, 3).BestThreshold();
        Assert.True(threshold is > 0.7 and < 0.8 && Math.Abs(f1 - 0.8) <= 1e-12, $"{threshold} {f1}");
        Assert.Equal(0.8, MultiLabelReport.Of(targets, said, 3, threshold).Micro.F1, 12);
    }

    [Fact]
    public void Numbers()
    {
        Evaluation one = new RegressionOutcome("test", 0.5, [1, 2, 3, 4], [1, 2, 4, 5], 1).ToEvaluation();
        Assert.Equal([("loss", 0.5), ("rmse", Math.Sqrt(0.5)), ("mae", 0.5), ("r2", 0.6)], one.Metrics.Take(4).Select(m => (m.Name, m.Value)));
        // A number that is always the same has no correlation, and is left out of the mean.
        Evaluation two = new RegressionOutcome("test", 1, [1, 5, 2, 5], [2, 5, 4, 6], 2).ToEvaluation();
        Assert.Equal(1, two["pearson"], 12);
        Assert.True(double.IsNaN(new RegressionOutcome("test", 0, [1], [1], 1).ToEvaluation()["pearson"]));
    }

    [Fact]
    public void Matthews()
    {
        // (TP·TN − FP·FN)/√(…) of 6, 3, 1, 2; and scikit-learn's example of three classes.
        int[] labels = [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0], said = [1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1];
        Assert.Equal((6 * 3 - 1 * 2) / Math.Sqrt(7.0 * 8 * 4 * 5), new ConfusionMatrix(labels, said, 2).Matthews, 12);
        Assert.Equal(0, new ConfusionMatrix([0, 1], [0, 0], 2).Matthews);
        Assert.Equal(1, new ConfusionMatrix([0, 1, 2], [0, 1, 2], 3).Matthews, 12);
        // 2 of 3 right: (6 − 4)/√((9 − 5)·(9 − 3)) with counts 1, 1, 1 and 1, 2, 0.
        Assert.Equal((2 * 3 - 3) / Math.Sqrt((9.0 - 5) * (9 - 3)), new ConfusionMatrix([0, 1, 2], [0, 1, 1], 3).Matthews, 12);
    }
}
