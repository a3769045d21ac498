using System.Text.Json.Nodes;
using BareBert.Bert;
using BareBert.Cli.Display;
using BareBert.Kernels;

namespace BareBert.Cli;

/// <summary>What to pretrain, as the user said it.</summary>
internal sealed record PretrainSettings
{
    public required string[] Data { get; init; }

    public string? Model { get; init; }

    public string? Vocabulary { get; init; }

    public int? SequenceLength { get; init; }

    public double MaskProbability { get; init; }

    public bool WholeWords { get; init; }

    public string? Cache { get; init; }

    public required TrainingSettings Training { get; init; }

    public bool IsSample => Data is ["sample"];
}

/// <summary>Everything a pretraining run needs, opened in an order in which wrong input shows before anything is written.</summary>
internal sealed class PretrainSession : ITrainingSession
{
    // The sample's articles are short and its world is small: a few passes of a tiny model learn it.
    private const int SampleEpochs = 8, Epochs = 10, SampleSequenceLength = 64, SequenceLength = 128;

    private readonly PretrainSettings _settings;
    private readonly IKernels _kernels;
    private readonly string? _checkpoint; // to go on from; null: the weights are random at first
    private readonly CorpusSource _source;
    private readonly TokenCorpus _tokens;
    private readonly TaskDefinition _heads;
    private readonly BertModel _model;
    private readonly PretrainingTask _task;

    private PretrainSession(PretrainSettings settings, IKernels kernels, Action<string> notice)
    {
        (_settings, _kernels) = (settings, kernels);
        string runPath = settings.Training.OutOr("pretrain");
        RunDirectory.Require(runPath, settings.Training.Opening);
        _source = CorpusSource.Open(settings.Data);
        if (IsResumed)
            RequireSameCorpus(runPath);
        _checkpoint = IsResumed ? settings.Training.ResumedCheckpoint() : CheckpointOf(settings.Model);
        ITokenizer tokenizer = OpenTokenizer(notice);
        BertConfig config = OpenConfig(tokenizer);
        int length = settings.SequenceLength ?? Math.Min(config.MaxPositions, settings.IsSample ? SampleSequenceLength : SequenceLength);
        if (length > config.MaxPositions)
            throw new InputException($"--seq-len {length} is over the model's {config.MaxPositions} positions: give {config.MaxPositions} or less");
        _heads = BertTasks.OfPretraining(config.Family);
        var options = new PretrainingOptions(length, settings.MaskProbability, settings.WholeWords,
            RandomSegments: _heads == BertTasks.Pretraining, Seed: settings.Training.Seed);
        options.Validate();

        _tokens = settings.Cache == "none" ? TokenCache.InMemory(_source, tokenizer)
            : new TokenCache(settings.Cache ?? TokenCache.DefaultDirectory).Open(_source, tokenizer, notice);
        foreach (string line in _tokens.Notices)
            notice(line);
        Corpus = PretrainingCorpus.Open(_tokens, _source, tokenizer, options);
        if (Corpus.Watched.Count == 0)
            throw new InputException($"nothing to validate on: {_source.Name} has neither a valid nor a test split; add one");
        _model = OpenModel(config, tokenizer);
        Run = RunDirectory.Open(runPath, settings.Training.Opening);
        _task = new PretrainingTask(kernels, _model, Corpus, settings.Training.BatchSize, settings.Training.GradAccum);
    }

    public RunDirectory Run { get; }

    public PretrainingCorpus Corpus { get; }

    /// <summary>Opens everything.</summary>
    /// <exception cref="InputException">Something the user gave is wrong.</exception>
    public static PretrainSession Open(PretrainSettings settings, IKernels kernels, Action<string> notice) => new(settings, kernels, notice);

    public Trainer NewTrainer(ITrainingObserver observer)
    {
        TrainerOptions options = _settings.Training.ToTrainer(
            _settings.IsSample ? SampleEpochs : Epochs, LearningRates.OfPretraining(_model.Config), BertModel.RateOf, "mlm_loss");
        return new Trainer(_kernels, _task, options, Run, observer);
    }

