using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>Reference against a second truth: identities and numbers worked out by other means.</summary>
public sealed class ReferenceKernelsTests : IDisposable
{
    private readonly ReferenceKernels<double> _kernels = new();
    private readonly Arena _arena;

    public ReferenceKernelsTests() => _arena = new Arena(_kernels.Memory);

    // Abramowitz and Stegun, table 7.1; and by symmetry.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.5, 0.5204998778)]
    [InlineData(1, 0.8427007929)]
    [InlineData(-1, -0.8427007929)]
    [InlineData(2, 0.9953222650)]
    [InlineData(6, 1)]
    public void ErfHasItsTabulatedValues(double x, double expected) => Close(expected, SpecialFunctions.Erf(x), 6e-11);

    [Fact]
    public void ErfIsContinuousWhereTheMethodChanges() =>
        Close(SpecialFunctions.Erf(3 - 1e-9), SpecialFunctions.Erf(3 + 1e-9), 1e-12);

    // σ(1) = 0.7310585786, σ(1.702) = 0.8457957659, σ(−2) = 0.1192029220; by hand.
    [Theory]
    [InlineData(Activation.Silu, 1, 0.7310585786)]
    [InlineData(Activation.Silu, -2, -0.2384058440)]
    [InlineData(Activation.QuickGelu, 1, 0.8457957659)]
    [InlineData(Activation.QuickGelu, 0, 0)]
    public void GatesHaveTheirValues(Activation activation, double x, double expected) => Close(expected, ActivationFunctions.Value(activation, x), 1e-9);

    [Fact]
    public void DerivativesAreDifferences()
    {
        foreach (Activation f in new[] { Activation.None, Activation.Gelu, Activation.GeluTanh, Activation.Tanh, Activation.Relu, Activation.Silu, Activation.QuickGelu })
        {
            for (double x = -5.05; x < 5; x += 0.1)
            {
                double difference = (ActivationFunctions.Value(f, x + 1e-5) - ActivationFunctions.Value(f, x - 1e-5)) / 2e-5;
                Close(difference, ActivationFunctions.Derivative(f, x), 1e-9);
            }
        }
    }

    [Fact]
    public void MatMulOfASmallExample()
    {
        Tensor a = Doubles(new(2, 3), 1, 2, 3, 4, 5, 6), b = Doubles(new(3, 2), 7, 8, 9, 10, 11, 12), c = Doubles(new(2, 2), 100, 0, 0, 0);
        _kernels.Run(new MatrixMultiply { C = c, A = a, B = b, Accumulate = true });
        Assert.Equal([158, 64, 139, 154], c.ToArray<double>());
        Tensor at = Doubles(new(3, 2), 1, 4, 2, 5, 3, 6), bt = Doubles(new(2, 3), 7, 9, 11, 8, 10, 12);
        _kernels.Run(new MatrixMultiply { C = c, A = at, B = bt, TransposeA = true, TransposeB = true });
        Assert.Equal([58, 64, 139, 154], c.ToArray<double>());
    }

    [Fact]
    public void LayerNormHasMeanZeroAndVarianceOne()
    {
        Tensor x = Doubles(new(1, 4), 1, 2, 3, 6), y = Doubles(new(1, 4), 0, 0, 0, 0), mean = Doubles(new(1), 0), rstd = Doubles(new(1), 0);
        _kernels.Run(new LayerNormForward
        {
            Y = y, Mean = mean, Rstd = rstd, X = x, Weight = Doubles(new(4), 1, 1, 1, 1), Bias = Doubles(new(4), 0, 0, 0, 0), Eps = 0,
        });
        Close(3, mean.ToArray<double>()[0], 1e-15);
        Close(1 / Math.Sqrt(3.5), rstd.ToArray<double>()[0], 1e-15);
        Close(0, y.ToArray<double>().Sum(), 1e-14);
        Close(4, y.ToArray<double>().Sum(v => v * v), 1e-14);
    }

    [Fact]
    public void CrossEntropyOfEvenOddsIsLogOfClasses()
    {
        Tensor losses = Doubles(new(2), 0, 0), probs = Doubles(new(2, 4), 0, 0, 0, 0, 0, 0, 0, 0), logits = Doubles(new(2, 4), 5, 5, 5, 5, 1, 1, 1, 1);
        Tensor labels = _arena.Upload<int>(new(2), [2, Labels.Ignore]);
        _kernels.Run(new CrossEntropyForward { Losses = losses, Probs = probs, Logits = logits, Labels = labels, Smoothing = 0.3 });
        Close(Math.Log(4), losses.ToArray<double>()[0], 1e-14);
        Assert.Equal(0, losses.ToArray<double>()[1]);
        Assert.All(probs.ToArray<double>(), p => Close(0.25, p, 1e-15));
    }

