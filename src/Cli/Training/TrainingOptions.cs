using System.CommandLine;
using System.Globalization;
using BareBert.Bert;
using BareBert.Kernels;

namespace BareBert.Cli;

/// <summary>The options that every training verb has.</summary>
internal sealed class TrainingOptions
{
    private readonly Option<int?> _epochs = new("--epochs") { Description = "Passes over the data.", HelpName = "N" };
    private readonly Option<int?> _steps = new("--steps") { Description = "Optimizer steps; the run ends with the first limit reached.", HelpName = "N" };
    private readonly Option<string?> _timeBudget = new("--time-budget") { Description = "Time to train, as in 30m, 2h or 90s.", HelpName = "TIME" };
    private readonly Option<int> _batchSize;
    private readonly Option<int> _gradAccum = CommonOptions.Positive("--grad-accum", "Batches that one optimizer step sums over.", 1, "batches");
    private readonly Option<double?> _lr = new("--lr") { Description = "Peak learning rate; unless given, one that suits the model's size.", HelpName = "X" };
    private readonly Option<double> _warmup = new("--warmup") { Description = "Warm-up: steps, or a share of the run below 1.", DefaultValueFactory = _ => 0.1, HelpName = "X" };
    private readonly Option<Choice<ScheduleKind>> _schedule = Choice<ScheduleKind>.Option("--schedule", "The learning rate after the warm-up.");
    private readonly Option<double> _weightDecay = new("--weight-decay") { Description = "AdamW's decoupled decay; none on biases and LayerNorm.", DefaultValueFactory = _ => 0.01, HelpName = "X" };
    private readonly Option<double> _clip = new("--clip") { Description = "The largest global norm of the gradient; 0: no clipping.", DefaultValueFactory = _ => 1, HelpName = "X" };
    private readonly Option<ulong> _seed = new("--seed") { Description = "The run is a function of it.", DefaultValueFactory = _ => 1, HelpName = "N" };
    private readonly Option<int> _evalEvery = new("--eval-every") { Description = "Evaluate each N steps too, not only after every epoch.", DefaultValueFactory = _ => 0, HelpName = "N" };
    private readonly Option<int> _saveEvery = new("--save-every") { Description = "Save each N steps too, not only after every epoch.", DefaultValueFactory = _ => 0, HelpName = "N" };
    private readonly Option<string?> _out = new("--out") { Description = "The run's directory; unless given, a new one under runs/.", HelpName = "DIR" };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace the run that --out holds." };
    private readonly Option<string?> _resume = new("--resume") { Description = "Go on with an interrupted run, bit for bit as if it had not stopped.", HelpName = "DIR" };
    private readonly Option<int> _earlyStopping = new("--early-stopping") { Description = "Stop after N evaluations in a row without a better model; 0: never.", DefaultValueFactory = _ => 0, HelpName = "N" };
    private readonly Option<bool> _profile = new("--profile") { Description = "Print at the end where the time went, kernel by kernel." };

    /// <summary>Makes the options.</summary>
    /// <param name="batchSize">The default batch size.</param>
    public TrainingOptions(int batchSize) => _batchSize = CommonOptions.Positive("--batch-size", "Examples of a batch.", batchSize, "examples");

    private Option<string> Device { get; } = CommonOptions.Device();

    private Option<int> Threads { get; } = CommonOptions.Threads();

    private Option<Choice<Precision>> Precision { get; } = CommonOptions.Precision();

    private Option<bool> Json { get; } = CommonOptions.Json();

    private Option<bool> Quiet { get; } = CommonOptions.Quiet();

    /// <summary>Adds them to a verb.</summary>
    public void AddTo(Command verb)
    {
        Option[] all =
        [
            _epochs, _steps, _timeBudget, _batchSize, _gradAccum, _lr, _warmup, _schedule, _weightDecay, _clip, _seed, _evalEvery, _saveEvery, _earlyStopping,
            _out, _overwrite, _resume, _profile, Device, Threads, Precision, CommonOptions.Config(), Json, Quiet,
        ];
        foreach (Option option in all)
            verb.Options.Add(option);
        verb.Validators.Add(result =>
        {
            Check(result.GetValue(_epochs) is <= 0, "--epochs", result.GetValue(_epochs), "give 1 or more");
            Check(result.GetValue(_steps) is <= 0, "--steps", result.GetValue(_steps), "give 1 or more");
            Check(result.GetValue(_lr) is double lr && !(lr > 0 && lr < 10), "--lr", result.GetValue(_lr), "give a small positive number, as 1e-4");
            Check(!(result.GetValue(_warmup) >= 0), "--warmup", result.GetValue(_warmup), "give steps, or a share of the run below 1");
            Check(!(result.GetValue(_weightDecay) >= 0), "--weight-decay", result.GetValue(_weightDecay), "give 0 or more");
            Check(!(result.GetValue(_clip) >= 0), "--clip", result.GetValue(_clip), "give a positive number, or 0 for no clipping");
            Check(result.GetValue(_evalEvery) < 0, "--eval-every", result.GetValue(_evalEvery), "give 0 or more");
            Check(result.GetValue(_saveEvery) < 0, "--save-every", result.GetValue(_saveEvery), "give 0 or more");
            Check(result.GetValue(_earlyStopping) < 0, "--early-stopping", result.GetValue(_earlyStopping), "give 0 or more");

            void Check(bool wrong, string name, object? value, string mend)
            {
                if (wrong)
                    result.AddError($"{name} {Convert.ToString(value, CultureInfo.InvariantCulture)} is out of range: {mend}");
            }
        });
    }

