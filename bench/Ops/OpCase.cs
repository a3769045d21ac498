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

    /// <summary>Streams of random numbers: of what comes in and of what comes back, which are to differ.</summary>
    public const uint Values = 2, Gradients = 4;

    /// <summary>Added to LayerNorm's variance.</summary>
    public const double Eps = 1e-12;

    // Hardly any decay of the moments: after a thousand calls they would be subnormal numbers, as no training sees them.
    /// <summary>The optimizer's numbers.</summary>
    public static readonly AdamWOptions AdamWOptions = new(1e-6, 0.999999, 0.999999, 1e-8, 0.01, Step: 10);

    /// <summary>All operations.</summary>
    public static IEnumerable<string> Names { get; } = [.. With(1, 1, cases => cases.All.Select(op => op.Name).ToArray())];

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

    /// <summary>What an operation must move on operands of this size: its own call says it.</summary>
    public static Traffic TrafficOf(string name, int rows, int cols) => With(rows, cols, cases => cases[name].Traffic);

    public void Dispose() => _arena.Dispose();

    private IEnumerable<OpCase> Family(string name) =>
        name.Contains("layernorm") ? LayerNorms()
        : name.StartsWith("dropout") ? Dropouts()
        : name.StartsWith("embedding") ? Embeddings()
        : name.StartsWith("cross-entropy") ? CrossEntropies()
        : name is "adamw" or "sum of squares" or "add scaled" ? Flat()
        : Activations();

    private static T With<T>(int rows, int cols, Func<OpCases, T> read)
    {
        using var kernels = new ReferenceKernels<float>();
        using var cases = new OpCases(kernels, rows, cols);
        return read(cases);
    }

    private OpCase Case<TCall>(string name, Tensor result, TCall call) where TCall : struct, IKernelCall<TCall> =>
        new(name, call.Work.Traffic, result, () => _kernels.Run(call));

    private IEnumerable<OpCase> LayerNorms()
    {
        Tensor x = Normal(), y = Normal(), branch = Normal(), sum = Normal(), dx = Normal(), dbranch = Normal(), dy = Normal(Gradients);
        Tensor mean = Ones(_rows), rstd = Ones(_rows), weight = Ones(_cols), bias = Ones(_cols), dweight = Ones(_cols), dbias = Ones(_cols);
        var forward = new LayerNormForward { Y = y, Mean = mean, Rstd = rstd, X = x, Weight = weight, Bias = bias, Eps = Eps };
        _kernels.Run(forward); // The ways back need its mean and deviation.
        yield return Case("layernorm fwd", y, forward);
        yield return Case("layernorm bwd", dx, new LayerNormBackward
        {
            DX = dx, DWeight = dweight, DBias = dbias, DY = dy, X = x, Mean = mean, Rstd = rstd, Weight = weight,
        });
        var residual = new ResidualLayerNormForward
        {
            Y = y, Sum = sum, Mean = mean, Rstd = rstd, Residual = x, Branch = branch, Weight = weight, Bias = bias, Eps = Eps,
            Dropout = DropoutMask.None,
        };
        yield return Case("residual+layernorm fwd", y, residual);
        yield return Case("residual+dropout+layernorm fwd", y, residual with { Dropout = new DropoutMask(0.1, Seed: 1) });
        yield return Case("residual+dropout+layernorm bwd", dbranch, new ResidualLayerNormBackward
        {
            DResidual = dx, DBranch = dbranch, DWeight = dweight, DBias = dbias, DY = dy, Sum = sum, Mean = mean, Rstd = rstd,
            Weight = weight, Dropout = new DropoutMask(0.1, Seed: 1),
        });
    }

    private IEnumerable<OpCase> Activations()
    {
        Tensor x = Normal(), y = Normal(), dx = Normal(), dy = Normal(Gradients);
        foreach (Activation f in new[] { Activation.Gelu, Activation.GeluTanh, Activation.Tanh, Activation.Relu })
        {
            string name = f.ToString().ToLowerInvariant();
            yield return Case($"{name} fwd", y, new ActivationForward { Y = y, X = x, Activation = f });
            yield return Case($"{name} bwd", dx, new ActivationBackward { DX = dx, DY = dy, X = x, Activation = f });
        }
    }

    private IEnumerable<OpCase> Dropouts()
    {
        Tensor x = Normal(), y = Normal(), dx = Normal();
        var dropout = new DropoutMask(0.1, Seed: 1);
        yield return Case("dropout fwd", y, new DropoutForward { Y = y, X = x, Dropout = dropout });
        yield return Case("dropout bwd", dx, new DropoutBackward { DX = dx, DY = x, Dropout = dropout });
    }

    private IEnumerable<OpCase> Embeddings()
    {
        Tensor y = Normal(), word = _arena.Zeros(new(Words, _cols)), position = _arena.Zeros(new(512, _cols)), type = _arena.Zeros(new(2, _cols));
        Tensor ids = Indices(Words), positions = Indices(512), types = Indices(2);
        yield return Case("embedding fwd", y, new EmbeddingForward
        {
            Y = y, Word = word, Position = position, Type = type, Ids = ids, Positions = positions, Types = types,
        });
        yield return Case("embedding bwd", word, new EmbeddingBackward
        {
            DWord = word, DPosition = position, DType = type, DY = y, Ids = ids, Positions = positions, Types = types,
        });
    }

    private IEnumerable<OpCase> CrossEntropies()
    {
        Tensor logits = Normal(), probs = Normal(), dlogits = Normal(), losses = Ones(_rows), labels = Indices(_cols);
        yield return Case("cross-entropy fwd", probs, new CrossEntropyForward { Losses = losses, Probs = probs, Logits = logits, Labels = labels });
        yield return Case("cross-entropy bwd", dlogits, new CrossEntropyBackward { DLogits = dlogits, Probs = logits, Labels = labels, Scale = 1e-3 });
    }

    private IEnumerable<OpCase> Flat()
    {
        Tensor w = Normal(), g = Normal(), m = Normal(), v = Constant(1), x = Normal(), y = Normal(), total = Ones(1);
        yield return Case("adamw", w, new AdamW { Weight = w, Gradient = g, M = m, V = v, Options = AdamWOptions });
        yield return Case("sum of squares", total, new SumOfSquares { Total = total, X = x });
        yield return Case("add scaled", y, new AddScaled { Y = y, X = x, Scale = 1e-3 });
    }

    /// <summary>The values of every operand of the operations' size: a thousand normal draws, repeated, as they only have to be ordinary ones.</summary>
    /// <param name="count">How many.</param>
    /// <param name="stream">Which ones: <see cref="Values"/> or <see cref="Gradients"/>.</param>
    public static float[] NormalValues(int count, uint stream = Values)
    {
        var random = new PhiloxStream(1, stream);
        var draws = new float[1009];
        foreach (ref float draw in draws.AsSpan())
            draw = (float)random.NextNormal();
        var values = new float[count];
        for (int i = 0; i < values.Length; i++)
            values[i] = draws[i % draws.Length];
        return values;
    }

    private Tensor Normal(uint stream = Values) => _arena.Upload<float>(new(_rows, _cols), NormalValues(_rows * _cols, stream));

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
