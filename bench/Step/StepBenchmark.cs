using System.Diagnostics;
using System.Text.Json;
using BareBert.Autograd;
using BareBert.Autograd.Ops;
using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>
/// One pretraining step — forward, backward, clipping, AdamW — on random token ids, all sequences of full length: the work
/// that a PyTorch script of the same options does, so that their lines can be compared. Or a fine-tuning step of a classifier.
/// </summary>
internal sealed class StepBenchmark : IDisposable
{
    /// <summary>Of every step.</summary>
    public const double LearningRate = 1e-4;

    private const int FirstWord = 1000, MinWarmups = 3;
    private const double WarmupSeconds = 2; // The runtime compiles what is called often anew.
    private static readonly string[] Classes = ["--", "-", "0", "+", "++"];

    private readonly StepOptions _options;
    private readonly int _vocabulary;
    private readonly IKernels _kernels;
    private readonly BertModel _model;
    private readonly PretrainingHeads? _heads;
    private readonly ClassificationHead? _classifier;
    private readonly Optimizer _optimizer;
    private readonly Tape _tape;
    private readonly Arena _totals;
    private readonly Tensor _masked, _next;
    private readonly int[] _ids, _positions, _types, _offsets, _rows, _read, _maskedRows, _firstRows, _labels, _nextLabels;
    private uint _step;

    /// <param name="options">What to measure.</param>
    /// <param name="kernels">The device.</param>
    /// <param name="lengths">[batch] tokens of each sequence; all of full length where null.</param>
    public StepBenchmark(StepOptions options, IKernels kernels, int[]? lengths = null)
    {
        (_options, _kernels, _vocabulary) = (options, kernels, options.Vocabulary);
        lengths ??= [.. Enumerable.Repeat(options.Sequence, options.Batch)];
        BertConfig config = StepSize.Config(options.Model) with { VocabSize = _vocabulary, Labels = Classes };
        if (options.Dropout is double rate)
            config = config with { HiddenDropout = rate, AttentionDropout = rate };
        TaskDefinition task = options.Classifies ? BertTasks.Classification : BertTasks.Pretraining;
        _model = BertModel.Create(kernels, ParameterLayout.For(config, task), NoWords(_vocabulary), seed: 1);
        if (options.Classifies)
            _classifier = new ClassificationHead(_model);
        else
            _heads = new PretrainingHeads(_model);
        _optimizer = new Optimizer(kernels, _model.Parameters, new OptimizerOptions(), BertModel.RateOf);
        _tape = new Tape(kernels);
        _totals = new Arena(kernels.Memory);
        (_masked, _next) = (_totals.Zeros(new Shape(1)), _totals.Zeros(new Shape(1)));

        int tokens = lengths.Sum();
        var random = new PhiloxStream(0, 0);
        _ids = Draw(tokens, () => FirstWord + random.NextInt(_vocabulary - FirstWord));
        _positions = [.. lengths.SelectMany(length => Enumerable.Range(0, length))];
        _types = [.. lengths.SelectMany(length => Enumerable.Range(0, length).Select(p => p >= length / 2 ? 1 : 0))];
        _offsets = [0, .. Enumerable.Range(1, lengths.Length).Select(i => lengths.Take(i).Sum())];
        int[] order = [.. Enumerable.Range(0, tokens).Except(_offsets)];
        random.Shuffle(order.AsSpan());
        _rows = [.. order.Take(StepSize.MaskedOf(tokens)).Order()];
        _read = [.. _rows.Concat(_offsets.SkipLast(1)).Order()];
        _maskedRows = [.. _rows.Select(row => Array.BinarySearch(_read, row))];
        _firstRows = [.. _offsets.SkipLast(1).Select(row => Array.BinarySearch(_read, row))];
        _labels = Draw(_rows.Length, () => FirstWord + random.NextInt(_vocabulary - FirstWord));
        _nextLabels = Draw(lengths.Length, () => random.NextInt(2));
    }

    /// <summary>Tokens of the batch.</summary>
    public int Tokens => _ids.Length;

    /// <summary>The model that learns.</summary>
    public BertModel Model => _model;

    /// <summary>The batch: a token's id and type, the masked rows and their words, the pairs' labels.</summary>
    public (int[] Ids, int[] Types, int[] Masked, int[] Words, int[] Next) Batch => (_ids, _types, _rows, _labels, _nextLabels);

    /// <summary>The last step's loss, both heads'.</summary>
    public double Loss => _masked.ToArray<float>()[0] + _next.ToArray<float>()[0];

    /// <summary>The median time of a step, in seconds, after a few that are not counted.</summary>
    public double Measure(int steps)
    {
        WarmUp();
        double[] seconds = [.. Enumerable.Range(0, steps).Select(_ => Step()).Order()];
        return seconds[seconds.Length / 2];
    }

