using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>One call of one operation, ready to be timed.</summary>
/// <param name="Name">Operation and direction.</param>
/// <param name="Traffic">What it must move at least.</param>
/// <param name="Result">The tensor that it writes last, for checking.</param>
/// <param name="Call">Makes the call.</param>
public sealed record OpCase(string Name, Traffic Traffic, Tensor Result, Action Call);

/// <summary>The operations that compute little and move much, on [rows, cols] operands of one device.</summary>
public sealed class OpCases : IDisposable
{
    private const int Words = 30_522;
    private const double Eps = 1e-12;

    // How often each reads, writes and updates in place a whole [rows, cols] matrix.
    private static readonly Dictionary<string, (int Read, int Written, int Updated)> Moves = new()
    {
        ["layernorm fwd"] = (1, 1, 0),
        ["layernorm bwd"] = (2, 0, 1),
        ["residual+layernorm fwd"] = (2, 2, 0),
        ["residual+dropout+layernorm fwd"] = (2, 2, 0),
        ["residual+dropout+layernorm bwd"] = (2, 0, 2),
        ["gelu fwd"] = (1, 1, 0),
        ["gelu bwd"] = (2, 0, 1),
        ["gelutanh fwd"] = (1, 1, 0),
        ["gelutanh bwd"] = (2, 0, 1),
        ["tanh fwd"] = (1, 1, 0),
        ["tanh bwd"] = (2, 0, 1),
        ["relu fwd"] = (1, 1, 0),
        ["relu bwd"] = (2, 0, 1),
        ["dropout fwd"] = (1, 1, 0),
        ["dropout bwd"] = (1, 0, 1),
        ["embedding fwd"] = (1, 1, 0),
        ["embedding bwd"] = (1, 0, 1),
        ["cross-entropy fwd"] = (1, 1, 0),
        ["cross-entropy bwd"] = (1, 0, 1),
        ["adamw"] = (0, 0, 4),
        ["sum of squares"] = (1, 0, 0),
        ["add scaled"] = (1, 0, 1),
    };

    /// <summary>All operations.</summary>
    public static IEnumerable<string> Names => Moves.Keys;

    private readonly IKernels _kernels;
    private readonly Arena _arena;
    private readonly int _rows, _cols;

    public OpCases(IKernels kernels, int rows, int cols)
    {
        (_kernels, _rows, _cols) = (kernels, rows, cols);
        _arena = new Arena(kernels.Memory);
    }

    /// <summary>All of them, each family with operands of its own.</summary>
    public IEnumerable<OpCase> All => [.. LayerNorms(), .. Activations(), .. Dropouts(), .. Embeddings(), .. CrossEntropies(), .. Flat()];

    /// <summary>One of them, with the operands of its family only.</summary>
    public OpCase this[string name] => Family(name).Single(op => op.Name == name);

    /// <summary>What an operation must move on operands of this size.</summary>
    public static Traffic TrafficOf(string name, int rows, int cols)
    {
        double bytes = (double)rows * cols * sizeof(float);
        (int read, int written, int updated) = Moves[name];
        return new Traffic(read * bytes, written * bytes, updated * bytes);
    }

    public void Dispose() => _arena.Dispose();

    private IEnumerable<OpCase> Family(string name) =>
        name.Contains("layernorm") ? LayerNorms()
        : name.StartsWith("dropout") ? Dropouts()
        : name.StartsWith("embedding") ? Embeddings()
        : name.StartsWith("cross-entropy") ? CrossEntropies()
        : name is "adamw" or "sum of squares" or "add scaled" ? Flat()
        : Activations();

    private OpCase Case(string name, Tensor result, Action call) => new(name, TrafficOf(name, _rows, _cols), result, call);

