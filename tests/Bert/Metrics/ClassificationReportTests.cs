using System.Globalization;
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

    /// <summary>A matrix of thousands of classes has millions of cells, and nobody can read one of a hundred.</summary>
    [Fact]
    public void OfManyClassesTheMostFrequentMistakesAreListed()
    {
        const int Classes = 2000;
        int[] labels = [.. Enumerable.Range(0, 4000).Select(i => i % Classes)];
        var probabilities = new float[labels.Length * Classes];
        for (int i = 0; i < labels.Length; i++)
            probabilities[i * Classes + (labels[i] is 3 or 5 ? 7 : labels[i] == 9 && i > Classes ? 8 : labels[i])] = 1;
        var outcome = new ClassificationOutcome("test", 0.5, labels, probabilities, Classes);
        string[] names = [.. Enumerable.Range(0, Classes).Select(c => $"c{c}")];
        Assert.Equal([(3, 7, 2L), (5, 7, 2L), (9, 8, 1L)], outcome.Report().Confusion.Mistakes);
        ReportTable table = Assert.Single(outcome.Details(names));
        Assert.Equal(["c3", "c7", "2", "100.0 %"], table.Rows[0]);
        Assert.Equal(["c9", "c8", "1", "50.0 %"], table.Rows[2]);
        Report report = outcome.AddTo(new Report { Title = "many" }, names);
        Assert.Equal((null, 8), (report.Confusion, report.Roc.Count));
        Assert.Contains("the 8 of 2000 curves with the smallest areas", HtmlReport.Render(report));
        Assert.True(HtmlReport.Render(report).Length < 1_000_000);
        Assert.Equal(3, ClassificationResult.JsonOf(outcome, names)["mistakes"]!.AsArray().Count);
    }

    /// <summary>Numbers in tables are the same wherever a program runs.</summary>
    [Fact]
    public void FiguresAreWrittenTheSameInEveryCulture()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            var commas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            (commas.NumberFormat.NumberDecimalSeparator, commas.NumberFormat.PercentDecimalSeparator, commas.NumberFormat.NumberGroupSeparator) = (",", ",", ".");
            CultureInfo.CurrentCulture = commas;
            Assert.Equal("0,5", $"{0.5}");
            Assert.Equal("0.9123", EvaluationText.Value(new Metric("f1", 0.9123)));
            Assert.Equal("91.23 %", EvaluationText.Value(new Metric("accuracy", 0.9123)));
            Assert.Equal("1,234.5", EvaluationText.Value(new Metric("perplexity", 1234.5)));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
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
