using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using TorchSharp;

namespace BareBert.Bench;

public abstract unsafe partial class MatMulSuite
{
    private torch.Tensor? _torchA, _torchB, _torchProduct;

    [Benchmark(Description = "TorchSharp, 1 thread"), Library(LibraryAttribute.TorchSharp, OneThread = true)]
    public void TorchOneThread() => TorchMultiply(1);

    [Benchmark(Description = "TorchSharp, all cores"), Library(LibraryAttribute.TorchSharp)]
    public void TorchAllCores() => TorchMultiply(_team.Count);

    partial void SetUpPeers()
    {
        if (!Torch.IsHere)
            return;
        _torchA = Torch.Copy(new ReadOnlySpan<float>(_operands.A, Size.M * Size.K), Size.M, Size.K);
        _torchB = Torch.Copy(new ReadOnlySpan<float>(_operands.B, Size.K * Size.N), Size.K, Size.N);
    }

    partial void CleanUpPeers()
    {
        _torchA?.Dispose();
        _torchB?.Dispose();
        _torchProduct?.Dispose();
    }

    partial void CopyPeersProduct(string method)
    {
        if (method is nameof(TorchOneThread) or nameof(TorchAllCores))
            MemoryMarshal.Cast<byte, float>(_torchProduct!.bytes).CopyTo(new Span<float>(_operands.C, Size.M * Size.N));
    }

    private void TorchMultiply(int threads)
    {
        Torch.UseThreads(threads);
        _torchProduct?.Dispose();
        _torchProduct = torch.matmul(_torchA!, _torchB!);
    }
}