    private IEnumerable<OpCase> LayerNorms()
    {
        IKernels k = _kernels;
        Tensor x = Normal(), y = Normal(), branch = Normal(), sum = Normal(), dx = Normal(), dbranch = Normal();
        Tensor mean = Ones(_rows), rstd = Ones(_rows), weight = Ones(_cols), bias = Ones(_cols), dweight = Ones(_cols), dbias = Ones(_cols);
        var dropout = new DropoutMask(0.1, Seed: 1);
        yield return Case("layernorm fwd", y, () => k.Run(new LayerNormForward
        {
            Y = y, Mean = mean, Rstd = rstd, X = x, Weight = weight, Bias = bias, Eps = Eps,
        }));
        yield return Case("layernorm bwd", dx, () => k.Run(new LayerNormBackward
        {
            DX = dx, DWeight = dweight, DBias = dbias, DY = branch, X = x, Mean = mean, Rstd = rstd, Weight = weight,
        }));
        yield return Case("residual+layernorm fwd", y, () =>
            k.Run(new ResidualLayerNormForward
            {
                Y = y, Sum = sum, Mean = mean, Rstd = rstd, Residual = x, Branch = branch, Weight = weight, Bias = bias, Eps = Eps,
                Dropout = DropoutMask.None,
            }));
        yield return Case("residual+dropout+layernorm fwd", y, () =>
            k.Run(new ResidualLayerNormForward
            {
                Y = y, Sum = sum, Mean = mean, Rstd = rstd, Residual = x, Branch = branch, Weight = weight, Bias = bias, Eps = Eps,
                Dropout = dropout,
            }));
        yield return Case("residual+dropout+layernorm bwd", dbranch, () =>
            k.Run(new ResidualLayerNormBackward
            {
                DResidual = dx, DBranch = dbranch, DWeight = dweight, DBias = dbias, DY = branch, Sum = sum, Mean = mean, Rstd = rstd,
                Weight = weight, Dropout = dropout,
            }));
    }

    private IEnumerable<OpCase> Activations()
    {
        IKernels k = _kernels;
        Tensor x = Normal(), y = Normal(), dx = Normal(), dy = Normal();
        foreach (Activation f in new[] { Activation.Gelu, Activation.GeluTanh, Activation.Tanh, Activation.Relu })
        {
            string name = f.ToString().ToLowerInvariant();
            yield return Case($"{name} fwd", y, () => k.ActivationForward(y, x, f));
            yield return Case($"{name} bwd", dx, () => k.ActivationBackward(dx, dy, x, f));
        }
    }

    private IEnumerable<OpCase> Dropouts()
    {
        IKernels k = _kernels;
        Tensor x = Normal(), y = Normal(), dx = Normal();
        var dropout = new DropoutMask(0.1, Seed: 1);
        yield return Case("dropout fwd", y, () => k.DropoutForward(y, x, dropout));
        yield return Case("dropout bwd", dx, () => k.DropoutBackward(dx, x, dropout));
    }

    private IEnumerable<OpCase> Embeddings()
    {
        IKernels k = _kernels;
        Tensor y = Normal(), word = _arena.Zeros(new(Words, _cols)), position = _arena.Zeros(new(512, _cols)), type = _arena.Zeros(new(2, _cols));
        Tensor ids = Indices(Words), positions = Indices(512), types = Indices(2);
        yield return Case("embedding fwd", y, () => k.EmbeddingForward(y, word, position, type, ids, positions, types));
        yield return Case("embedding bwd", word, () => k.EmbeddingBackward(word, position, type, y, ids, positions, types));
    }

    private IEnumerable<OpCase> CrossEntropies()
    {
        IKernels k = _kernels;
        Tensor logits = Normal(), probs = Normal(), dlogits = Normal(), losses = Ones(_rows), labels = Indices(_cols);
        yield return Case("cross-entropy fwd", probs, () => k.CrossEntropyForward(losses, probs, logits, labels));
        yield return Case("cross-entropy bwd", dlogits, () => k.CrossEntropyBackward(dlogits, logits, labels, 1e-3));
    }

    private IEnumerable<OpCase> Flat()
    {
        IKernels k = _kernels;
        Tensor w = Normal(), g = Normal(), m = Normal(), v = Constant(1), x = Normal(), y = Normal(), total = Ones(1);
        // Hardly any decay of the moments: after a thousand calls they would be subnormal numbers, as no training sees them.
        var options = new AdamWOptions(1e-6, 0.999999, 0.999999, 1e-8, 0.01, Step: 10);
        yield return Case("adamw", w, () => k.AdamW(w, g, m, v, default, options));
        yield return Case("sum of squares", total, () => k.SumOfSquares(total, x));
        yield return Case("add scaled", y, () => k.AddScaled(y, x, 1e-3));
    }

    private Tensor Normal()
    {
        // A thousand draws, repeated: the values only have to be ordinary ones.
        var random = new PhiloxStream(1, 2);
        var draws = new float[1009];
        foreach (ref float draw in draws.AsSpan())
            draw = (float)random.NextNormal();
        var values = new float[_rows * _cols];
        for (int i = 0; i < values.Length; i++)
            values[i] = draws[i % draws.Length];
        return _arena.Upload<float>(new(_rows, _cols), values);
    }

    private Tensor Constant(float value)
    {
        var values = new float[_rows * _cols];
        Array.Fill(values, value);
        return _arena.Upload<float>(new(_rows, _cols), values);
    }

    private Tensor Ones(int count)
    {
        var values = new float[count];
        Array.Fill(values, 1);
        return _arena.Upload<float>(new(count), values);
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
