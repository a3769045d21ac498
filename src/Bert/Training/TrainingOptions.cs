using System.Text.Json.Serialization;
using BareBert.Kernels;

namespace BareBert.Bert.Training;

/// <summary>
/// How a run is trained, where, and where it is kept. What is null is chosen to suit model and data when the run begins; run.json
/// holds what was chosen. Names in run.json and in files of options are those of the properties with dashes, unless said otherwise.
/// </summary>
public abstract record TrainingOptions
{
    // Of an optimizer step: their numbers, and those of their tokens, are 32 bits wide.
    internal const int MostExamples = 1 << 24;

    // With a rate below 0.1 no weight changes its sign by decay alone.
    private const int MostWeightDecay = 10;

    /// <summary>Passes over the data; null: as suits the task where there is no other limit. A run ends with the first limit reached.</summary>
    public int? Epochs { get; init; }

    /// <summary>Optimizer steps; null: no limit.</summary>
    public int? Steps { get; init; }

    /// <summary>Time to train, evaluations included; null: no limit.</summary>
    public TimeSpan? TimeBudget { get; init; }

    /// <summary>Examples of a batch.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Batches that one optimizer step sums over.</summary>
    public int GradAccum { get; init; } = 1;

    /// <summary>
    /// Parts of equal size that a batch is cut into. Their gradients are summed as a tree, so that any number of processes that share them comes to the
    /// same bits. Null: a batch is not cut and batches are summed one after another; where several processes train, 8 parts or one for each.
    /// </summary>
    public int? MicroBatches { get; init; }

    /// <summary>What several processes share of the optimizer: its moments take a process's part of the memory, and results are the same.</summary>
    public Sharding Shard { get; init; }

    /// <summary>Peak learning rate; null: one that suits the method and the model's size.</summary>
    [JsonPropertyName("lr")]
    public double? LearningRate { get; init; }

    /// <summary>Warm-up: steps, or a share of the run below 1.</summary>
    public double Warmup { get; init; } = 0.1;

    /// <summary>The learning rate after the warm-up.</summary>
    public ScheduleKind Schedule { get; init; }

    /// <summary>AdamW's decoupled decay; none on biases and LayerNorm.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>The largest global norm of the gradient; 0: no clipping.</summary>
    public double Clip { get; init; } = 1;

    /// <summary>Share of the activations dropped, between layers and of attention's weights; null: as the model's configuration has it.</summary>
    public double? Dropout { get; init; }

    /// <summary>Tokens that the vocabulary is to know besides, each a single id wherever it stands; the embeddings grow by as many.</summary>
    public IReadOnlyList<string> AddTokens { get; init; } = [];

    /// <summary>The run is a function of it.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Do not evaluate the model before its first step: it is then held against nothing that it was.</summary>
    public bool NoFirstEvaluation { get; init; }

    /// <summary>Steps between evaluations, besides the one after every epoch; 0: none.</summary>
    public int EvalEvery { get; init; }

    /// <summary>The most examples of a split that an evaluation runs over, drawn from all of it; null: all.</summary>
    public int? EvalLimit { get; init; }

    /// <summary>Checkpoints besides the one after every epoch: each so many steps, or each so much time.</summary>
    public SaveInterval SaveEvery { get; init; } = SaveInterval.Every(TimeSpan.FromMinutes(5));

    /// <summary>Checkpoints that are kept beside the best model: the last, and those before it as checkpoint-STEP.</summary>
    public int Keep { get; init; } = 1;

    /// <summary>Stop after so many evaluations in a row without a better model; 0: never.</summary>
    public int EarlyStopping { get; init; }

    /// <summary>What is written besides metrics.jsonl.</summary>
    public TrainingLogger Logger { get; init; }

    /// <summary>Steps between histograms of weights and gradients; null: 500 where <see cref="Logger"/> has such; 0: none.</summary>
    public int? HistogramEvery { get; init; }

    /// <summary>Where to compute: auto, cpu, cuda, cuda:N, emulated or reference.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>Threads of the CPU kernels; 0: one per core. Results do not depend on it.</summary>
    public int Threads { get; init; }