    /// <summary>Runs the benchmark and prints one line of JSON, with the same keys as the PyTorch script.</summary>
    public static int Run(string[] args)
    {
        StepOptions options = StepOptions.Parse(args);
        using IKernels device = Devices.Open("cpu", options.Threads);
        using ProfilingKernels? profile = options.Profile ? new ProfilingKernels(device) : null;
        using var benchmark = new StepBenchmark(options, profile ?? device);
        benchmark.WarmUp();
        profile?.Reset();
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        double[] seconds = new double[options.Steps];
        for (int i = 0; i < seconds.Length; i++)
            seconds[i] = benchmark.Step();
        double perStep = (double)(GC.GetTotalAllocatedBytes(precise: true) - allocated) / options.Steps;
        Array.Sort(seconds);
        benchmark.Print(seconds[seconds.Length / 2], perStep, ((CpuKernels)device).Threads);
        foreach (KernelCost cost in profile?.Costs ?? [])
        {
            Console.WriteLine($"{cost.Name,-28}{cost.Calls,7}{cost.Seconds * 1e3 / options.Steps,10:F2} ms"
                + $"{cost.Flops / cost.Seconds / 1e9,9:F1} GFLOP/s{cost.Bytes / cost.Seconds / 1e9,8:F1} GB/s");
        }
        return 0;
    }

    private void WarmUp()
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < MinWarmups || Stopwatch.GetElapsedTime(start).TotalSeconds < WarmupSeconds; i++)
            Step();
    }

    public void Dispose()
    {
        _totals.Dispose();
        _tape.Dispose();
        _optimizer.Dispose();
        _model.Dispose();
    }

    /// <summary>Takes one step.</summary>
    /// <returns>Seconds.</returns>
    public double Step()
    {
        long start = Stopwatch.GetTimestamp();
        _masked.Zero();
        _next.Zero();
        using (_tape.Begin(TapeMode.Training(0, _step++)))
        {
            PackedInputs inputs = PackedInputs.Upload(_tape, _ids, _positions, _types, _offsets);
            if (_classifier is null)
                PretrainingLosses(inputs);
            else
            {
                Variable firsts = _model.Encoder.Forward(_tape, inputs, WantedTokens.FirstTokens(_tape, inputs));
                CrossEntropy.Apply(_tape, _next, _classifier.Logits(_tape, firsts, firstSequence: 0), _tape.Upload(_nextLabels), 1.0 / _nextLabels.Length);
            }
            _tape.Backward();
        }
        _optimizer.MeasureGradient();
        _optimizer.Step(LearningRate);
        _kernels.Synchronize();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    // As PretrainingTask does it: the last layer's output of those tokens only that a head reads.
    private void PretrainingLosses(PackedInputs inputs)
    {
        Variable hidden = _model.Encoder.Forward(_tape, inputs, WantedTokens.Upload(_tape, inputs, _read));
        _heads!.MaskedWordLosses(_tape, hidden, _tape.Upload(_maskedRows), _tape.Upload(_labels), 1.0 / _rows.Length, _masked);
        _heads.NextSentenceLosses(_tape, hidden, _tape.Upload(_firstRows), _tape.Upload(_nextLabels), 1.0 / _nextLabels.Length, _next);
    }

    private void Print(double seconds, double allocated, int threads)
    {
        var size = new StepSize(_options.Model, _options.Batch, _options.Sequence);
        Console.WriteLine(JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["program"] = "barebert",
            ["size"] = _options.Model,
            ["batch"] = _options.Batch,
            ["seq"] = _options.Sequence,
            ["dtype"] = "fp32",
            ["device"] = _kernels.Name,
            ["threads"] = threads,
            ["step_ms"] = Math.Round(seconds * 1e3, 2),
            ["tokens_per_s"] = Math.Round(size.Tokens / seconds),
            ["gflops"] = Math.Round(size.Flops / seconds / 1e9, 1),
            ["params"] = _model.Layout.Total,
            ["allocated_per_step"] = Math.Round(allocated),
        }));
    }

    private static int[] Draw(int count, Func<int> next) => [.. Enumerable.Range(0, count).Select(_ => next())];

    /// <summary>A vocabulary of so many words that stands for nothing.</summary>
    public static WordPieceTokenizer NoWords(int words) => new(new Vocabulary(
        [.. Bert.Tokenization.Vocabulary.SpecialTokenNames, .. Enumerable.Range(0, words - 5).Select(i => $"w{i}")], "benchmark"));
}

/// <summary>What to measure.</summary>
internal sealed record StepOptions(string Model, int Batch, int Sequence, int Steps, int Threads, bool Profile)
{
    /// <summary>Entries of the vocabulary.</summary>
    public int Vocabulary { get; init; } = StepSize.Vocabulary;

    /// <summary>Rate of every dropout; the model's own where null.</summary>
    public double? Dropout { get; init; }

    /// <summary>A step of fine-tuning a classifier, not of pretraining.</summary>
    public bool Classifies { get; init; }

    /// <summary>Reads "--model mini --batch 32 --seq 128 --steps 8 --threads 2 --profile".</summary>
    public static StepOptions Parse(string[] args)
    {
        var options = new StepOptions("mini", 32, 128, 8, 0, false);
        for (int i = 0; i < args.Length; i++)
        {
            string Value() => i + 1 < args.Length ? args[++i] : throw new InputException($"{args[i]} needs a value");
            int Number() => int.TryParse(Value(), out int n) && n >= 0 ? n : throw new InputException($"{args[i]} is not a number");
            options = args[i] switch
            {
                "--model" or "--size" => options with { Model = Value() },
                "--batch" => options with { Batch = Number() },
                "--seq" => options with { Sequence = Number() },
                "--steps" => options with { Steps = Number() },
                "--threads" => options with { Threads = Number() },
                "--profile" => options with { Profile = true },
                _ => throw new InputException($"unknown option: {args[i]}; known are --model --batch --seq --steps --threads --profile"),
            };
        }
        return options;
    }
}
