using BareBert.Bench;

return args switch
{
    ["gemm", .. var rest] => GemmTable.Run(rest.FirstOrDefault("")),
    ["attention", .. var rest] => AttentionTable.Run(rest.FirstOrDefault("")),
    ["ops", .. var rest] => OpsTable.Run(rest),
    _ => 0,
};