    [Fact]
    public void VocabularyCrossEntropyIsItsParts()
    {
        const int Rows = 5, V = 7, C = 3;
        Tensor x = Normal(new(Rows, C)), weight = Normal(new(V, C)), bias = Normal(new(V)), labels = _arena.Upload<int>(new(Rows), [0, 6, 3, 3, 1]);
        Tensor losses = Zeros(new(Rows)), dx = Zeros(new(Rows, C)), dweight = Zeros(new(V, C)), dbias = Zeros(new(V));
        _kernels.Run(new VocabularyLoss
        {
            Losses = losses, DX = dx, DWeight = dweight, DBias = dbias, X = x, Weight = weight, Bias = bias, Labels = labels,
            Scale = 0.2,
        });
        Tensor logits = Zeros(new(Rows, V)), probs = Zeros(new(Rows, V)), dlogits = Zeros(new(Rows, V)), losses2 = Zeros(new(Rows));
        Tensor dx2 = Zeros(new(Rows, C)), dweight2 = Zeros(new(V, C)), dbias2 = Zeros(new(V));
        _kernels.Run(new LinearForward { Y = logits, X = x, Weight = weight, Bias = bias });
        _kernels.Run(new CrossEntropyForward { Losses = losses2, Probs = probs, Logits = logits, Labels = labels });
        _kernels.Run(new CrossEntropyBackward { DLogits = dlogits, Probs = probs, Labels = labels, Scale = 0.2 });
        _kernels.Run(new LinearBackward { DX = dx2, DWeight = dweight2, DBias = dbias2, DY = dlogits, X = x, Weight = weight });
        foreach ((Tensor one, Tensor two) in new[] { (losses, losses2), (dx, dx2), (dweight, dweight2), (dbias, dbias2) })
            Assert.All(one.ToArray<double>().Zip(two.ToArray<double>()), pair => Close(pair.First, pair.Second, 1e-14));
    }

    [Fact]
    public void AttentionToOneTokenIsItsValue()
    {
        Tensor qkv = Normal(new(2, 12)), y = Zeros(new(2, 4)), lse = Zeros(new(2, 2)), offsets = _arena.Upload<int>(new(3), [0, 1, 2]);
        _kernels.Run(new AttentionForward
        {
            Y = y, LogSumExp = lse, Qkv = qkv, Offsets = offsets, MaxLength = 1, Heads = 2, Dropout = DropoutMask.None,
        });
        double[] all = qkv.ToArray<double>();
        Assert.Equal([.. all[8..12], .. all[20..24]], y.ToArray<double>());
    }

    [Fact]
    public void AttentionWithEqualKeysIsTheMeanOfValues()
    {
        Tensor qkv = Normal(new(3, 6)), y = Zeros(new(3, 2)), lse = Zeros(new(3, 1)), offsets = _arena.Upload<int>(new(2), [0, 3]);
        Span<double> all = qkv.Span<double>();
        for (int token = 0; token < 3; token++)
            (all[token * 6 + 2], all[token * 6 + 3]) = (0.5, -1);
        _kernels.Run(new AttentionForward
        {
            Y = y, LogSumExp = lse, Qkv = qkv, Offsets = offsets, MaxLength = 3, Heads = 1, Dropout = DropoutMask.None,
        });
        for (int d = 0; d < 2; d++)
        {
            double mean = (all[4 + d] + all[10 + d] + all[16 + d]) / 3;
            for (int token = 0; token < 3; token++)
                Close(mean, y.ToArray<double>()[token * 2 + d], 1e-14);
        }
    }

    [Fact]
    public void FirstAdamWStepMovesEveryWeightByTheLearningRate()
    {
        Tensor w = Doubles(new(3), 1, 2, 3), g = Doubles(new(3), 0.5, -4, 1e-3), m = Zeros(new(3)), v = Zeros(new(3));
        _kernels.Run(new AdamW { Weight = w, Gradient = g, M = m, V = v, Options = new AdamWOptions(0.01, 0.9, 0.999, 0, 0.1, 1) });
        // Decay takes 0.001 of each; m̂/√v̂ is the gradient's sign.
        Assert.All(w.ToArray<double>().Zip([0.999 - 0.01, 1.998 + 0.01, 2.997 - 0.01]), pair => Close(pair.Second, pair.First, 1e-12));
        Assert.Equal([0, 0, 0], g.ToArray<double>());
    }

    [Fact]
    public void ClippingScalesDownToTheNorm()
    {
        var options = new AdamWOptions(0.01, 0.9, 0.999, 0, 0, 1, ClipNorm: 1);
        Close(0.2, options.ClipFactor(25), 1e-6);
        Assert.Equal(1, options.ClipFactor(0.25));
        Assert.Equal(1, (options with { ClipNorm = 0 }).ClipFactor(25));
    }

    public void Dispose()
    {
        _arena.Dispose();
        _kernels.Dispose();
    }

    private static void Close(double expected, double actual, double tolerance) =>
        Assert.True(Math.Abs(actual - expected) <= tolerance, $"{actual:R} is not {expected:R} within {tolerance}");

    private Tensor Doubles(Shape shape, params double[] values) => _arena.Upload<double>(shape, values);

    private Tensor Zeros(Shape shape) => _arena.Zeros(shape, DType.Float64);

    private Tensor Normal(Shape shape)
    {
        var random = new PhiloxStream((ulong)shape.Count, 5);
        var values = new double[shape.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = random.NextNormal();
        return _arena.Upload<double>(shape, values);
    }
}
