using BareBert.Kernels;
using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace BareBert.Bench;

/// <summary>What one call of a benchmark does: a benchmark whose parameter says so gets rates in its report.</summary>
public interface IWork
{
    /// <summary>Floating-point operations that the mathematics asks for; 0 where they are not the point.</summary>
    double Flops { get; }

    /// <summary>What must be moved at least; default where that is not the point.</summary>
    Traffic Traffic => default;

    /// <summary>Tokens of real text, padding not counted; 0 where there are none.</summary>
    double Tokens => 0;

    /// <summary>Bytes of text in UTF-8; 0 where there is none.</summary>
    double TextBytes => 0;

    /// <summary>Whether the size is among the few of a quick run.</summary>
    bool IsQuick => true;
}

/// <summary>A column with a rate: something that a call does, over the median time of a call.</summary>
/// <param name="id">Its header.</param>
/// <param name="legend">What it means.</param>
/// <param name="amount">What is done in a call; 0 leaves the cell empty.</param>
public sealed class RateColumn(string id, string legend, Func<IWork, double> amount) : IColumn
{
    public static RateColumn Flops { get; } = new("GFLOP/s", "10⁹ floating-point operations a second", w => w.Flops / 1e9);

    public static RateColumn PercentOfPeak { get; } = new("% of peak", "of the multiply-adds that all threads reach in registers",
        w => w.Flops > 0 ? 100 * w.Flops / (Machine.Limits.Peak * 1e9) : 0);

    public static RateColumn Bytes { get; } = new("GB/s", "10⁹ bytes a second that must be moved at least", w => w.Traffic.Bytes / 1e9);

    public static RateColumn PercentOfBandwidth { get; } = new("% of memory", "of the time that moving the same bytes alone takes",
        w => w.Traffic.Bytes > 0 ? 100 * Machine.Limits.Bandwidth.Seconds(w.Traffic) : 0);

    public static RateColumn Tokens { get; } = new("tokens/s", "tokens of real text a second, padding not counted", w => w.Tokens);

    public static RateColumn Text { get; } = new("MB/s", "10⁶ bytes of text a second", w => w.TextBytes / 1e6);

    public string Id => id;
    public string ColumnName => id;
    public string Legend => legend;
    public bool AlwaysShow => true;
    public ColumnCategory Category => ColumnCategory.Custom;
    public int PriorityInCategory => 0;
    public bool IsNumeric => true;
    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => summary.BenchmarksCases.Any(c => Amount(c) > 0);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        double value = Amount(benchmarkCase);
        return value == 0 || summary[benchmarkCase]?.ResultStatistics is not { } statistics ? ""
            : (value / (statistics.Median * 1e-9)).ToString("F1", CultureInfo.InvariantCulture);
    }

    private double Amount(BenchmarkCase benchmarkCase) =>
        benchmarkCase.Parameters.Items.Select(p => p.Value).OfType<IWork>().Sum(amount);
}
