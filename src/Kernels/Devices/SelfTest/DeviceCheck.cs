namespace BareBert.Kernels;

/// <summary>One operation of a device held against Reference.</summary>
/// <param name="Name">The operation.</param>
/// <param name="Error">The largest distance of an element from Reference's, over the root mean square of those.</param>
/// <param name="Allowed">The largest error that rounding explains.</param>
public sealed record DeviceCheck(string Name, double Error, double Allowed)
{
    private const int M = 130, N = 68, K = 96, Heads = 2, HeadSize = 32;

    // Ragged, and longer than a tile of the GPU's kernels.
    private static readonly int[] Offsets = [0, 17, 82, 83];

    /// <summary>Whether the device computes what it should; a NaN does not pass.</summary>
    public bool Passed => Error <= Allowed;

    /// <summary>Multiplies and attends, forward and backward, on the device and on Reference.</summary>
    /// <param name="device">The device.</param>
    /// <param name="precision">What it rounds the operands of multiplies to.</param>
    public static IReadOnlyList<DeviceCheck> Run(IKernels device, Precision precision = Precision.Fp32)
    {
        using var reference = new ReferenceKernels<float>();
        (float[] attention, float[] attentionGradient) = Attend(device);
        (float[] expected, float[] expectedGradient) = Attend(reference);
        return
        [
            Compare("multiply", Multiply(device), Multiply(reference), AllowedOf(precision)),
            Compare("attention", attention, expected, AllowedInAttention(precision)),
            Compare("attention backward", attentionGradient, expectedGradient, AllowedInAttention(precision)),
        ];
    }

    // Eight times an operand's half unit in the last place: elements are sums of many roundings, of which the worst is looked at.
    private static double AllowedOf(Precision precision) => precision switch
    {
        Precision.Bf16 => 8.0 / 512,
        Precision.Tf32 => 8.0 / 2048,
        _ => 1e-5,
    };

    // On tensor cores probabilities and their gradients are rounded too, and what comes out is several times smaller than the numbers it averages.
    private static double AllowedInAttention(Precision precision) => precision == Precision.Fp32 ? AllowedOf(precision) : 8 * AllowedOf(precision);

    private static DeviceCheck Compare(string name, float[] actual, float[] expected, double allowed)
    {
        double worst = 0, squares = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            worst = Math.Max(worst, Math.Abs((double)actual[i] - expected[i]));
            squares += (double)expected[i] * expected[i];
        }
        return new DeviceCheck(name, worst / Math.Sqrt(squares / expected.Length), allowed);
    }

    private static float[] Multiply(IKernels kernels)
    {
        using var arena = new Arena(kernels.Memory);
        Tensor c = arena.Zeros(new Shape(M, N)), a = Normal(arena, new Shape(M, K), 1), b = Normal(arena, new Shape(N, K), 2);
        kernels.Run(new MatrixMultiply { C = c, A = a, B = b, TransposeB = true });
        return c.ToArray<float>();
    }

    private static (float[] Y, float[] Gradient) Attend(IKernels kernels)
    {
        using var arena = new Arena(kernels.Memory);
        int tokens = Offsets[^1], c = Heads * HeadSize, longest = Offsets.Zip(Offsets.Skip(1), (start, end) => end - start).Max();
        Tensor qkv = Normal(arena, new Shape(tokens, 3 * c), 3), dy = Normal(arena, new Shape(tokens, c), 4);
        Tensor y = arena.Zeros(new Shape(tokens, c)), logSumExp = arena.Zeros(new Shape(tokens, Heads)), dqkv = arena.Zeros(qkv.Shape);
        Tensor offsets = arena.Upload<int>(new Shape(Offsets.Length), Offsets);
        var dropout = new DropoutMask(0.1, Seed: 1);
        kernels.Run(new AttentionForward
        {
            Y = y, LogSumExp = logSumExp, Qkv = qkv, Offsets = offsets, MaxLength = longest, Heads = Heads, Dropout = dropout,
        });
        kernels.Run(new AttentionBackward
        {
            DQkv = dqkv, DY = dy, Y = y, LogSumExp = logSumExp, Qkv = qkv, Offsets = offsets, MaxLength = longest, Heads = Heads,
            Dropout = dropout,
        });
        return (y.ToArray<float>(), dqkv.ToArray<float>());
    }

    private static Tensor Normal(Arena arena, Shape shape, uint stream)
    {
        var random = new PhiloxStream(5, stream);
        var values = new float[shape.Count];
        foreach (ref float value in values.AsSpan())
            value = (float)random.NextNormal();
        return arena.Upload<float>(shape, values);
    }
}
