using BareBert.Kernels;

namespace BareBert.Tests;

/// <summary>What one vocabulary cross-entropy gave; the gradients are empty where none were asked for.</summary>
internal sealed record VocabularyResult(float[] Losses, int[] Predictions, float[] DX, float[] DWeight, float[] DBias);

/// <summary>The operands of one vocabulary cross-entropy, random but the same for the same sizes.</summary>
internal sealed class VocabularyCase
{
    private readonly int _rows;
    private readonly int _v;
    private readonly int _c;

    public VocabularyCase(int rows, int v, int c)
    {
        (_rows, _v, _c) = (rows, v, c);
        X = Random(rows * c, 1);
        Weight = Random(v * c, 2);
        Bias = Random(v, 3);
        var random = new PhiloxStream(42, 4);
        Labels = new int[rows];
        for (int i = 0; i < rows; i++)
            Labels[i] = random.NextInt(v);
    }

    public float[] X { get; }
    public float[] Weight { get; }
    public float[] Bias { get; }
    public int[] Labels { get; }

    /// <summary>What the weights are multiplied by.</summary>
    public float Magnitude { get; init; } = 1;

    /// <summary>Runs it on kernels that it disposes of; gradients are added to what a previous step left: 0.5 everywhere.</summary>
    public VocabularyResult RunOn(IKernels kernels, bool gradients = true)
    {
        using IKernels open = kernels;
        using var arena = new Arena(kernels.Memory);
        Tensor x = arena.Upload<float>(new Shape(_rows, _c), X);
        Tensor weight = arena.Upload<float>(new Shape(_v, _c), [.. Weight.Select(w => w * Magnitude)]);
        Tensor bias = arena.Upload<float>(new Shape(_v), Bias), labels = arena.Upload<int>(new Shape(_rows), Labels);
        Tensor losses = arena.Allocate(new Shape(_rows)), predictions = arena.Allocate(new Shape(_rows), DType.Int32);
        Tensor dx = gradients ? Halves(arena, x.Shape) : default, dweight = gradients ? Halves(arena, weight.Shape) : default;
        Tensor dbias = gradients ? Halves(arena, bias.Shape) : default;
        kernels.Run(new VocabularyLoss
        {
            Losses = losses, Predictions = predictions, DX = dx, DWeight = dweight, DBias = dbias, X = x, Weight = weight, Bias = bias,
            Labels = labels, Scale = 0.25,
        });
        return new VocabularyResult(losses.ToArray<float>(), predictions.ToArray<int>(), Values(dx), Values(dweight), Values(dbias));
    }

    private static Tensor Halves(Arena arena, Shape shape)
    {
        var values = new float[shape.Count];
        Array.Fill(values, 0.5f);
        return arena.Upload<float>(shape, values);
    }

    private static float[] Values(Tensor tensor) => tensor.IsNone ? [] : tensor.ToArray<float>();

    private static float[] Random(int count, uint stream)
    {
        var random = new PhiloxStream(42, stream);
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)random.NextNormal();
        return values;
    }
}
