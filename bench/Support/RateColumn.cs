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

    /// <summary>Bytes that must be moved at least; 0 where they are not the point.</summary>
    double Bytes { get; }
}

/// <summary>A column with work over median time.</summary>
/// <param name="id">Its header.</param>
/// <param name="work">The amount of work that is meant; 0 leaves the cell empty.</param>
/// <param name="limit">What the rate is a percentage of; absent for the rate itself, in 10⁹ a second.</param>
public sealed class RateColumn(string id, Func<IWork, double> work, Func<Machine, double>? limit) : IColumn
{
    public static RateColumn Flops { get; } = new("GFLOP/s", w => w.Flops, null);
    public static RateColumn PercentOfPeak { get; } = new("% of peak", w => w.Flops, m => m.Peak);
    public static RateColumn Bytes { get; } = new("GB/s", w => w.Bytes, null);
    public static RateColumn PercentOfBandwidth { get; } = new("% of memory", w => w.Bytes, m => m.Bandwidth.Best);

    public string Id => id;
    public string ColumnName => id;
    public string Legend => limit is null ? $"{id}: work over median time" : $"{id}: of what all threads together reach on this machine";
    public bool AlwaysShow => true;
    public ColumnCategory Category => ColumnCategory.Custom;
    public int PriorityInCategory => 0;
    public bool IsNumeric => true;
    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => summary.BenchmarksCases.Any(c => Work(c) > 0);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        double amount = Work(benchmarkCase);
        if (amount == 0 || summary[benchmarkCase]?.ResultStatistics is not { } statistics)
            return "";
        double rate = amount / statistics.Median; // Nanoseconds: 10⁹ a second.
        return (limit is null ? rate : 100 * rate / limit(Machine.Limits)).ToString("F1", CultureInfo.InvariantCulture);
    }

    private double Work(BenchmarkCase benchmarkCase) =>
        benchmarkCase.Parameters.Items.Select(p => p.Value).OfType<IWork>().Sum(work);
}