    /// <summary>What a GPU rounds the operands of matrix multiplies to.</summary>
    public Precision Precision { get; init; }

    /// <summary>The licence of what is trained, for the model's card, as "mit"; null: not said.</summary>
    public string? License { get; init; }

    /// <summary>The language of the texts, for the model's card, as "en"; null: not said.</summary>
    public string? Language { get; init; }

    /// <summary>The run's folder; null: a new one under runs/.</summary>
    [JsonIgnore]
    public string? Out { get; init; }

    /// <summary>What to do where the folder holds a run already.</summary>
    [JsonIgnore]
    public RunOpening Opening { get; init; }

    /// <summary>Measure where the time goes, kernel by kernel: <see cref="TrainingResult.KernelCosts"/>.</summary>
    [JsonIgnore]
    public bool Profile { get; init; }

    /// <summary>The processes that train together; each gives the same options.</summary>
    [JsonIgnore]
    public IProcessGroup Group { get; init; } = OneProcess.Instance;

    /// <summary>Processes of the group that share this machine and its memory.</summary>
    internal int ProcessesHere { get; init; } = 1;

    /// <summary>What run.json calls the kind of run.</summary>
    internal abstract string Verb { get; }

    /// <summary>Whether the run goes on from its checkpoint.</summary>
    internal bool IsResumed => Opening == RunOpening.Resume;

    /// <summary>Whether a batch's examples are learned from independently of each other, so that it can be cut.</summary>
    internal virtual bool CutsBatches => true;

    /// <summary>Throws where a number is out of range.</summary>
    /// <exception cref="InputException">One is: the message names the property.</exception>
    public virtual void Validate()
    {
        Require(Epochs is not <= 0, nameof(Epochs), Epochs, "give 1 or more");
        Require(Steps is not <= 0, nameof(Steps), Steps, "give 1 or more");
        Require(BatchSize >= 1, nameof(BatchSize), BatchSize, "give 1 or more");
        Require(GradAccum >= 1, nameof(GradAccum), GradAccum, "give 1 or more");
        Require(BatchSize <= MostExamples, nameof(BatchSize), BatchSize, $"give {MostExamples} or less");
        Require(GradAccum <= MostExamples / BatchSize, nameof(GradAccum), GradAccum, $"a step of `{nameof(BatchSize)}` {BatchSize} takes {MostExamples / BatchSize} batches or less, {MostExamples} examples in all");
        Require(MicroBatches is not <= 0, nameof(MicroBatches), MicroBatches, "give 1 or more");
        Require(MicroBatches is not int cut || BatchSize % cut == 0, nameof(MicroBatches), MicroBatches, $"it has to divide `{nameof(BatchSize)}` {BatchSize}");
        Require(Shard == Sharding.None || Logger == TrainingLogger.None || HistogramEvery == 0, nameof(Shard), "optimizer", $"no process has the whole gradient to make histograms of; give `{nameof(HistogramEvery)}` 0");
        Require(LearningRate is null or (> 0 and < 10), nameof(LearningRate), LearningRate, "give a small positive number, as 1e-4");
        Require(Warmup >= 0, nameof(Warmup), Warmup, "give steps, or a share of the run below 1");
        Require(WeightDecay is >= 0 and <= MostWeightDecay, nameof(WeightDecay), WeightDecay, $"give 0 to {MostWeightDecay}, as 0.01");
        Require(Clip >= 0, nameof(Clip), Clip, "give a positive number, or 0 for no clipping");
        Require(Dropout is null or (>= 0 and < 1), nameof(Dropout), Dropout, "give 0 or more, below 1");
        Require(EvalEvery >= 0, nameof(EvalEvery), EvalEvery, "give 0 or more");
        Require(EvalLimit is not <= 0, nameof(EvalLimit), EvalLimit, "give 1 or more");
        Require(Keep >= 1, nameof(Keep), Keep, "give 1 or more");
        Require(HistogramEvery is null or >= 0, nameof(HistogramEvery), HistogramEvery, "give 0 or more");
        Require(HistogramEvery is null || Logger != TrainingLogger.None, nameof(HistogramEvery), HistogramEvery, $"no logger has histograms; give `{nameof(Logger)}` tensorboard too");
        Require(EarlyStopping >= 0, nameof(EarlyStopping), EarlyStopping, "give 0 or more");
    }

