using System.Text.Json.Nodes;
using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>A fine-tuning run of any task: data, model, examples, folder, in an order in which wrong input shows before anything is written.</summary>
internal abstract class FineTuningRun : TrainingRun
{
    private TrainingPlan _plan = null!;
    private string _fingerprint = "";
    private List<string> _notices = [];
    private long _featureBytes;

    protected FineTuningRun(FineTunerOptions options, IKernels kernels) => (Options, Kernels) = (options, kernels);

    /// <summary>Resolved once <see cref="Open"/> returns.</summary>
    protected FineTunerOptions Options { get; private set; }

    protected IKernels Kernels { get; }

    protected BertModel Model { get; private set; } = null!;

    protected bool IsFrozen => Options.Method == FineTuningMethod.Frozen;

    protected FineTuningDefinition Definition => Options.Task!.Definition;

    /// <summary>What is trained.</summary>
    protected abstract ExampleTask Task { get; }

    /// <summary>What decides on the best model where the options do not say, now that the data are known.</summary>
    protected virtual string UsualBestBy => BestBy[0];

    /// <summary>What of the data is worth knowing.</summary>
    protected List<string> Notices => _notices;

    /// <summary>Opens everything.</summary>
    /// <exception cref="InputException">Something the user gave is wrong.</exception>
    public FineTuningRun Open(Action<string> notice)
    {
        try
        {
            OpenAll(notice);
            return this;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override ParameterSet Parameters => Model.Parameters;

    /// <inheritdoc/>
    public override SubwordTokenizer Tokenizer => Model.Tokenizer;

    /// <inheritdoc/>
    public override string Title() => $"{Model.Layout.ArchitectureName} ({Options.Method.ToString().ToLowerInvariant()}) on {UserPaths.Shown(Options.Data!)}: {Amounts()}, "
        + $"{Kernels.Name}, in {Path.GetRelativePath(".", Run.Path)}";

    /// <inheritdoc/>
    public override JsonObject ResolvedOptions() => Options.ToJson();

    /// <inheritdoc/>
    public override JsonObject Facts()
    {
        JsonObject facts = RunFile.FactsOf(Definition.Name, Model, Kernels);
        var data = new JsonObject { ["fingerprint"] = _fingerprint };
        AddFacts(facts, data);
        facts["data"] = data;
        return facts;
    }

    /// <inheritdoc/>
    public override Trainer NewTrainer(ITrainingObserver observer) =>
        new(Kernels, Task, Options.ToTrainer(_plan.RateOf, Options.BestBy!, higherIsBetter: Options.BestBy != "loss"), Run, observer);

    /// <inheritdoc/>
    public override TrainingResult Describe(TrainerState state, TrainingEnd end) => new()
    {
        Run = Run,
        End = end,
        State = state,
        Title = $"{Heading} on {Dataset}",
        Dataset = Dataset,
        Layout = Model.Layout,
        Adaptation = Model.Adaptation,
        Parameters = Model.Total,
        Trained = Model.Trained,
        Notes = [.. Notices, .. FrozenNotes()],
        Tables = state.History.Count > 0 ? [TableOf(state)] : [],
        Charts = ChartsOf(state),
    };

    /// <inheritdoc/>
    public override void Dispose()
    {
        Task?.Dispose();
        Model?.Dispose();
    }

    /// <summary>What is done, in a few words, for the report's heading.</summary>
    protected virtual string Heading => "Fine-tuning";

    /// <summary>The metrics by epoch.</summary>
    protected abstract ReportTable TableOf(TrainerState state);

    /// <summary>Curves of the metrics by epoch.</summary>
    protected abstract IReadOnlyList<LineChart> ChartsOf(TrainerState state);

    /// <summary>Metrics that can say which model is the best, once the data are read; the first does unless another is asked for.</summary>
    protected virtual IReadOnlyList<string> BestBy => Definition.BestBy;

    /// <summary>Reads the data.</summary>
    /// <returns>A hash of them, by which a resumed run finds the same ones, and what is worth knowing.</returns>
    protected abstract (string Fingerprint, List<string> Notices) Read(string path);

    /// <summary>What the task changes of the model's configuration: the labels.</summary>
    protected abstract BertConfig Configure(BertConfig config);

    /// <summary>What a vocabulary is trained on where the model has none.</summary>
    protected abstract IEnumerable<string> Texts();

    /// <summary>Fills in what the options leave open, now that the model is known.</summary>
    protected abstract FineTunerOptions Resolve(FineTunerOptions options);

    /// <summary>Makes the examples and <see cref="Task"/>.</summary>
    protected abstract void Prepare(Action<string> notice);

    /// <summary>The most tokens of an example: as asked for, else the usual.</summary>
    /// <exception cref="InputException">It is over the model's positions.</exception>
    protected int LengthOr(int usual)
    {
        int positions = Model.Config.MaxPositions;
        return Options.MaxLength is not int asked ? Math.Min(usual, positions) : asked <= positions ? asked
            : throw new InputException($"`{nameof(Options.MaxLength)}` {asked} is over the model's {positions} positions: give {positions} or less");
    }

    /// <summary>What share of the data a run sets aside; null where it is none.</summary>
    protected static double? ShareOf(Holdout? holdout) => holdout is { Folds: 0 } ? holdout.Value.Share : null;

    /// <summary>What of the data to set aside, where they have no part to validate on; else none may be asked for.</summary>
    /// <param name="isNeeded">Whether they have none.</param>
    /// <exception cref="InputException">It would do nothing.</exception>
    protected Holdout? SplitWhere(bool isNeeded) => isNeeded ? Options.KFold is int folds ? Holdout.OfFold(Options.Fold!.Value, folds) : Options.ValidationSplit ?? FineTunerOptions.UsualValidationSplit
        : (Options.ValidationSplit is null && Options.KFold is null) || Options.IsResumed ? null
        : throw new InputException($"`{(Options.KFold is null ? nameof(Options.ValidationSplit) : nameof(Options.KFold))}` does nothing: {(Options.Validation is null ? $"{Options.Data} has a part of its own to validate on" : $"`{nameof(Options.Validation)}` {Options.Validation} is what is validated on")}; leave it out");

    /// <summary>How much there is to learn from, in words.</summary>
    protected abstract string Amounts();

    /// <summary>Adds to run.json, and to what it says of the data.</summary>
    protected abstract void AddFacts(JsonObject facts, JsonObject data);

    /// <summary>Says where a frozen encoder's output is more than there is memory for.</summary>
    protected void NoticeFeatures(ExampleTask task, IReadOnlyList<TokenSequence> sequences, Action<string> notice)
    {
        _featureBytes = task.FeatureBytes(sequences);
        if (_featureBytes > Options.FeatureCache)
        {
            notice($"the frozen encoder's output of all examples takes {ByteSizes.Format(_featureBytes)}, of which `{nameof(Options.FeatureCache)}` keeps {ByteSizes.Format(Options.FeatureCache)}: "
                + "the others run through the encoder every epoch; a larger one saves that time");
        }
    }

    private void OpenAll(Action<string> notice)
    {
        RequireMetric(Definition.BestBy);
        Options.RequireRun();
        if (Options.Data is null)
            throw new InputException($"no data to learn from: `{nameof(Options.Data)}` is missing; give a path");
        if (Options.Model is null)
            throw new InputException($"no model to begin with: `{nameof(Options.Model)}` is missing; give a folder with one, a run, or a size");
        Options = Options with
        {
            Data = UserPaths.Absolute(Options.Data),
            Validation = Options.Validation is null ? null : UserPaths.Absolute(Options.Validation),
            Test = Options.Test is null ? null : UserPaths.Absolute(Options.Test),
            Model = NamedConfigs.TryGet(Options.Model, out _) ? Options.Model : UserPaths.Absolute(Options.Model),
            Vocabulary = Options.Vocabulary is null ? null : UserPaths.Absolute(Options.Vocabulary),
        };
        (_fingerprint, _notices) = ReadAll(Options.Data);
        _notices.ForEach(notice);
        RequireMetric(BestBy);
        if (Options.IsResumed && RunDirectory.ReadOptions(Options.Out!)["data"]?["fingerprint"]?.GetValue<string>() != _fingerprint)
            throw new InputException($"the data are not those that the run began with: {DataNames}; put them back, say with {DataOptions} where they are now, or start a new run");
        (Model, _plan) = StartingModel.Open(Kernels, Options, config => Options.WithDropout(Configure(config)), Texts(), notice);
        Options = Resolve(Options with
        {
            Vocabulary = StartingModel.VocabularyOf(Options),
            Dropout = TrainingOptions.DropoutOf(Model.Config),
            LearningRate = Options.LearningRate ?? LearningRates.Of(Options.Method, Model.Config),
            Epochs = Options.EpochsOr(Definition.UsualEpochs),
            BestBy = Options.BestBy ?? UsualBestBy,
        });
        Prepare(notice);
        RequireMemory();
        Run = Options.OpenRun();
    }

    // Whatever the run began with could be read.
    private (string Fingerprint, List<string> Notices) ReadAll(string path)
    {
        try
        {
            return Read(path);
        }
        catch (InputException e) when (Options.IsResumed && Files.All(file => Path.Exists(file.Path)) && e.InnerException is not (IOException or UnauthorizedAccessException))
        {
            throw new InputException($"{e.Message} (the run began with other data in {DataNames}: put them back, or say with {DataOptions} where they are now)", e);
        }
    }

    // What the data are read from: of several any may be what has changed.
    private (string Option, string Path)[] Files =>
        [.. new[] { (nameof(Options.Data), Options.Data), (nameof(Options.Validation), Options.Validation), (nameof(Options.Test), Options.Test) }.Where(file => file.Item2 is not null).Select(file => (file.Item1, file.Item2!))];

    private string DataNames => string.Join(", ", Files.Select(file => file.Path));

    private string DataOptions => string.Join(", ", Files.Select(file => $"`{file.Option}`"));

    private void RequireMetric(IReadOnlyList<string> known)
    {
        if (Options.BestBy is { } asked && !known.Contains(asked))
            throw new InputException($"`{nameof(Options.BestBy)}` {asked} is no metric of {Definition.Name}: give {string.Join(" or ", known)}");
    }

    // What there is to say of a frozen encoder once training is over.
    private string[] FrozenNotes() => !IsFrozen ? []
        : Task.KeepsAllFeatures ? ["the encoder is frozen: its output was computed once, without dropout, and only the head learned"]
        : [$"the encoder is frozen: its output was computed without dropout, and what the feature cache ({ByteSizes.Format(Options.FeatureCache)}) holds of its {ByteSizes.Format(_featureBytes)} was kept; the rest was computed anew every epoch"];

    private void RequireMemory()
    {
        int layers = IsFrozen ? 0 : Options.FreezeLayers == 0 ? Model.Config.Layers : Model.Config.DistinctLayers - Options.FreezeLayers;
        TrainingMemory.Require(Options, Kernels.Memory, TrainingMemory.OfParameters(Options, Model.Total, Model.Trained),
            TrainingMemory.OfActivations(Model.Config, layers, Task.TokensOf(Options.BatchSize / (Options.MicroBatches ?? 1))), batches: 0);
    }

    private string Dataset => UserPaths.Name(Options.Data!);
}
