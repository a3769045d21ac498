using System.Text.Json.Nodes;
using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>Everything a pretraining run needs, opened in an order in which wrong input shows before anything is written.</summary>
internal sealed class PretrainingRun : TrainingRun
{
    private readonly PretrainerOptions _options;
    private readonly PretrainingDefaults _defaults;
    private readonly IKernels _kernels;
    private readonly PretrainingCorpus _corpus;
    private readonly ModelFolder? _checkpoint; // to go on from; null: the weights are random at first
    private readonly CorpusSource _source;
    private readonly string _name; // what others may know of where it lies
    private readonly TokenCorpus _tokens;
    private readonly TaskDefinition _heads;
    private readonly BertModel _model;
    private readonly PretrainingTask _task;

    /// <summary>Opens everything.</summary>
    /// <exception cref="InputException">Something the user gave is wrong.</exception>
    public PretrainingRun(PretrainerOptions options, IKernels kernels, ITrainingObserver observer)
    {
        Action<string> notice = observer.OnNotice;
        options.RequireRun();
        _checkpoint = options.IsResumed ? ModelFolder.Open(options.ResumedCheckpoint()) : CheckpointOf(options.Model);
        if (_checkpoint is not null && !options.IsResumed && options.AttentionInit is not null)
            throw new InputException($"`{nameof(options.AttentionInit)}` is for a new model, and {options.Model} has its weights already; leave it out");
        _defaults = PretrainingDefaults.Of(options);
        (_options, _kernels) = (options, kernels);
        if (_checkpoint is null && NamedConfigs.TryGet(ModelName, out _))
            _options = options = options with { Dropout = options.Dropout ?? PretrainingDefaults.Dropout };
        // Runs from before there was a choice go on as they began.
        PretrainingObjective? objective = options.Objective
            ?? (options.IsResumed ? null : PretrainingObjectives.Of((_checkpoint?.Config ?? NamedConfigs.Resolve(ModelName)).Family));
        _source = CorpusSource.Open([.. options.Data], paragraphsMayBeDocuments: objective == PretrainingObjective.Words);
        _name = options.IsSample ? _source.Name : string.Join(' ', options.Data.Select(UserPaths.Name));
        var reading = new CorpusReading(_source, progress => observer.OnEvaluating(progress));
        reading.Run("checking", _source.Fingerprint);
        if (options.IsResumed)
            RequireSameCorpus(options.Out!);
        SubwordTokenizer tokenizer = OpenTokenizer(reading, notice).WithTokens(options.AddTokens);
        BertConfig config = OpenConfig(tokenizer);
        AttentionInit? attentionInit = _checkpoint is null ? AttentionInitOf(config) : options.AttentionInit;
        SequenceLengths lengths = options.SequenceLength ?? _defaults.LengthsFor(config.MaxPositions, isNew: _checkpoint is null);
        if (lengths.Longest > config.MaxPositions)
            throw new InputException($"`SequenceLength` {lengths} is over the model's {config.MaxPositions} positions: give {config.MaxPositions} or less");
        _heads = objective is null ? BertTasks.OfPretraining(config.Family) : objective == PretrainingObjective.Words ? BertTasks.MaskedLm : BertTasks.Pretraining;
        _heads.Validate(config);
        var examples = new PretrainingOptions(lengths.Longest, options.MaskProbability, options.WholeWordMasking,
            Segments: objective is { } chosen ? PretrainingObjectives.SegmentsOf(chosen) : _heads == BertTasks.Pretraining ? SegmentKind.NextOrRandom : SegmentKind.Following,
            Seed: options.Seed);
        examples.Validate();
        (examples with { SequenceLength = lengths.All[0] }).Validate();

        _tokens = options.Cache == "none" ? reading.Run("tokenising", () => TokenCache.InMemory(_source, tokenizer))
            : reading.Run("tokenising", () => new TokenCache(CacheDirectory).Open(_source, tokenizer, notice), begin: () => SayWhoWaits(notice));
        foreach (string line in _tokens.Notices)
            notice(line);
        _corpus = PretrainingCorpus.Open(_tokens, _source, tokenizer, examples, options.EvalLimit);
        if (_corpus.Watched.Count == 0)
            throw new InputException($"nothing to validate on: {_source.Name} has neither a valid nor a test split; add one");
        (_corpus, lengths) = Staged(_corpus, lengths);
        RequireMemory(config);
        _model = OpenModel(config, tokenizer, attentionInit);
        Run = options.OpenRun();
        _task = new PretrainingTask(kernels, _model, _corpus, options.BatchSize, options.GradAccum, options.MicroBatches ?? 1, options.Group);
        _options = options with
        {
            Data = options.IsSample ? options.Data : [.. options.Data.Select(UserPaths.Absolute)],
            Model = NamedConfigs.TryGet(ModelName, out _) ? ModelName : UserPaths.Absolute(ModelName),
            Vocabulary = VocabularyChosen(),
            Dropout = TrainingOptions.DropoutOf(_model.Config),
            Cache = options.Cache == "none" ? options.Cache : Path.GetFullPath(CacheDirectory),
            SequenceLength = lengths,
            Objective = objective,
            AttentionInit = attentionInit,
            LearningRate = options.LearningRate ?? LearningRates.OfPretraining(config),
            Epochs = options.EpochsOr(_defaults.Epochs),
        };
    }

