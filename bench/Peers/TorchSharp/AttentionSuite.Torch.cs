using BareBert.Kernels;
using BenchmarkDotNet.Attributes;
using TorchSharp;

namespace BareBert.Bench;

public partial class AttentionSuite
{
    private TorchAttention? _torch;

    [Benchmark(Description = "TorchSharp, 1 thread"), Library(LibraryAttribute.TorchSharp, OneThread = true)]
    public void TorchOneThread() => _torch!.Run(1);

    [Benchmark(Description = "TorchSharp, all threads"), Library(LibraryAttribute.TorchSharp)]
    public void TorchAllThreads() => _torch!.Run(Environment.ProcessorCount);

    partial void SetUpPeers()
    {
        if (!Torch.IsHere)
            return;
        // With dropout, the two draw other masks: values are compared without.
        AttentionSize plain = Size with { Dropout = 0 };
        using var operands = new AttentionOperands(new CpuKernels(), plain);
        using (var same = new TorchAttention(plain, operands))
            same.Check(operands);
        _torch = new TorchAttention(Size, operands);
    }

    partial void CleanUpPeers() => _torch?.Dispose();
}

/// <summary>Scaled dot-product attention of TorchSharp, from a joined projection to the joined heads; backward to the projection's gradient.</summary>
internal sealed class TorchAttention : IDisposable
{
    private readonly AttentionSize _size;
    private readonly torch.Tensor _qkv, _dy, _y;

    public TorchAttention(AttentionSize size, AttentionOperands operands)
    {
        _size = size;
        long sequences = size.Tokens / size.Length, c = size.Heads * size.HeadSize;
        _qkv = Torch.Copy(operands.Qkv, sequences, size.Length, 3 * c);
        _qkv.requires_grad = size.Backward;
        _dy = Torch.Copy(operands.DY, sequences, size.Length, c);
        _y = Forward();
    }

    /// <summary>The pass that the size names; backward over the graph of one forward pass.</summary>
    public void Run(int threads)
    {
        Torch.UseThreads(threads);
        Pass().Dispose();
    }

    /// <summary>Throws unless it computes what ours does.</summary>
    public void Check(AttentionOperands operands)
    {
        operands.CheckSum(); // runs it, on gradients that begin at zero
        using torch.Tensor result = Pass();
        Torch.Check($"attention {_size}", result, operands.Result.ToArray<float>());
    }

    public void Dispose()
    {
        _qkv.Dispose();
        _dy.Dispose();
        _y.Dispose();
    }

    private torch.Tensor Pass() => _size.Backward ? torch.autograd.grad([_y], [_qkv], [_dy], retain_graph: true)[0] : Forward();

    private torch.Tensor Forward() => Attend(_qkv, _size.Heads, _size.Dropout);

    /// <summary>[B, T, 3C] to [B, T, C].</summary>
    public static torch.Tensor Attend(torch.Tensor qkv, int heads, double dropout)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        long batch = qkv.shape[0], length = qkv.shape[1], c = qkv.shape[2] / 3;
        torch.Tensor[] parts = qkv.view(batch, length, 3, heads, c / heads).permute(2, 0, 3, 1, 4).unbind(0);
        return torch.nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], null, dropout)
            .transpose(1, 2).reshape(batch, length, c).MoveToOuterDisposeScope();
    }
}
