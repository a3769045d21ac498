using BareBert;
using BareBert.Bench;
using BareBert.Cli;
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
    ["results", .. var rest] => Results.Run(rest),
    ["gpu", .. var rest] => GpuBenchmark.Run(rest),
    // So that one file is all that a machine without .NET needs.
    ["barebert", .. var rest] => BareBert.Cli.CommandLine.Run([.. rest]),
    _ => BenchmarkSwitcher.FromAssembly(typeof(Machine).Assembly).Run(args, new BenchConfig()).Any() ? 0 : 1,
};
