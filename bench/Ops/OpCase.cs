using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>One call of one operation, ready to be timed.</summary>
/// <param name="Name">Operation and direction.</param>
/// <param name="Traffic">What it must move at least.</param>
/// <param name="Call">Makes the call.</param>
public sealed record OpCase(string Name, Traffic Traffic, Action Call);

/// <summary>The operations that compute little and move much, on [rows, cols] operands of one device.</summary>
public sealed class OpCases : IDisposable
{
    private const int Words = 30_522;
    private const double Eps = 1e-12;

    private readonly IKernels _kernels;
    private readonly Arena _arena;
    private readonly int _rows, _cols;

    public OpCases(IKernels kernels, int rows, int cols)
    {
        (_kernels, _rows, _cols) = (kernels, rows, cols);
        _arena = new Arena(kernels.Memory);
        All = [.. LayerNorms(), .. Activations(), .. Dropouts(), .. Embeddings(), .. CrossEntropies(), .. Flat()];
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<OpCase> All { get; }

    public void Dispose() => _arena.Dispose();

    private Traffic Moves(int read, int written, int updated) =>
        new(4.0 * read * _rows * _cols, 4.0 * written * _rows * _cols, 4.0 * updated * _rows * _cols);

    private IEnumerable<OpCase> LayerNorms()
    {
        IKernels k = _kernels;
        Tensor x = Normal(), y = Normal(), branch = Normal(), sum = Normal(), dx = Normal(), dbranch = Normal();
        Tensor mean = Vector(_rows), rstd = Vector(_rows), weight = Vector(_cols), bias = Vector(_cols), dweight = Vector(_cols), dbias = Vector(_cols);
        var dropout = new DropoutMask(0.1, Seed: 1);
        yield return new("layernorm fwd", Moves(1, 1, 0), () => k.LayerNormForward(y, mean, rstd, x, weight, bias, Eps));
        yield return new("layernorm bwd", Moves(2, 0, 1), () => k.LayerNormBackward(dx, dweight, dbias, y, x, mean, rstd, weight));
        yield return new("residual+layernorm fwd", Moves(2, 2, 0), () => k.ResidualLayerNormForward(y, sum, mean, rstd, x, branch, weight, bias, Eps, default));
        yield return new("residual+dropout+layernorm fwd", Moves(2, 2, 0), () => k.ResidualLayerNormForward(y, sum, mean, rstd, x, branch, weight, bias, Eps, dropout));
        yield return new("residual+dropout+layernorm bwd", Moves(2, 0, 2), () =>
            k.ResidualLayerNormBackward(dx, dbranch, dweight, dbias, y, sum, mean, rstd, weight, dropout));
    }

    private IEnumerable<OpCase> Activations()
    {
        IKernels k = _kernels;
        Tensor x = Normal(), y = Normal(), dx = Normal();
        foreach (Activation f in new[] { Activation.Gelu, Activation.GeluTanh, Activation.Tanh, Activation.Relu })
        {
            string name = f.ToString().ToLowerInvariant();
            yield return new($"{name} fwd", Moves(1, 1, 0), () => k.ActivationForward(y, x, f));
            yield return new($"{name} bwd", Moves(2, 0, 1), () => k.ActivationBackward(dx, y, x, f));
        }
    }

    private IEnumerable<OpCase> Dropouts()
    {
        IKernels k = _kernels;
        Tensor x = Normal(), y = Normal();
        var dropout = new DropoutMask(0.1, Seed: 1);
        yield return new("dropout fwd", Moves(1, 1, 0), () => k.DropoutForward(y, x, dropout));
        yield return new("dropout bwd", Moves(1, 0, 1), () => k.DropoutBackward(y, x, dropout));
    }

    private IEnumerable<OpCase> Embeddings()
    {
        IKernels k = _kernels;
        Tensor y = Normal(), word = _arena.Zeros(new(Words, _cols)), position = _arena.Zeros(new(512, _cols)), type = _arena.Zeros(new(2, _cols));
        Tensor ids = Indices(Words), positions = Indices(512), types = Indices(2);
        yield return new("embedding fwd", Moves(1, 1, 0), () => k.EmbeddingForward(y, word, position, type, ids, positions, types));
        yield return new("embedding bwd", Moves(1, 0, 1), () => k.EmbeddingBackward(word, position, type, y, ids, positions, types));
    }

    private IEnumerable<OpCase> CrossEntropies()
    {
        IKernels k = _kernels;
        Tensor logits = Normal(), probs = Normal(), dlogits = Normal(), losses = Vector(_rows), labels = Indices(_cols);
        yield return new("cross-entropy fwd", Moves(1, 1, 0), () => k.CrossEntropyForward(losses, probs, logits, labels));
        yield return new("cross-entropy bwd", Moves(1, 0, 1), () => k.CrossEntropyBackward(dlogits, probs, labels, 1e-3));
    }

    private IEnumerable<OpCase> Flat()
    {
        IKernels k = _kernels;
        Tensor w = Normal(), g = Normal(), m = Normal(), v = _arena.Zeros(new(_rows, _cols)), total = Vector(1);
        var options = new AdamWOptions(1e-4, 0.9, 0.999, 1e-8, 0.01, Step: 10);
        yield return new("adamw", Moves(0, 0, 4), () => k.AdamW(w, g, m, v, default, options));
        yield return new("sum of squares", Moves(1, 0, 0), () => k.SumOfSquares(total, w));
        yield return new("add scaled", Moves(1, 0, 1), () => k.AddScaled(w, m, 1e-3));
    }

    private Tensor Normal()
    {
        // A thousand draws, repeated: the values only have to be ordinary ones.
        var random = new PhiloxStream(1, 2);
        var draws = new float[1009];
        foreach (ref float draw in draws.AsSpan())
            draw = (float)random.NextNormal();
        Tensor tensor = _arena.Allocate(new(_rows, _cols));
        var values = new float[_rows * _cols];
        for (int i = 0; i < values.Length; i++)
            values[i] = draws[i % draws.Length];
        tensor.Upload<float>(values);
        return tensor;
    }

    private Tensor Vector(int count)
    {
        Tensor tensor = _arena.Allocate(new(count));
        tensor.Upload<float>(Enumerable.Repeat(1f, count).ToArray());
        return tensor;
    }

    private Tensor Indices(int limit)
    {
        var random = new PhiloxStream(1, 3);
        var values = new int[_rows];
        foreach (ref int value in values.AsSpan())
            value = random.NextInt(limit);
        return _arena.Upload<int>(new(_rows), values);
    }
}
