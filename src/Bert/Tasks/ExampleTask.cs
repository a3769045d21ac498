using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>How a model is trained on examples.</summary>
/// <param name="BatchSize">Examples of a batch.</param>
/// <param name="Accumulate">Batches of a step.</param>
/// <param name="Seed">Order of the examples.</param>
/// <param name="FeatureCache">
/// The encoder is frozen: it runs once over the examples, without dropout, and what it says is kept in up to so many bytes of
/// memory. Examples beyond that are run each time. Null: it is not frozen.
/// </param>
public record ExampleTraining(int BatchSize, int Accumulate, ulong Seed, long? FeatureCache = null)
{
    /// <summary>Parts that a batch is cut into; divides <see cref="BatchSize"/>.</summary>
    public int Cut { get; init; } = 1;

    /// <summary>The processes that share the work out.</summary>
    public IProcessGroup Group { get; init; } = OneProcess.Instance;
}

/// <summary>Training on examples that are sequences of tokens, one each or as many each: order, windows, micro-batches and the loss; what the loss is, is the task's.</summary>
public abstract class ExampleTask : ITrainingTask
{
    private readonly IReadOnlyList<TokenSequence> _sequences;
    private readonly ExampleTraining _training;
    private readonly int _perExample;
    private readonly Arena _fixed;
    private readonly Tensor _total;
    private readonly PackedBatch _batch = new();
    private readonly List<TokenSequence> _chosen = [];
    private readonly Metric[] _losses = new Metric[1];
    private readonly int[] _lengths;
    private int[] _order = [];
    private int _epoch, _next, _windowStart, _windowEnd;

    private protected ExampleTask(IKernels kernels, BertModel model, IReadOnlyList<TokenSequence> sequences, HeadReading reading, ExampleTraining training, int perExample = 1)
    {
        (Model, _sequences, _training, _perExample) = (model, sequences, training, perExample);
        Inputs = training.FeatureCache is long memory ? new FrozenInputs(model, reading, memory) { Group = training.Group } : new HeadInputs(model, reading) { Group = training.Group };
        _fixed = new Arena(kernels.Memory);
        _total = _fixed.Zeros(new Shape(1), kernels.ElementType);
        _lengths = [.. sequences.Chunk(perExample).Select(example => example.Sum(s => s.Length))];
    }

    /// <inheritdoc/>
    public ParameterSet Parameters => Model.Parameters;

    /// <summary>Whether the memory for a frozen encoder's output was enough for all examples; true where nothing is kept.</summary>
    public bool KeepsAllFeatures => Inputs is not FrozenInputs { IsComplete: false };

    /// <summary>The model.</summary>
    protected BertModel Model { get; }

    private protected HeadInputs Inputs { get; }

    private int ExamplesInWindow => _training.BatchSize * _training.Accumulate;

    private int ExamplesInMicroBatch => _training.BatchSize / _training.Cut;

    /// <summary>Bytes that a frozen encoder's output of some examples takes; 0 where it is not frozen.</summary>
    public long FeatureBytes(IEnumerable<TokenSequence> sequences) => (Inputs as FrozenInputs)?.BytesOf(sequences) ?? 0;

    /// <summary>Tokens of a batch of so many examples, on average.</summary>
    public double TokensOf(int batchSize) => _lengths.Length == 0 ? 0 : _lengths.Average() * Math.Min(batchSize, _lengths.Length);

    /// <inheritdoc/>
    public int StepsIn(int epoch) => (int)(((long)_lengths.Length + ExamplesInWindow - 1) / ExamplesInWindow);

    /// <inheritdoc/>
    public void Seek(int epoch, int step)
    {
        _order = LengthGroupedOrder.Of(_lengths, _training.BatchSize, _training.Seed, epoch);
        (_epoch, _next) = (epoch, step * ExamplesInWindow);
    }

    /// <inheritdoc/>
    public WindowSize NextWindow(CancellationToken cancel)
    {
        if (_next >= _lengths.Length)
            Seek(_epoch + 1, 0);
        (_windowStart, _windowEnd) = (_next, Math.Min(_next + ExamplesInWindow, _lengths.Length));
        _next = _windowEnd;
        return new WindowSize(_windowEnd - _windowStart, TokensOf(_order.AsSpan(_windowStart.._windowEnd)));
    }

    /// <inheritdoc/>
    public void Prepare(Tape tape, CancellationToken cancel, Action<EvaluationProgress>? watch) => Inputs.Prepare(tape, _sequences, cancel, watch);

    /// <inheritdoc/>
    public int MicroBatches => (_windowEnd - _windowStart + ExamplesInMicroBatch - 1) / ExamplesInMicroBatch;

    /// <inheritdoc/>
    public void ForwardBackward(Tape tape, TapeMode mode, int microBatch)
    {
        Inputs.Prepare(tape, _sequences, default);
        int start = _windowStart + microBatch * ExamplesInMicroBatch;
        ReadOnlySpan<int> rows = _order.AsSpan(start..Math.Min(start + ExamplesInMicroBatch, _windowEnd));
        Collect(rows);
        Inputs.Choose(tape, _chosen);
        // A window draws the masks that it would draw uncut.
        int firstToken = TokensOf(_order.AsSpan(_windowStart..start));
        using (tape.Begin(mode))
        {
            PackedInputs inputs = _batch.Upload(tape, firstToken, (start - _windowStart) * _perExample);
            AddLoss(tape, Inputs.Of(tape, inputs), inputs, rows, _total, 1 / WeightOf(_order.AsSpan(_windowStart.._windowEnd)));
            tape.Backward();
        }
    }

    /// <inheritdoc/>
    public Tensor Losses => _total;

    /// <inheritdoc/>
    public IReadOnlyList<Metric> Name(ReadOnlySpan<double> values)
    {
        _losses[0] = new Metric("loss", values[0]);
        return _losses;
    }

    /// <inheritdoc/>
    public abstract IReadOnlyList<Evaluation> Evaluate(Tape tape, CancellationToken cancel, Action<EvaluationProgress>? watch = null);

    /// <inheritdoc/>
    public void SaveModel(string directory) => Model.Save(directory);

    /// <inheritdoc/>
    public virtual void Dispose() => _fixed.Dispose();

    /// <summary>What a window's losses are divided by: its number of examples, unless some weigh more.</summary>
    protected virtual double WeightOf(ReadOnlySpan<int> examples) => examples.Length;

    /// <summary>Computes the loss of some examples.</summary>
    /// <param name="tape">The step.</param>
    /// <param name="features">What the head reads of the encoder: of all examples' first sequences, then of all their second ones, and so on.</param>
    /// <param name="inputs">The examples on the device.</param>
    /// <param name="examples">Their numbers.</param>
    /// <param name="total">[1], scale·Σ losses is added.</param>
    /// <param name="scale">Multiplies the losses.</param>
    protected abstract void AddLoss(Tape tape, Variable features, PackedInputs inputs, ReadOnlySpan<int> examples, Tensor total, double scale);

    private int TokensOf(ReadOnlySpan<int> examples)
    {
        int tokens = 0;
        foreach (int example in examples)
            tokens += _lengths[example];
        return tokens;
    }

    private void Collect(ReadOnlySpan<int> rows)
    {
        _batch.Clear();
        _chosen.Clear();
        for (int part = 0; part < _perExample; part++)
        {
            foreach (int row in rows)
            {
                TokenSequence sequence = _sequences[row * _perExample + part];
                _batch.Add(sequence);
                _chosen.Add(sequence);
            }
        }
    }
}
