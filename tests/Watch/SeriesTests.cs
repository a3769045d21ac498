using BareBert.Watch;
using Xunit;

namespace BareBert.Tests;

/// <summary>A curve keeps its shape in bounded memory.</summary>
public sealed class SeriesTests
{
    [Fact]
    public void A_million_values_take_no_more_points_than_a_screen_has_and_none_is_lost()
    {
        const int values = 1_000_003;
        var series = new Series();
        double sum = 0;
        for (int step = 1; step <= values; step++)
        {
            double value = step == 777_777 ? 1e6 : Math.Sin(step);
            series.Add(step, value);
            sum += value;
        }
        foreach (int most in new[] { Series.Capacity, 600, 2 })
        {
            IReadOnlyList<SeriesPoint> points = series.Take(most);
            Assert.InRange(points.Count, 1, most);
            Assert.Equal((1.0, (double)values), (points[0].First, points[^1].Last));
            Assert.Equal(values, points.Sum(p => p.Count));
            Assert.Equal(sum, points.Sum(p => p.Sum), 1e-3);
            SeriesPoint spike = Assert.Single(points, p => p.Max == 1e6);
            Assert.InRange(777_777, spike.First, spike.Last);
            Assert.All(points.Zip(points.Skip(1)), pair => Assert.Equal(pair.First.Last + 1, pair.Second.First));
        }
        Assert.Equal((values, Math.Sin(values)), (series.Count, series.Last));
    }

    [Fact]
    public void Few_values_are_all_there()
    {
        var series = new Series();
        foreach ((double step, double value) in new[] { (10, 1.0), (20, double.NaN), (30, 3.0), (40, double.PositiveInfinity) })
            series.Add(step, value);
        Assert.Equal([(10.0, 1.0), (30.0, 3.0)], series.Take(600).Select(p => (p.Last, p.Mean)));
    }
}
