using System.Text.RegularExpressions;
using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

public class HtmlReportTests
{
    private const string Hostile = "<script>alert('x')</script> & \"quotes\" \u0000\u001b";

    [Fact]
    public void EverythingFromOutsideIsEscaped()
    {
        string page = HtmlReport.Render(Full(Hostile));
        Assert.DoesNotContain("<script", page);
        Assert.DoesNotContain("alert('x')", page);
        Assert.DoesNotContain('\0', page);
        Assert.True(Regex.Count(page, "&lt;script&gt;") >= 20);
        Parse(page);
    }

    [Fact]
    public void AnyTextMakesAWellFormedPage() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text => Parse(HtmlReport.Render(Full(text ?? ""))) is not null)
            .HoldsFor(50);

    [Fact]
    public void ThePageAsksForNothingFromOutside()
    {
        string page = HtmlReport.Render(Full("x"));
        foreach (string reach in new[] { "http:", "https:", "src=", "href=", "url(", "@import", "<link", "<script" })
            Assert.DoesNotContain(reach, page);
    }

    [Fact]
    public void EmptyPartsAreLeftOut()
    {
        string page = HtmlReport.Render(new Report { Title = "t" });
        Assert.DoesNotContain("<section", page);
        Assert.DoesNotContain("<svg", page);
        Assert.Contains("<h1>t</h1>", page);
    }

    [Fact]
    public void ACurveOfZerosHasAnAxisFromZeroToOne()
    {
        var svg = Charts(new LineChart("c", "step", "y", [new CurveSeries("s", [new(0, 0), new(1, 0)])])).Single();
        Assert.Equal(["0", "0.2", "0.4", "0.6", "0.8", "1"], svg.Descendants("text").Where(t => t.Attribute("text-anchor")?.Value == "end").Select(t => t.Value.Trim()));
    }

    [Fact]
    public void ACurveIsDrawnToScaleAndValuesThatAreNoneAreLeftOutAndCounted()
    {
        CurvePoint[] points = [new(0, 0), new(1, double.NaN), new(2, 10), new(3, double.PositiveInfinity), new(4, 5)];
        var svg = Charts(new LineChart("c", "step", "y", [new CurveSeries("s", points)])).Single();
        double[][] path = [.. Regex.Matches(svg.Descendants("path").Single().Attribute("d")!.Value, @"[ML]([\d.]+) ([\d.]+)")
            .Select(m => new[] { double.Parse(m.Groups[1].Value), double.Parse(m.Groups[2].Value) })];
        Assert.Equal(3, path.Length);
        MetricGolden.Close(path[1][0] - path[0][0], path[2][0] - path[1][0], 0.02);      // x: 0, 2, 4
        MetricGolden.Close((path[0][1] + path[1][1]) / 2, path[2][1], 0.02);             // y: 5 halfway between 0 and 10
        Assert.True(path[1][1] < path[0][1], "up is more");
        Assert.Contains("Left out: 2 of 5 values", svg.Parent!.Value);
    }

    [Fact]
    public void ALogarithmicAxisPutsEqualFactorsAtEqualDistances()
    {
        var ticks = Charts(new LineChart("c", "x", "y", [new("s", [new(0, 1), new(1, 10), new(2, 100), new(3, 0)])]) { LogY = true }).Single();
        double[] y = [.. Regex.Matches(ticks.Descendants("path").Single().Attribute("d")!.Value, @"[ML][\d.]+ ([\d.]+)").Select(m => double.Parse(m.Groups[1].Value))];
        Assert.Equal(3, y.Length);
        MetricGolden.Close(y[0] - y[1], y[1] - y[2], 0.02);
    }

    [Fact]
    public void ALongCurveKeepsItsExtremes()
    {
        CurvePoint[] points = [.. Enumerable.Range(0, 10_000).Select(i => new CurvePoint(i, i == 5_000 ? 7 : i == 6_001 ? -3 : 1))];
        var svg = Charts(new LineChart("c", "step", "y", [new("s", points)])).Single();
        string[] tips = [.. svg.Descendants("title").Select(t => t.Value)];
        Assert.True(tips.Length <= 400);
        Assert.Contains("s, step 5,000: 7", tips);
        Assert.Contains("s, step 6,001: -3", tips);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(0.03, 0.0301)]
    [InlineData(-5, 17_000)]
    [InlineData(3, 3)]
    [InlineData(0, 0)]
    [InlineData(1e-300, 1e300)]
    public void AnyRangeGivesAFewTicks(double low, double high)
    {
        var svg = Charts(new LineChart("c", "x", "y", [new("s", [new(0, low), new(1, high)])])).Single();
        int ticks = svg.Descendants("text").Count(t => t.Attribute("class")?.Value == "tick");
        Assert.InRange(ticks, 4, 20);
        Assert.DoesNotContain("NaN", svg.ToString());
    }

    [Fact]
    public void ConfusionAndRocSayTheirNumbers()
    {
        string page = HtmlReport.Render(new Report
        {
            Title = "t",
            Confusion = new ConfusionMatrix([0, 0, 0, 1], [0, 0, 1, 1], 2),
            LabelNames = ["bad", "good"],
            Roc = [new("good", RocCurve.Compute([false, true, true], [0.1, 0.9, 0.8])), new("none", RocCurve.Compute([false], [0.5]))],
        });
        Assert.Contains("<title>bad taken for good: 1 (33.3 % of 3)</title>", page);
        Assert.Contains("good (AUC 1.000)", page);
        Assert.Contains("none (AUC undefined: one class only)", page);
        Assert.DoesNotContain("NaN", page);
    }

    [Fact]
    public void IsWrittenWholeOrFailsAsARun()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("report.html");
        HtmlReport.Write(path, Full("x"));
        HtmlReport.Write(path, Full("y"));
        Assert.Equal(HtmlReport.Render(Full("y")), File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(folder.Root));
        Assert.Throws<RunException>(() => HtmlReport.Write(folder.At("report.html", "below a file.html"), Full("x")));
    }

    private static IEnumerable<XElement> Charts(LineChart chart) => Parse(HtmlReport.Render(new Report { Title = "t", Charts = [chart] })).Descendants("svg");

    /// <summary>The page happens to be well-formed XML but for its first line and the two meta elements.</summary>
    private static XElement Parse(string page)
    {
        string body = Regex.Replace(page[page.IndexOf("<html", StringComparison.Ordinal)..], "<meta[^>]*>", "");
        return XElement.Parse(body);
    }

    private static Report Full(string s) => new()
    {
        Title = s,
        Subtitle = s,
        Headline = [new(s, s)],
        Notices = [s],
        Charts = [new LineChart(s, s, s, [new(s, [new(1, 2), new(2, 1)]), new(s, [])]) { References = [new(s, 1.5)] }],
        Tables = [new ReportTable(s, [s, s], [[s, "1.0"]], s)],
        Roc = [new NamedRoc(s, RocCurve.Compute([true, false], [0.1, 0.2]))],
        Confusion = new ConfusionMatrix([0, 1, 1], [0, 1, 0], 2),
        LabelNames = [s, s],
        Examples = [new ExampleChange(s, s, s, true)],
        Parameters = [new(s, s)],
        Timings = [new(s, s)],
        Options = [new(s, s)],
    };
}
