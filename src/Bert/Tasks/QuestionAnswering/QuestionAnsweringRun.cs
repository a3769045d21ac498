using System.Text.Json.Nodes;
using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>Fine-tuning for question answering.</summary>
internal sealed class QuestionAnsweringRun(FineTunerOptions options, IKernels kernels) : FineTuningRun(options, kernels)
{
    private SquadDataset _trainData = null!, _validData = null!;
    private SquadDataset? _testData;
    private QaEncoding _encoding = null!;
    private QaExamples _train = null!, _valid = null!;
    private QuestionAnsweringTask _task = null!;
    private Holdout? _holdout;

    protected override ExampleTask Task => _task;

    private QuestionAnsweringOptions Own => (QuestionAnsweringOptions)Options.Task!;

    protected override (string, List<string>) Read(string path)
    {
        DataFiles files = Options.Files.InFolder(SquadReader.Extensions);
        SquadDataset train = SquadReader.Read(files.Train);
        List<string> notices = [.. train.Notices];
        _holdout = SplitWhere(files.Validation is null);
        if (files.Validation is string file)
        {
            (_trainData, _validData) = (train, SquadReader.Read(file));
            notices.AddRange(_validData.Notices);
        }
        else
        {
            (_trainData, _validData) = train.SplitByArticle(_holdout!.Value, Options.Seed);
            notices.Add($"no `Validation`: {_validData.Articles.Count:N0} of {train.Articles.Count:N0} articles with {_validData.QuestionCount:N0} questions are set aside");
        }
        if (files.Test is string test)
        {
            _testData = SquadReader.Read(test);
            notices.AddRange(_testData.Notices);
        }
        string fingerprint = QaExamples.Fingerprint(_testData is null ? [_trainData, _validData] : [_trainData, _validData, _testData]);
        (_validData, _testData) = (_validData.Sample(Options.EvalLimit), _testData?.Sample(Options.EvalLimit));
        return (fingerprint, notices);
    }

    protected override BertConfig Configure(BertConfig config) => config with { Labels = [], ProblemType = null, NoAnswerThreshold = null };

    protected override IEnumerable<string> Texts() => _trainData.Questions.SelectMany(q => new[] { q.Question.Question, q.Paragraph.Context }).Distinct();

    protected override FineTunerOptions Resolve(FineTunerOptions options)
    {
        _encoding = QaEncoding.For(Model.Config.MaxPositions, options.MaxLength, Own.DocStride, Own.MaxQuestion);
        return options with
        {
            MaxLength = _encoding.MaxLength,
            ValidationSplit = ShareOf(_holdout),
            Task = Own with { DocStride = _encoding.DocStride, MaxQuestion = _encoding.MaxQuestion },
        };
    }

    protected override void Prepare(Action<string> notice)
    {
        _train = QaExamples.ForTraining(_trainData, Model.Tokenizer, _encoding);
        _valid = QaExamples.ForEvaluation(_validData, Model.Tokenizer, _encoding);
        foreach (string line in Unmapped())
        {
            Notices.Add(line);
            notice(line);
        }
        _task = new QuestionAnsweringTask(Kernels, Model, _train, [("valid", _valid)],
            new QaTraining(Options.BatchSize, Options.GradAccum, Options.Seed, Own.Decoder, IsFrozen ? Options.FeatureCache : null) { Cut = Options.MicroBatches ?? 1, Group = Options.Group });
        NoticeFeatures(_task, [.. _train.Sequences, .. _valid.Sequences], notice);
    }

    protected override string Heading => "Question answering";

    protected override ReportTable TableOf(TrainerState state) => QaResult.Table(state);

    protected override IReadOnlyList<LineChart> ChartsOf(TrainerState state) => QaResult.Charts(state);

    protected override string Amounts() =>
        $"{_train.Questions.Count:N0} training questions in {_train.Count:N0} windows, {_valid.Questions.Count:N0} validation questions";

    protected override void AddFacts(JsonObject facts, JsonObject data)
    {
        data["train"] = _train.Questions.Count;
        data["validation"] = _valid.Questions.Count;
        data["test"] = _testData?.QuestionCount ?? 0;
        data["train_windows"] = _train.Count;
        data["train_tokens"] = _train.Tokens;
        data["max_length"] = _encoding.MaxLength;
        data["doc_stride"] = _encoding.DocStride;
        data["max_question"] = _encoding.MaxQuestion;
    }

    /// <inheritdoc/>
    public override TrainingResult Complete(TrainingResult result, Action<EvaluationProgress> watch, CancellationToken cancel)
    {
        EvaluationRecord final = result.State.History.Last(e => !result.State.HasBest || e.Step == result.State.BestStep);
        Evaluation? test = Test(result.State, final, watch, cancel);
        var facts = new JsonObject { ["valid"] = new JsonObject(final.Metrics.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value))) };
        if (test is not null)
            facts["test"] = new JsonObject(test.Metrics.Select(m => KeyValuePair.Create(m.Name, (JsonNode?)m.Value)));
        return result with
        {
            Final = test is null ? [] : [new Evaluation("valid", [.. final.Metrics.Select(m => new Metric(m.Key, m.Value))]), test],
            Tables = [.. result.Tables, QaResult.Table(result.State, final), .. test is null ? Array.Empty<ReportTable>() : [QaResult.Test(test)]],
            Headline = QaResult.Headline(final),
            Facts = facts,
        };
    }

    // With the threshold that was chosen on the validation questions.
    private Evaluation? Test(TrainerState state, EvaluationRecord final, Action<EvaluationProgress> watch, CancellationToken cancel)
    {
        if (_testData is null)
            return null;
        if (state.HasBest)
            Model.Restore(Run.Best);
        using var tape = new Tape(Kernels);
        QaExamples examples = QaExamples.ForEvaluation(_testData, Model.Tokenizer, _encoding);
        double? threshold = final.Metrics.TryGetValue("no_answer_threshold", out double chosen) ? chosen : null;
        return new QaEvaluator(Model, Own.Decoder).Evaluate(tape, "test", examples, cancel, watch).ToEvaluation(threshold);
    }

    private IEnumerable<string> Unmapped()
    {
        if (_train.LeftOut > 0)
            yield return $"{_train.LeftOut:N0} training questions are empty, or have no answer in their context that a window holds, and were left out";
        if (_train.CutQuestions + _valid.CutQuestions is > 0 and int cut)
            yield return $"{cut:N0} questions are over {_encoding.MaxQuestion} tokens and lost their end; `MaxQuestion` says where";
        if (_valid.Unmapped > 0)
            yield return $"{_valid.Unmapped:N0} validation answers lie in no window as a whole: the model cannot give them";
    }
}