    /// <inheritdoc/>
    public override ParameterSet Parameters => _model.Parameters;

    /// <inheritdoc/>
    public override SubwordTokenizer Tokenizer => _model.Tokenizer;

    /// <inheritdoc/>
    public override JsonObject ResolvedOptions() => OptionsJson.WriteRecord(_options);

    /// <inheritdoc/>
    public override Trainer NewTrainer(ITrainingObserver observer) => new(_kernels, _task, _options.ToTrainer(BertModel.RateOf, "mlm_loss"), Run, observer);

    /// <inheritdoc/>
    public override string Title() => $"{_model.Layout.ArchitectureName} of {_model.Layout.Total:N0} parameters "
        + $"on {_name} ({_corpus.Train.Split.Tokens:N0} training tokens), {_kernels.Name}, in {Path.GetRelativePath(".", Run.Path)}";

    /// <inheritdoc/>
    public override JsonObject Facts()
    {
        JsonObject facts = RunFile.FactsOf("pretraining", _model, _kernels);
        facts["data"] = new JsonObject
        {
            ["name"] = _source.Name,
            ["fingerprint"] = _source.Fingerprint(),
            ["train_tokens"] = _corpus.Train.Split.Tokens,
            ["train_documents"] = _corpus.Train.Split.Documents,
            ["vocabulary"] = _model.Tokenizer.VocabularySize,
            ["sequence_length"] = _corpus.Train.Options.SequenceLength,
        };
        return facts;
    }

    /// <inheritdoc/>
    public override TrainingResult Describe(TrainerState state, TrainingEnd end) => new()
    {
        Run = Run,
        End = end,
        State = state,
        Title = $"Pretraining on {_name}",
        Dataset = _name,
        Layout = _model.Layout,
        Parameters = _model.Total,
        Trained = _model.Trained,
        Tables = state.History.Count > 0 ? [PretrainingResult.Table(state)] : [],
        Notes = [.. PretrainingResult.Stages(state, _task.Stages), .. state.History.Any(e => e.Metrics.ContainsKey("optimal_perplexity")) ? [OptimalLoss.Meaning] : Array.Empty<string>()],
        Charts = PretrainingResult.Charts(state),
    };

    /// <inheritdoc/>
    public override TrainingResult Complete(TrainingResult result, Action<EvaluationProgress> watch, CancellationToken cancel) => result;

    /// <inheritdoc/>
    public override void Dispose()
    {
        _task.Dispose();
        _model.Dispose();
        _tokens.Dispose();
    }

    // A run of fewer steps than stages would never come to the last. Where nobody asked for stages it has none.
    private (PretrainingCorpus Corpus, SequenceLengths Lengths) Staged(PretrainingCorpus corpus, SequenceLengths lengths)
    {
        IReadOnlyList<PretrainingStage> stages = PretrainingStage.Of(corpus.Train, lengths);
        if (stages.Count > 0 && (long)_options.BatchSize * _options.GradAccum * stages[0].BatchFactor > TrainingOptions.MostExamples)
            throw new InputException($"`BatchSize` {_options.BatchSize} is too much for `SequenceLength` {lengths}: a step of the shortest has {_options.GradAccum:N0} × {(long)_options.BatchSize * stages[0].BatchFactor:N0} examples, and {TrainingOptions.MostExamples:N0} are the most; give a smaller one");
        if (stages.Count > 0 && !_options.IsResumed && StepsOf(stages[0]) is int steps && steps < stages.Count)
        {
            if (_options.SequenceLength is not null)
                throw new InputException($"`SequenceLength` {lengths} has more stages than the run has steps, {steps}: give fewer lengths, or more `Steps` or `Epochs`");
            return (corpus, lengths.Longest);
        }
        return (corpus with { Stages = stages }, lengths);
    }

    // Null: as many as there is time for.
    private int? StepsOf(PretrainingStage stage)
    {
        int? epochs = _options.EpochsOr(_defaults.Epochs);
        long most = epochs is int passes ? (long)passes * BatchWindow.CountIn(stage.Examples.Plan(0), _options.BatchSize * stage.BatchFactor, _options.GradAccum) : int.MaxValue;
        return epochs is null && _options.Steps is null ? null : (int)Math.Min(most, _options.Steps ?? int.MaxValue);
    }

    private string ModelName => _options.Model ?? (_options.IsSample ? "sample" : "mini");

    // Other text under the same name would silently be another run.
    private void RequireSameCorpus(string runPath)
    {
        if (RunDirectory.ReadOptions(runPath)["data"]?["fingerprint"]?.ToString() is string begun && begun != _source.Fingerprint())
            throw new InputException($"another corpus than the run began with: {_source.Name} is not the same text; bring it back, say with `{nameof(_options.Data)}` where it is now, or start a new run");
    }

