using BareBert.Kernels;

namespace BareBert.Tests;

/// <summary>The operands of one attention, random but the same for the same sizes, and what forward and backward make of them.</summary>
internal sealed class AttentionCase
{
    private readonly int _heads;
    private readonly int[] _offsets;
    private readonly DropoutMask _dropout;

    public AttentionCase(int heads, int headSize, int[] lengths, double rate = 0, float scale = 1)
    {
        _heads = heads;
        HeadSize = headSize;
        _offsets = AttentionTrial.Offsets(lengths);
        _dropout = new DropoutMask(rate, Seed: 12345678901, Step: 3, Op: 5, FirstRow: 70);
        Qkv = Random(Tokens * 3 * C, 1, scale);
        Dy = Random(Tokens * C, 2, 1);
        DQkv = Random(Tokens * 3 * C, 3, 1);
    }

    public int HeadSize { get; }
    public int Tokens => _offsets[^1];
    public int C => _heads * HeadSize;

    /// <summary>[tokens, 3C].</summary>
    public float[] Qkv { get; }

    /// <summary>[tokens, C].</summary>
    public float[] Dy { get; }

    /// <summary>[tokens, C], once run.</summary>
    public float[] Y { get; private set; } = [];

    /// <summary>[tokens, heads], once run.</summary>
    public float[] LogSumExp { get; private set; } = [];

    /// <summary>[tokens, 3C]: before the run what the gradient is added to.</summary>
    public float[] DQkv { get; private set; }

    /// <summary>The same operands, not yet run.</summary>
    public AttentionCase Copy()
    {
        var copy = (AttentionCase)MemberwiseClone();
        copy.DQkv = [.. DQkv];
        return copy;
    }

    /// <summary>Runs both passes on kernels that it disposes of.</summary>
    public AttentionCase RunOn(IKernels kernels)
    {
        using IKernels open = kernels;
        using var arena = new Arena(kernels.Memory);
        int longest = _offsets.Skip(1).Zip(_offsets, (end, start) => end - start).Max();
        Tensor qkv = arena.Upload<float>(new Shape(Tokens, 3 * C), Qkv), dy = arena.Upload<float>(new Shape(Tokens, C), Dy);
        Tensor offsets = arena.Upload<int>(new Shape(_offsets.Length), _offsets);
        Tensor dqkv = arena.Upload<float>(new Shape(Tokens, 3 * C), DQkv);
        Tensor y = arena.Allocate(new Shape(Tokens, C)), logSumExp = arena.Allocate(new Shape(Tokens, _heads));
        kernels.Run(new AttentionForward
        {
            Y = y, LogSumExp = logSumExp, Qkv = qkv, Offsets = offsets, MaxLength = longest, Heads = _heads, Dropout = _dropout,
        });
        kernels.Run(new AttentionBackward
        {
            DQkv = dqkv, DY = dy, Y = y, LogSumExp = logSumExp, Qkv = qkv, Offsets = offsets, MaxLength = longest, Heads = _heads,
            Dropout = _dropout,
        });
        (Y, LogSumExp, DQkv) = (y.ToArray<float>(), logSumExp.ToArray<float>(), dqkv.ToArray<float>());
        return this;
    }

    private static float[] Random(int count, uint stream, float scale)
    {
        var random = new PhiloxStream(42, stream);
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = scale * (float)random.NextNormal();
        return values;
    }
}
