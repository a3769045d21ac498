using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

public class CorrelationTests
{
    /// <summary>Python's statistics.correlation of the numbers, and of their ranks with ties at the mean of theirs.</summary>
    [Fact]
    public void Agrees_with_Python()
    {
        double[] x = [0.1, 0.5, 0.5, 2.0, -1.0, 3.5, 0.5, 0.0], y = [1, 2, 0.5, 3, 0, 5, 2, 2];
        Assert.True(Math.Abs(Correlation.Pearson(x, y) - 0.9251510396766243) <= 1e-12);
        Assert.True(Math.Abs(Correlation.Spearman(x, y) - 0.775) <= 1e-12);
    }

    [Fact]
    public void What_does_not_vary_has_none()
    {
        Assert.True(double.IsNaN(Correlation.Pearson([1, 1], [1, 2])));
        Assert.True(double.IsNaN(Correlation.Spearman([1, 2], [3, 3])));
        // The mean of these is rounded to another number than they are.
        Assert.True(double.IsNaN(Correlation.Pearson([0.1, 0.1, 0.1], [1, 2, 3])));
        Assert.True(double.IsNaN(Correlation.Pearson([0.1, 0.1, 0.1], [0.1, 0.1, 0.1])));
        Assert.True(double.IsNaN(Correlation.Pearson([], [])));
        Assert.Throws<ArgumentException>(() => Correlation.Pearson([1], [1, 2]));
    }

    [Fact]
    public void Ranks_do_not_change_with_the_scale() => Prop.ForAll(ArbMap.Default.ArbFor<(short, short)[]>(), pairs =>
    {
        double[] x = [.. pairs.Select(p => (double)p.Item1)], y = [.. pairs.Select(p => (double)p.Item2)];
        double rho = Correlation.Spearman(x, y), again = Correlation.Spearman([.. x.Select(v => v * v * v)], [.. y.Select(v => 2 * v - 7)]);
        return double.IsNaN(rho) ? double.IsNaN(again) : Math.Abs(rho - again) <= 1e-9 && Math.Abs(rho) <= 1 + 1e-9;
    }).HoldsFor();
}