    // A run's best model, or a folder with weights; a folder with a config.json alone only gives the sizes.
    private static ModelFolder? CheckpointOf(string? model)
    {
        if (model is null || NamedConfigs.TryGet(model, out _) || !Directory.Exists(model))
            return null;
        ModelFolder folder = ModelFolder.Open(model);
        StartingModel.RequireWhole(folder, model);
        return TensorSources.IsIn(folder.Path) ? folder : null;
    }

    private string CacheDirectory => _options.Cache ?? TokenCache.DefaultDirectory;

    // What one process keeps the others need not make again.
    private void SayWhoWaits(Action<string> notice)
    {
        if (_options.Group is { Size: > 1, Rank: 0 })
            notice($"tokenising {_name}: the other {(_options.Group.Size == 2 ? "process waits" : $"{_options.Group.Size - 1} processes wait")} for it");
    }

    private SubwordTokenizer OpenTokenizer(CorpusReading reading, Action<string> notice)
    {
        if (_checkpoint is not null)
        {
            if (!_options.IsResumed && _options.Vocabulary is not null)
                throw new InputException($"`Vocabulary` cannot be changed: {_options.Model} is a checkpoint with a vocabulary of its own; leave it out");
            return TokenizerFactory.Load(_checkpoint.TokenizerPath);
        }
        if (_options.Vocabulary is null && _source is SampleWorld world)
            return new WordPieceTokenizer(new Vocabulary(world.Vocabulary, "sample"));
        return reading.Run("counting the words of", () => VocabularyChoice.Open(_options.Vocabulary, () => _source.Sentences(Split.Train), _source.Name, notice, reading.Tell,
            _options.Cache == "none" ? null : (size, train) => new VocabularyCache(CacheDirectory).Open(_source, size, train, notice)));
    }

    // What was chosen; null where the model or the sample has its own.
    private string? VocabularyChosen() => _options.Vocabulary is not null ? UserPaths.Absolute(_options.Vocabulary)
        : _checkpoint is not null || _source is SampleWorld ? null : VocabularyChoice.Usual;

    private BertConfig OpenConfig(SubwordTokenizer tokenizer)
    {
        if (_checkpoint is not null)
            return _options.WithDropout(_checkpoint.Config);
        BertConfig config = NamedConfigs.Resolve(ModelName);
        return _options.WithDropout(config) with { VocabSize = tokenizer.VocabularySize, PadTokenId = Math.Max(tokenizer.Special.Pad, 0) };
    }

    private void RequireMemory(BertConfig config)
    {
        long parameters = ParameterLayout.For(config, _heads).Total;
        int cut = _options.MicroBatches ?? 1, built = Share.Of(_options.Group).Most(_options.GradAccum * cut);
        foreach (PretrainingStage stage in _corpus.Stages.Count > 0 ? _corpus.Stages : [new PretrainingStage(_corpus.Train, 1, 1)])
        {
            EpochPlan plan = stage.Examples.Plan(0);
            int microBatch = _options.BatchSize * stage.BatchFactor / cut;
            TrainingMemory.Require(_options, _kernels.Memory, TrainingMemory.OfParameters(_options, parameters, parameters),
                TrainingMemory.OfActivations(config, config.Layers, plan.Examples.Average(e => e.Tokens) * Math.Min(microBatch, plan.Count)),
                BatchFeed.BytesOf(microBatch, built, stage.Examples.Options.SequenceLength));
        }
    }

    private AttentionInit AttentionInitOf(BertConfig config)
    {
        AttentionInit chosen = _options.AttentionInit ?? _defaults.AttentionInit;
        if (chosen != AttentionInit.Neighbours || NeighbourInit.Fits(config))
            return chosen;
        if (_options.AttentionInit is not null)
            throw new InputException($"`{nameof(_options.AttentionInit)}` neighbours needs positions that attention reads as they are, and an {config.Family}'s are projected before: give drawn or alike");
        return AttentionInit.Drawn;
    }

    private BertModel OpenModel(BertConfig config, SubwordTokenizer tokenizer, AttentionInit? attentionInit)
    {
        if (_checkpoint is null)
        {
            BertModel drawn = BertModel.Create(_kernels, ParameterLayout.For(config, _heads), tokenizer, _options.Seed);
            Action<BertModel, ulong>? begin = attentionInit switch
            {
                AttentionInit.Alike => AlikeInit.Apply,
                AttentionInit.Neighbours => NeighbourInit.Apply,
                _ => null,
            };
            begin?.Invoke(drawn, _options.Seed);
            OutputBias.Apply(drawn, _corpus.Unigram);
            return drawn;
        }
        (BertModel model, LoadReport report) = BertModel.LoadForTraining(_kernels, _checkpoint, _heads, BertModel.TrainAll, _options.Seed, _options.WithDropout, addTokens: _options.AddTokens);
        if (_options.IsResumed)
            report.RequireAll(_checkpoint.Path);
        return model;
    }
}
