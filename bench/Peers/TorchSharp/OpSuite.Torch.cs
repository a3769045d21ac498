using BenchmarkDotNet.Attributes;

namespace BareBert.Bench;

public abstract partial class OpSuite
{
    private TorchOp? _torch;

    [Benchmark(Description = "TorchSharp"), Library(LibraryAttribute.TorchSharp)]
    public void TorchAllThreads() => _torch!.Call();

    partial void SetUpPeers()
    {
        if (!Torch.IsHere || !TorchOp.Exists(Op.Name))
            return;
        // With dropout, the two draw other masks: values are compared without.
        OpCase plain = _cpuCases[Op.Name.Replace("+dropout", "")];
        plain.Result.Zero(); // Ways back add to what is there.
        plain.Call();
        using (TorchOp same = TorchOp.Create(Op, dropout: false))
            same.Check(plain.Result);
        _torch = TorchOp.Create(Op);
    }

    partial void CleanUpPeers() => _torch?.Dispose();
}
