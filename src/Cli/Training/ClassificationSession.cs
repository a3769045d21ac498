using System.Text.Json.Nodes;
using BareBert.Autograd;
using BareBert.Bert;
using BareBert.Cli.Display;
using BareBert.Kernels;

namespace BareBert.Cli;

/// <summary>Everything a classifier's fine-tuning needs, opened in an order in which wrong input shows before anything is written.</summary>
internal sealed class ClassificationSession : ITrainingSession
{
    private const int Epochs = 3, MlpWidth = 512;

    private readonly FinetuneSettings _settings;
    private readonly IKernels _kernels;
    private readonly ClassificationPartition _data;
    private readonly string _fingerprint;
    private readonly BertModel _model;
    private readonly TrainingPlan _plan;
    private readonly EncodedExamples _train;
    private readonly EvaluationSplit _validation;
    private readonly ClassificationTask _task;
    private readonly IReadOnlyList<TextPrediction> _before;

    private ClassificationSession(FinetuneSettings settings, IKernels kernels, Action<string> notice)
    {
        (_settings, _kernels) = (settings, kernels);
        ClassificationSettings own = settings.Classification;
        if (own.BestBy == BestBy.Em)
            throw new InputException("--best-by em is for question answering: give loss, accuracy or f1");
        string runPath = settings.Training.OutOr("finetune");
        RunDirectory.Require(runPath, settings.Training.Opening);
        string path = settings.Data ?? throw new InputException("no data to learn from: --data is missing; give a table, or the folder of IMDB or SST");
        _data = ClassificationPartition.Of(ClassificationData.Read(path, own.Columns, !own.SstSentences), path, own.Partition);
        _fingerprint = _data.Fingerprint();
        foreach (string line in _data.Notices)
            notice(line);
        settings.RequireSameData(_fingerprint);
        (_model, _plan) = StartingModel.Open(kernels, settings, BertTasks.Classification, Configure, _data.Train.Examples.Select(e => e.Text), notice);

        _train = Encode(_data.Train, "training", notice);
        _validation = new EvaluationSplit("valid", Encode(_data.Validation, "validation", notice));
        float[]? weights = own.ClassWeights == ClassWeighting.Balanced ? _data.Train.Balance.BalancedWeights : null;
        _task = new ClassificationTask(kernels, _model, _train, [_validation], new ClassificationTraining(
            settings.Training.BatchSize, settings.Training.GradAccum, settings.Training.Seed, weights, own.LabelSmoothing,
            CachesEncoder: settings.Method == FineTuningMethod.Frozen));
        Run = RunDirectory.Open(runPath, settings.Training.Opening);
        _before = Run.IsResumed ? ClassificationResult.ExamplesOf(RunDirectory.ReadOptions(Run.Path)) : Predict();
    }

    public RunDirectory Run { get; }

    // The most tokens of a text.
    private int MaxLength => Math.Min(_settings.MaxLength, _model.Config.MaxPositions);

    /// <summary>Opens everything.</summary>
    /// <exception cref="InputException">Something the user gave is wrong.</exception>
    public static ClassificationSession Open(FinetuneSettings settings, IKernels kernels, Action<string> notice) => new(settings, kernels, notice);

    public string Title() => $"{_model.Layout.ArchitectureName} ({_settings.Method.ToString().ToLowerInvariant()}) on {_settings.Data}: "
        + $"{_data.Train.Examples.Count:N0} training and {_data.Validation.Examples.Count:N0} validation texts of {_data.Train.Classes} classes, "
        + $"{_kernels.Name}, in {Path.GetRelativePath(".", Run.Path)}";

    public JsonObject Facts()
    {
        JsonObject facts = RunFile.FactsOf("classification", _model, _kernels);
        facts["data"] = new JsonObject
        {
            ["fingerprint"] = _fingerprint,
            ["train"] = _data.Train.Examples.Count,
            ["validation"] = _data.Validation.Examples.Count,
            ["test"] = _data.Test?.Examples.Count ?? 0,
            ["train_tokens"] = _train.Tokens,
            ["max_length"] = MaxLength,
        };
        facts["labels"] = new JsonArray([.. _data.Train.LabelNames.Select(name => (JsonNode)name)]);
        facts["examples_before"] = new JsonArray([.. _before.Select(p => (JsonNode)ClassificationResult.JsonOf(p, _data.Train.LabelNames))]);
        return facts;
    }