    /// <summary>Takes the values from a command line.</summary>
    public TrainingSettings Read(ParseResult parsed) => new()
    {
        Epochs = parsed.GetValue(_epochs),
        Steps = parsed.GetValue(_steps),
        TimeBudget = parsed.GetValue(_timeBudget) is string text ? Durations.Parse("--time-budget", text) : null,
        BatchSize = parsed.GetValue(_batchSize),
        GradAccum = parsed.GetValue(_gradAccum),
        LearningRate = parsed.GetValue(_lr),
        Warmup = parsed.GetValue(_warmup),
        Schedule = parsed.GetValue(_schedule),
        WeightDecay = parsed.GetValue(_weightDecay),
        Clip = parsed.GetValue(_clip),
        Seed = parsed.GetValue(_seed),
        EvalEvery = parsed.GetValue(_evalEvery),
        SaveEvery = parsed.GetValue(_saveEvery),
        EarlyStopping = parsed.GetValue(_earlyStopping),
        Out = parsed.GetValue(_resume) ?? parsed.GetValue(_out),
        Opening = parsed.GetValue(_resume) is not null ? RunOpening.Resume : parsed.GetValue(_overwrite) ? RunOpening.Overwrite : RunOpening.New,
        Profile = parsed.GetValue(_profile),
        Device = parsed.GetValue(Device)!,
        Threads = parsed.GetValue(Threads),
        IsJson = parsed.GetValue(Json),
        IsQuiet = parsed.GetValue(Quiet),
        Precision = parsed.GetValue(Precision),
    };
}

/// <summary>How to train, as the user said it.</summary>
internal sealed record TrainingSettings
{
    public int? Epochs { get; init; }

    public int? Steps { get; init; }

    public TimeSpan? TimeBudget { get; init; }

    public int BatchSize { get; init; }

    public int GradAccum { get; init; }

    public double? LearningRate { get; init; }

    public double Warmup { get; init; }

    public ScheduleKind Schedule { get; init; }

    public double WeightDecay { get; init; }

    public double Clip { get; init; }

    public ulong Seed { get; init; }

    public int EvalEvery { get; init; }

    public int SaveEvery { get; init; }

    public int EarlyStopping { get; init; }

    public string? Out { get; init; }

    public RunOpening Opening { get; init; }

    public bool Profile { get; init; }

    public string Device { get; init; } = "auto";

    public int Threads { get; init; }

    public Precision Precision { get; init; }

    public bool IsJson { get; init; }

    public bool IsQuiet { get; init; }

    /// <summary>The directory to write to: as given, or the first free one under runs/.</summary>
    /// <param name="verb">What it is called after.</param>
    public string OutOr(string verb)
    {
        if (Out is not null)
            return Out;
        for (int i = 1; ; i++)
        {
            string path = Path.Combine("runs", $"{verb}-{i}");
            if (!Path.Exists(path))
                return path;
        }
    }

    /// <summary>The checkpoint that a resumed run goes on from.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public string ResumedCheckpoint() => AtomicDirectory.Find(Path.Combine(Out!, "checkpoint"))
        ?? throw new InputException($"there is nothing to resume: {Out} has no checkpoint; give the directory of an earlier run");

    /// <summary>The trainer's options; a run without any limit takes <paramref name="epochs"/>.</summary>
    public TrainerOptions ToTrainer(int epochs, double learningRate, Func<int, GroupRate> rateOf, string bestBy, bool higherIsBetter = false) => new()
    {
        Epochs = Epochs ?? (Steps is null && TimeBudget is null ? epochs : null),
        Steps = Steps,
        TimeBudget = TimeBudget,
        Schedule = new LearningRateSchedule(Schedule, LearningRate ?? learningRate, Warmup),
        Optimizer = new OptimizerOptions(WeightDecay, Clip),
        RateOf = rateOf,
        EvalEvery = EvalEvery,
        SaveEvery = SaveEvery,
        EarlyStopping = EarlyStopping,
        BestBy = bestBy,
        HigherIsBetter = higherIsBetter,
        Seed = Seed,
    };
}
