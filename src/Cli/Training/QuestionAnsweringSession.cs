using System.Text.Json.Nodes;
using BareBert.Autograd;
using BareBert.Bert;
using BareBert.Cli.Display;
using BareBert.Kernels;

namespace BareBert.Cli;

/// <summary>Everything that fine-tuning for question answering needs, opened in an order in which wrong input shows before anything is written.</summary>
internal sealed class QuestionAnsweringSession : ITrainingSession
{
    private const int Epochs = 2;

    private readonly FinetuneSettings _settings;
    private readonly IKernels _kernels;
    private readonly SquadDataset _trainData, _validData;
    private readonly string _fingerprint;
    private readonly List<string> _notices;
    private readonly BertModel _model;
    private readonly TrainingPlan _plan;
    private readonly QaEncoding _encoding;
    private readonly QaExamples _train, _valid;
    private readonly QuestionAnsweringTask _task;

    private QuestionAnsweringSession(FinetuneSettings settings, IKernels kernels, Action<string> notice)
    {
        (_settings, _kernels) = (settings, kernels);
        QaTrainingSettings own = settings.QuestionAnswering;
        if (own.BestBy == BestBy.Accuracy)
            throw new InputException("--best-by accuracy is for classification: give loss, em or f1");
        string runPath = settings.Training.OutOr("finetune");
        RunDirectory.Require(runPath, settings.Training.Opening);
        (_trainData, _validData, _notices) = Read(settings);
        foreach (string line in _notices)
            notice(line);
        _fingerprint = QaExamples.Fingerprint(_trainData, _validData);
        settings.RequireSameData(_fingerprint);
        (_model, _plan) = StartingModel.Open(kernels, settings, BertTasks.QuestionAnswering, config => config with { Labels = [], NoAnswerThreshold = null },
            _trainData.Questions.SelectMany(q => new[] { q.Question.Question, q.Paragraph.Context }).Distinct(), notice);
        _encoding = own.Windows.EncodingFor(_model, own.MaxLength);
        _train = QaExamples.ForTraining(_trainData, _model.Tokenizer, _encoding);
        _valid = QaExamples.ForEvaluation(_validData, _model.Tokenizer, _encoding);
        foreach (string line in Unmapped())
        {
            _notices.Add(line);
            notice(line);
        }
        _task = new QuestionAnsweringTask(kernels, _model, _train, [("valid", _valid)],
            new QaTraining(settings.Training.BatchSize, settings.Training.GradAccum, settings.Training.Seed, own.Windows.Decoder,
            FeatureCache: IsFrozen ? own.FeatureCache : null));
        if (IsFrozen && _task.FeatureBytes > own.FeatureCache)
        {
            notice($"the frozen encoder's output of all windows takes {ByteSizes.Format(_task.FeatureBytes)}, of which --feature-cache keeps {ByteSizes.Format(own.FeatureCache)}: "
                + "the other windows run through the encoder every epoch; a larger one saves that time");
        }
        Run = RunDirectory.Open(runPath, settings.Training.Opening);
    }

    public RunDirectory Run { get; }

    /// <summary>Opens everything.</summary>
    /// <exception cref="InputException">Something the user gave is wrong.</exception>
    public static QuestionAnsweringSession Open(FinetuneSettings settings, IKernels kernels, Action<string> notice) => new(settings, kernels, notice);

    public string Title() => $"{_model.Layout.ArchitectureName} ({_settings.Method.ToString().ToLowerInvariant()}) on {_settings.Data}: "
        + $"{_train.Questions.Count:N0} training questions in {_train.Count:N0} windows, {_valid.Questions.Count:N0} validation questions, "
        + $"{_kernels.Name}, in {Path.GetRelativePath(".", Run.Path)}";

    public JsonObject Facts()
    {
        JsonObject facts = RunFile.FactsOf("qa", _model, _kernels);
        facts["data"] = new JsonObject
        {
            ["fingerprint"] = _fingerprint,
            ["train"] = _train.Questions.Count,
            ["validation"] = _valid.Questions.Count,
            ["train_windows"] = _train.Count,
            ["train_tokens"] = _train.Tokens,
            ["max_length"] = _encoding.MaxLength,
            ["doc_stride"] = _encoding.DocStride,
            ["max_question"] = _encoding.MaxQuestion,
        };
        return facts;
    }

    public Trainer NewTrainer(ITrainingObserver observer) =>
        new(_kernels, _task, _settings.ToTrainer(Epochs, _settings.QuestionAnswering.BestBy, _model.Config, _plan), Run, observer);

    public RunSummary Summarise(TrainerState state, TrainingEnd end, CancellationToken cancel)
    {
        EvaluationRecord final = state.History.Last(e => !state.HasBest || e.Step == state.BestStep);
        return new RunSummary
        {
            Run = Run,
            End = end,
            State = state,
            Title = $"Question answering on {Path.GetFileName(_settings.Data!)}",
            Dataset = Path.GetFileName(_settings.Data!),
            Model = _model,
            Memory = _kernels.Memory,
            Tables = QaResult.Tables(state, final),
            Notes = [.. _notices, .. FrozenNotes()],
            Charts = QaResult.Charts(state),
            Headline = QaResult.Headline(final),
            Facts = new JsonObject { ["valid"] = new JsonObject(final.Metrics.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value))) },
        };
    }

    public void Dispose()
    {
        _task.Dispose();
        _model.Dispose();
    }

    private static (SquadDataset Train, SquadDataset Valid, List<string> Notices) Read(FinetuneSettings settings)
    {
        QaTrainingSettings own = settings.QuestionAnswering;
        SquadDataset train = SquadReader.Read(settings.Data ?? throw new InputException("no data to learn from: --data is missing; give a SQuAD file"));
        List<string> notices = [.. train.Notices];
        if (own.Validation is string file)
        {
            SquadDataset valid = SquadReader.Read(file);
            return (train, valid, [.. notices, .. valid.Notices]);
        }
        (SquadDataset rest, SquadDataset aside) = train.SplitByArticle(settings.Classification.Partition.ValidationSplit, settings.Training.Seed);
        notices.Add($"no --validation: {aside.Articles.Count:N0} of {train.Articles.Count:N0} articles with {aside.QuestionCount:N0} questions are set aside");
        return (rest, aside, notices);
    }

    private bool IsFrozen => _settings.Method == FineTuningMethod.Frozen;

    private string[] FrozenNotes() => !IsFrozen ? []
        : _task.KeepsAllFeatures ? ["the encoder is frozen: its output was computed once, without dropout, and only the head learned"]
        : [$"the encoder is frozen: its output was computed without dropout, and what --feature-cache ({ByteSizes.Format(_settings.QuestionAnswering.FeatureCache)}) holds of its {ByteSizes.Format(_task.FeatureBytes)} was kept; the rest was computed anew every epoch"];

    private IEnumerable<string> Unmapped()
    {
        if (_train.LeftOut > 0)
            yield return $"{_train.LeftOut:N0} training questions are empty, or have no answer in their context that a window holds, and were left out";
        if (_train.CutQuestions + _valid.CutQuestions is > 0 and int cut)
            yield return $"{cut:N0} questions are over {_encoding.MaxQuestion} tokens and lost their end; --max-question says where";
        if (_valid.Unmapped > 0)
            yield return $"{_valid.Unmapped:N0} validation answers lie in no window as a whole: the model cannot give them";
    }
}
