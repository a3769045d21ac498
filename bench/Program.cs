using BareBert.Bench;
using BenchmarkDotNet.Running;

// Quick tables with a stopwatch have a name of their own; everything else goes to BenchmarkDotNet: --filter '*MatMul*'.
return args switch
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
    _ => BenchmarkSwitcher.FromAssembly(typeof(Machine).Assembly).Run(args, new BenchConfig()).Any() ? 0 : 1,
};
