using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>The tensors of one attention over sequences of one length, random, and its flops.</summary>
public sealed class AttentionOperands : IDisposable
{
    private readonly Arena _arena;
    private readonly Tensor _qkv, _dqkv, _y, _dy, _logSumExp, _offsets;
    private readonly int _length;
    private readonly int _heads;
    private readonly DropoutMask _dropout;

    public AttentionOperands(DeviceMemory memory, int sequences, int length, int heads, int headSize, double rate)
    {
        (_length, _heads, _dropout) = (length, heads, new DropoutMask(rate, Seed: 1));
        int tokens = sequences * length, c = heads * headSize;
        _arena = new Arena(memory);
        _qkv = Random(new Shape(tokens, 3 * c), 1);
        _dy = Random(new Shape(tokens, c), 2);
        _dqkv = _arena.Zeros(new Shape(tokens, 3 * c));
        _y = _arena.Zeros(new Shape(tokens, c));
        _logSumExp = _arena.Zeros(new Shape(tokens, heads));
        _offsets = _arena.Upload<int>(new Shape(sequences + 1), [.. Enumerable.Range(0, sequences + 1).Select(i => i * length)]);
        ForwardFlops = 4.0 * sequences * heads * length * length * headSize;
    }

    public double ForwardFlops { get; }

    public double BackwardFlops => 2.5 * ForwardFlops;

    public void Forward(CpuKernels kernels) => kernels.AttentionForward(_y, _logSumExp, _qkv, _offsets, _length, _heads, _dropout);

    public void Backward(CpuKernels kernels) =>
        kernels.AttentionBackward(_dqkv, _dy, _y, _logSumExp, _qkv, _offsets, _length, _heads, _dropout);

    public void Dispose() => _arena.Dispose();

    private Tensor Random(Shape shape, uint stream)
    {
        var random = new PhiloxStream(7, stream);
        var values = new float[shape.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)random.NextNormal();
        return _arena.Upload<float>(shape, values);
    }
}