    /// <summary>One line about the run.</summary>
    public string Title() => $"{_model.Layout.ArchitectureName} of {_model.Layout.Total:N0} parameters "
        + $"on {_source.Name} ({Corpus.Train.Split.Tokens:N0} training tokens), {_kernels.Name}, in {Path.GetRelativePath(".", Run.Path)}";

    /// <summary>What run.json says beside the options.</summary>
    public JsonObject Facts()
    {
        JsonObject facts = RunFile.FactsOf("pretraining", _model, _kernels);
        facts["data"] = new JsonObject
        {
            ["name"] = _source.Name,
            ["fingerprint"] = _source.Fingerprint(),
            ["train_tokens"] = Corpus.Train.Split.Tokens,
            ["train_documents"] = Corpus.Train.Split.Documents,
            ["vocabulary"] = _model.Tokenizer.VocabularySize,
            ["sequence_length"] = Corpus.Train.Options.SequenceLength,
        };
        return facts;
    }

    public RunSummary Summarise(TrainerState state, TrainingEnd end, CancellationToken cancel) => new()
    {
        Run = Run,
        End = end,
        State = state,
        Title = Title(),
        Model = _model,
        Dataset = _source.Name,
        Memory = _kernels.Memory,
        Tables = [PretrainingResult.Table(state)],
        Notes = state.History.Any(e => e.Metrics.ContainsKey("optimal_perplexity")) ? [OptimalLoss.Meaning] : [],
        Charts = PretrainingResult.Charts(state),
    };

    public void Dispose()
    {
        _task.Dispose();
        _model.Dispose();
        _tokens.Dispose();
    }

    private bool IsResumed => _settings.Training.Opening == RunOpening.Resume;

    // Other text under the same name would silently be another run.
    private void RequireSameCorpus(string runPath)
    {
        if (RunDirectory.ReadOptions(runPath)["data"]?["fingerprint"]?.ToString() is string begun && begun != _source.Fingerprint())
            throw new InputException($"another corpus than the run began with: {_source.Name} has changed since; bring its text back, or start a new run");
    }

    // A run's best model, or a folder with weights; a folder with a config.json alone only gives the sizes.
    private static string? CheckpointOf(string? model)
    {
        if (model is null || NamedConfigs.TryGet(model, out _) || !Directory.Exists(model))
            return null;
        ModelFolder folder = ModelFolder.Open(model);
        StartingModel.RequireWhole(folder, model);
        return TensorSources.IsIn(folder.Path) ? folder.Path : null;
    }

    private ITokenizer OpenTokenizer(Action<string> notice)
    {
        if (_checkpoint is not null)
        {
            if (!IsResumed && _settings.Vocabulary is not null)
                throw new InputException($"--vocab cannot be changed: {_settings.Model} is a checkpoint with a vocabulary of its own; leave --vocab out");
            return TokenizerFactory.Load(_checkpoint);
        }
        if (_settings.Vocabulary is null && _source is SampleWorld world)
            return new WordPieceTokenizer(new Vocabulary(world.Vocabulary, "sample"));
        return VocabularyOption.Open(_settings.Vocabulary, () => _source.Read().Sentences(Split.Train), _source.Name, notice);
    }

    private BertConfig OpenConfig(ITokenizer tokenizer)
    {
        if (_checkpoint is not null)
            return BertConfigJson.Load(Path.Combine(_checkpoint, CheckpointNames.Config));
        BertConfig config = NamedConfigs.Resolve(_settings.Model ?? (_settings.IsSample ? "tiny" : "mini"));
        return config with { VocabSize = tokenizer.VocabularySize, PadTokenId = tokenizer.Special.Pad };
    }

    private BertModel OpenModel(BertConfig config, ITokenizer tokenizer)
    {
        if (_checkpoint is null)
            return BertModel.Create(_kernels, ParameterLayout.For(config, _heads), tokenizer, _settings.Training.Seed);
        (BertModel model, LoadReport report) = BertModel.Load(_kernels, _checkpoint, _heads, seed: _settings.Training.Seed);
        if (IsResumed)
            report.RequireAll(_checkpoint);
        return model;
    }
}
