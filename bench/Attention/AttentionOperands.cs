using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>Attention over sequences of one length: 4·T²·D flops for each head forward, 10·T²·D backward.</summary>
/// <param name="Tokens">Tokens of all sequences.</param>
/// <param name="Length">T.</param>
/// <param name="Heads">H.</param>
/// <param name="HeadSize">D.</param>
/// <param name="Backward">Which pass.</param>
/// <param name="Dropout">Rate of dropout on the probabilities.</param>
public sealed record AttentionSize(int Tokens, int Length, int Heads, int HeadSize, bool Backward, double Dropout) : IWork
{
    public double Flops => (Backward ? 10.0 : 4.0) * (Tokens / Length) * Heads * Length * Length * HeadSize;

    public Traffic Traffic => default;

    public bool IsQuick => Length is 128 or 512;

    public override string ToString() => $"{(Backward ? "backward" : "forward")} T={Length} dropout {Dropout}";
}

/// <summary>The tensors of one attention, random, on the kernels that compute it.</summary>
public sealed class AttentionOperands : IDisposable
{
    private readonly IKernels _kernels;
    private readonly Arena _arena;
    private readonly Tensor _qkv, _dqkv, _y, _dy, _logSumExp, _offsets;
    private readonly AttentionSize _size;

    public AttentionOperands(IKernels kernels, AttentionSize size)
    {
        (_kernels, _size) = (kernels, size);
        int sequences = size.Tokens / size.Length, tokens = sequences * size.Length, c = size.Heads * size.HeadSize;
        _arena = new Arena(kernels.Memory);
        _qkv = Random(new Shape(tokens, 3 * c), 1);
        _dy = Random(new Shape(tokens, c), 2);
        _dqkv = _arena.Zeros(new Shape(tokens, 3 * c));
        _y = _arena.Zeros(new Shape(tokens, c));
        _logSumExp = _arena.Zeros(new Shape(tokens, size.Heads));
        _offsets = _arena.Upload<int>(new Shape(sequences + 1), [.. Enumerable.Range(0, sequences + 1).Select(i => i * size.Length)]);
        Forward();
    }

    /// <summary>[tokens, 3C]: queries, keys and values side by side.</summary>
    public Tensor Qkv => _qkv;

    /// <summary>[tokens, C]: the gradient of what comes out.</summary>
    public Tensor DY => _dy;

    /// <summary>What the pass writes: [tokens, C], or backward [tokens, 3C].</summary>
    public Tensor Result => _size.Backward ? _dqkv : _y;

    /// <summary>The pass that the size names.</summary>
    public void Run()
    {
        if (_size.Backward)
            _kernels.Run(new AttentionBackward
            {
                DQkv = _dqkv, DY = _dy, Y = _y, LogSumExp = _logSumExp, Qkv = _qkv, Offsets = _offsets, MaxLength = _size.Length,
                Heads = _size.Heads, Dropout = Mask,
            });
        else
            Forward();
    }

    /// <summary>The sum of what the pass wrote: equal sums on two devices say that they computed the same.</summary>
    public double CheckSum()
    {
        _dqkv.Zero();
        Run();
        return Result.ToArray<float>().Sum(x => Math.Abs((double)x));
    }

    public void Dispose()
    {
        _arena.Dispose();
        _kernels.Dispose();
    }

    private DropoutMask Mask => new(_size.Dropout, Seed: 1);

    private void Forward() => _kernels.Run(new AttentionForward
    {
        Y = _y, LogSumExp = _logSumExp, Qkv = _qkv, Offsets = _offsets, MaxLength = _size.Length, Heads = _size.Heads, Dropout = Mask,
    });

    private Tensor Random(Shape shape, uint stream)
    {
        var random = new PhiloxStream(7, stream);
        var values = new float[shape.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)random.NextNormal();
        return _arena.Upload<float>(shape, values);
    }
}