    /// <summary>Checks, before long work, that <see cref="OpenRun"/> can do what is asked.</summary>
    /// <exception cref="InputException">It cannot, see <see cref="RunDirectory.Require"/>.</exception>
    internal void RequireRun()
    {
        if (Out is not null && Group.Rank == 0)
            RunDirectory.Require(Out, Opening);
    }

    /// <summary>Checks that what a run begins with does not lie in the run that it replaces.</summary>
    /// <param name="model">A folder, or the name of a size, or nothing.</param>
    /// <exception cref="InputException">It does.</exception>
    private protected void RequireApart(string? model)
    {
        if (Opening == RunOpening.Overwrite && Out is not null && model is not null && !NamedConfigs.TryGet(model, out _) && Path.Exists(model) && UserPaths.IsWithin(model, Out))
            throw new InputException($"the model to begin with would be deleted: {model} lies in {Out}, which `RunOpening.Overwrite` replaces; give another `{nameof(Out)}`");
    }

    /// <summary>Opens the folder to write to: as given, or the first free one under runs/; process 0 of several has opened it for all.</summary>
    internal RunDirectory OpenRun() => Group.Rank > 0 ? RunDirectory.Join(Out!, IsResumed) : Out is not null ? RunDirectory.Open(Out, Opening) : RunDirectory.OpenFree("runs", Verb);

    /// <summary>The checkpoint that a resumed run goes on from.</summary>
    /// <exception cref="InputException">There is none.</exception>
    internal string ResumedCheckpoint() => RunDirectory.CheckpointOf(Out!);

    /// <summary>The device's name where it was left open.</summary>
    internal string ResolvedDevice => Device == "auto" ? Devices.Choose().Name : Device;

    /// <summary>A model's configuration with the dropout that was asked for.</summary>
    internal BertConfig WithDropout(BertConfig config) => Dropout is not double share ? config : config with { HiddenDropout = share, AttentionDropout = share };

    /// <summary>The dropout of a model, where it is one number.</summary>
    internal static double? DropoutOf(BertConfig config) => config.HiddenDropout == config.AttentionDropout ? config.HiddenDropout : null;

    /// <summary>The epochs of a run: as given, or where it has no limit at all, as suits the task.</summary>
    internal int? EpochsOr(int usual) => Epochs ?? (Steps is null && TimeBudget is null ? usual : null);

    /// <summary>The trainer's options, of options in which nothing is left open.</summary>
    internal TrainerOptions ToTrainer(Func<int, GroupRate> rateOf, string bestBy, bool higherIsBetter = false) => new()
    {
        Epochs = Epochs,
        Steps = Steps,
        TimeBudget = TimeBudget,
        Schedule = new LearningRateSchedule(Schedule, LearningRate!.Value, Warmup),
        Optimizer = new OptimizerOptions(WeightDecay, Clip),
        RateOf = rateOf,
        EvaluateFirst = !NoFirstEvaluation,
        EvalEvery = EvalEvery,
        SaveEvery = SaveEvery,
        Keep = Keep,
        EarlyStopping = EarlyStopping,
        Logger = Logger,
        HistogramEvery = HistogramEvery ?? 500,
        BestBy = bestBy,
        HigherIsBetter = higherIsBetter,
        Seed = Seed,
        Group = Group,
        SumsAsTree = MicroBatches is not null,
        Shard = Shard,
    };

    internal static void Require(bool holds, string setting, object? value, string mend)
    {
        if (!holds)
            throw new InputException(FormattableString.Invariant($"`{setting}` {value} is out of range: {mend}"));
    }
}
