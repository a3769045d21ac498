using BareBert;
using BareBert.Bench;
using BareBert.Cli;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

try
{
    return Run(args);
}
catch (Exception e) when (e is InputException or RunException)
{
    Console.Error.WriteLine($"bench: {e.Message}");
    return e is InputException ? ExitCodes.Usage : ExitCodes.Failure;
}

// Quick tables with a stopwatch have a name of their own; everything else goes to BenchmarkDotNet: --filter '*MatMul*'.
static int Run(string[] args) => args switch
{
    ["machine", ..] => Machine.Print(),
    ["gemm", .. var rest] => GemmTable.Run(rest.FirstOrDefault("")),
    ["attention", .. var rest] => AttentionTable.Run(rest.FirstOrDefault("")),
    ["vocab", .. var rest] => VocabularyTable.Run(rest.FirstOrDefault("")),
    ["step", .. var rest] => StepBenchmark.Run(rest),
    ["ops", .. var rest] => OpsTable.Run(rest),
    ["steps", ..] => StepTable.Run(),
    ["packed", .. var rest] => PackedTable.Run(rest),
    ["tokenizer", .. var rest] => TokenizerTable.Run(rest),
    ["inference", .. var rest] => InferenceTable.Run(rest),
    ["results", .. var rest] => Results.Run(rest),
    ["gpu", .. var rest] => GpuBenchmark.Run(rest),
    // So that one file is all that a machine without .NET needs.
    ["barebert", .. var rest] => BareBert.Cli.CommandLine.Run([.. rest]),
    _ => Suites(args),
};

static int Suites(string[] args)
{
    Type[] suites = [.. typeof(Machine).Assembly.GetTypes().Where(type => !type.IsAbstract && type.GetMethods().Any(method => method.IsDefined(typeof(BenchmarkAttribute), inherit: true)))];
    if (GpuSuite.Obstacle is { } obstacle)
    {
        Console.WriteLine($"bench: the Gpu* suites are left out: {obstacle}");
        suites = [.. suites.Where(suite => !suite.IsSubclassOf(typeof(GpuSuite)))];
        if (args is ["--filter", var filter] && filter.Contains("Gpu", StringComparison.OrdinalIgnoreCase))
            return ExitCodes.Success;
    }
    Summary[] summaries = [.. BenchmarkSwitcher.FromTypes(suites).Run(args, new BenchConfig())];
    return summaries.Length > 0 && summaries.All(summary => summary.Reports.All(report => report.Success)) ? ExitCodes.Success : ExitCodes.Failure;
}
