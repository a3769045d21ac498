using BenchmarkDotNet.Filters;

namespace BareBert.Bench;

public sealed partial class BenchConfig
{
    partial void AddPeers()
    {
        AddColumn(new AgreementColumn());
        AddFilter(new SimpleFilter(row => row.Descriptor.WorkloadMethod.Name != nameof(OpSuite.TorchAllThreads)
            || row.Parameters.Items.Select(p => p.Value).OfType<OpWork>().All(op => TorchOp.Exists(op.Name))));
    }
}
