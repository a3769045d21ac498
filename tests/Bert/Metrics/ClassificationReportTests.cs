using System.Text.Json;
using Xunit;

namespace BareBert.Tests;

public class ClassificationReportTests
{
    [Fact]
    public void AgreesWithScikitLearnEmptyClassesIncluded()
    {
        foreach (var c in MetricGolden.Json("classification.json").EnumerateArray())
        {
            var report = ClassificationReport.Of(c.Ints("labels"), c.Ints("predictions"), c.GetProperty("classes").GetInt32());
            MetricGolden.Close(c.Number("accuracy"), report.Accuracy);
            MetricGolden.Close(c.Doubles("confusion"), Counts(report.Confusion));
            MetricGolden.Close(c.Doubles("precision"), report.PerClass.Select(s => s.Precision));
            MetricGolden.Close(c.Doubles("recall"), report.PerClass.Select(s => s.Recall));
            MetricGolden.Close(c.Doubles("f1"), report.PerClass.Select(s => s.F1));
            MetricGolden.Close(c.Doubles("macro"), Three(report.Macro));
            MetricGolden.Close(c.Doubles("weighted"), Three(report.Weighted));
            if (c.TryGetProperty("binary", out JsonElement _))
                MetricGolden.Close(c.Doubles("binary"), Three(report.Binary!.Value));
            else
                Assert.Null(report.Binary);
        }
    }

    [Fact]
    public void CountsTheFourOutcomesOfAClassAgainstTheRest()
    {
        var m = new ConfusionMatrix([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2], 3);
        Assert.Equal((2, 0, 1, 3), (m.TruePositives(0), m.FalsePositives(0), m.FalseNegatives(0), m.TrueNegatives(0)));
        Assert.Equal((1, 1, 1, 3), (m.TruePositives(1), m.FalsePositives(1), m.FalseNegatives(1), m.TrueNegatives(1)));
        MetricGolden.Close(0.25, m.FalsePositiveRate(1));
        MetricGolden.Close(0.2, m.FalsePositiveRate(2));
    }

    [Fact]
    public void NoExamplesGiveZerosNotNaN()
    {
        var report = ClassificationReport.Of([], [], 2);
        Assert.All(report.ToMetrics(), metric => Assert.Equal(0, metric.Value));
    }

    [Fact]
    public void RefusesAClassOutOfRange()
    {
        var error = Assert.Throws<InputException>(() => new ConfusionMatrix([0, 5], [0, 1], 2));
        Assert.Contains("label 5 is not one of the 2 classes: example 1", error.Message);
        Assert.Throws<InputException>(() => new ConfusionMatrix([0], [-1], 2));
    }

    private static IEnumerable<double> Counts(ConfusionMatrix m) =>
        Enumerable.Range(0, m.Classes * m.Classes).Select(i => (double)m[i / m.Classes, i % m.Classes]);

    private static double[] Three(ClassScores s) => [s.Precision, s.Recall, s.F1];
}