    public Trainer NewTrainer(ITrainingObserver observer) =>
        new(_kernels, _task, _settings.ToTrainer(Epochs, _settings.Classification.BestBy, _model.Config, _plan), Run, observer);

    public RunSummary Summarise(TrainerState state, TrainingEnd end, CancellationToken cancel)
    {
        if (state.HasBest)
            _model.Restore(Run.Best);
        using var tape = new Tape(_kernels);
        List<ClassificationOutcome> outcomes = [_task.Judge(tape, _validation, cancel)];
        if (_data.Test is not null)
            outcomes.Add(_task.Judge(tape, new EvaluationSplit("test", Encode(_data.Test, "test", _ => { })), cancel));
        IReadOnlyList<TextPrediction> after = Predict();
        IReadOnlyList<ExampleChange> changes = ClassificationResult.Changes(_before, after);
        ClassificationOutcome last = outcomes[^1];
        ClassificationOutcome[] baselines = Baselines();
        string dataset = Path.GetFileName(Path.TrimEndingDirectorySeparator(_settings.Data!));
        string model = state.HasBest ? $"the best model, of step {state.BestStep:N0}" : "the last model: none was better than the first";
        return new RunSummary
        {
            Run = Run,
            End = end,
            State = state,
            Title = $"Fine-tuning on {dataset}",
            Model = _model,
            Dataset = dataset,
            Memory = _kernels.Memory,
            Tables = ClassificationResult.Tables(state, outcomes, baselines, _data.Train.LabelNames, model, changes),
            Notes = _settings.Method == FineTuningMethod.Frozen
                ? [.. _data.Notices, "the encoder is frozen: its output was computed once, without dropout, and only the head learned"] : _data.Notices,
            Charts = ClassificationResult.Charts(state),
            Headline = ClassificationResult.Headline(last),
            Facts = ClassificationResult.Facts([.. outcomes, .. baselines], _before, after, _data.Train.LabelNames),
            Complete = report => report with
            {
                Roc = ClassificationResult.Roc(last, _data.Train.LabelNames),
                Confusion = last.Report().Confusion,
                LabelNames = _data.Train.LabelNames,
                Examples = changes,
            },
        };
    }

    public void Dispose()
    {
        _task.Dispose();
        _model.Dispose();
    }

    // What a reader who sees no order of words reaches on the same split.
    private ClassificationOutcome[] Baselines()
    {
        if (!_settings.Classification.Baseline)
            return [];
        BagOfWordsBaseline baseline = BagOfWordsBaseline.Train(_data.Train);
        return [.. new[] { ("valid", _data.Validation), ("test", _data.Test) }.Where(split => split.Item2 is not null)
            .Select(split => baseline.Judge(split.Item2!, $"{split.Item1}, bag of words"))];
    }

    private BertConfig Configure(BertConfig config) => config with
    {
        Labels = _data.Train.LabelNames,
        ClassifierHiddenSize = _settings.Classification.Head == HeadKind.Mlp ? MlpWidth : 0,
    };

    private EncodedExamples Encode(ClassificationDataset data, string name, Action<string> notice)
    {
        var encoded = new EncodedExamples(data, _model.Tokenizer, MaxLength);
        if (encoded.Truncated > 0)
            notice($"{encoded.Truncated:N0} of {encoded.Count:N0} {name} texts are over {MaxLength} tokens and were cut");
        return encoded;
    }

    private IReadOnlyList<TextPrediction> Predict()
    {
        string[] texts = _settings.Classification.Examples;
        if (texts.Length == 0)
            return [];
        using var classifier = new TextClassifier(_kernels, _model, MaxLength);
        return classifier.Predict([.. texts.Select(text => (text, (string?)null))]);
    }
}
