using BareBert.Bench;

return args switch
{
    ["gemm", .. var rest] => GemmTable.Run(rest.FirstOrDefault("")),
    ["attention", .. var rest] => AttentionTable.Run(rest.FirstOrDefault("")),
    ["vocab", .. var rest] => VocabularyTable.Run(rest.FirstOrDefault("")),
    ["step", .. var rest] => StepBenchmark.Run(rest),
    ["ops", .. var rest] => OpsTable.Run(rest),
    _ => 0,
};
