using System.Reflection;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace BareBert.Bench;

/// <summary>
/// How every suite is run and reported: medians of a few iterations in this process (no generated project has to be
/// restored or built), with rates and percentages of the machine's measured limits.
/// </summary>
public sealed partial class BenchConfig : ManualConfig
{
    public BenchConfig() : this(ConsoleLogger.Default, isQuick: false)
    {
    }

    /// <param name="logger">Who is told.</param>
    /// <param name="isQuick">Fewer and shorter iterations.</param>
    public BenchConfig(ILogger logger, bool isQuick)
    {
        // One call is enough for an iteration if it takes long: the shortest of these take microseconds, and the longest seconds.
        AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithStrategy(RunStrategy.Throughput)
            .WithUnrollFactor(1).WithMinInvokeCount(1).WithWarmupCount(isQuick ? 1 : 2).WithIterationCount(isQuick ? 5 : 7)
            .WithMinIterationTime(Perfolizer.Horology.TimeInterval.FromMilliseconds(isQuick ? 30 : 100)));
        AddLogger(logger);
        AddColumnProvider(DefaultColumnProviders.Descriptor, DefaultColumnProviders.Params);
        AddColumn(StatisticColumn.Median, BaselineRatioColumn.RatioMean);
        AddColumn(RateColumn.Flops, RateColumn.PercentOfPeak, RateColumn.Bytes, RateColumn.PercentOfBandwidth, RateColumn.Tokens, RateColumn.Text);
        AddExporter(MarkdownExporter.GitHub);
        AddDiagnoser(MemoryDiagnoser.Default, new QuietBeforeRows());
        AddFilter(new SimpleFilter(row => row.Descriptor.WorkloadMethod.GetCustomAttribute<LibraryAttribute>() is not { IsHere: false }));
        WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(40));
        // A kernel's own threads are part of what is measured; BenchmarkDotNet only warns that the loop is short.
        WithOptions(ConfigOptions.DisableOptimizationsValidator | ConfigOptions.JoinSummary);
        AddPeers();
    }

    // What -p:Peers=true needs.
    partial void AddPeers();
}
