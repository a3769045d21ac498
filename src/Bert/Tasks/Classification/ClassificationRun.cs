using System.Text.Json.Nodes;
using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>A classifier's fine-tuning.</summary>
internal sealed class ClassificationRun(FineTunerOptions options, IKernels kernels) : FineTuningRun(options, kernels)
{
    private const int MlpWidth = 512, UsualLength = 250;

    private ClassificationPartition _data = null!;
    private Holdout? _holdout;
    private TableColumns? _columns;
    private EncodedExamples _train = null!;
    private EvaluationSplit _validation = null!;
    private ClassificationTask _task = null!;
    private IReadOnlyList<TextPrediction> _before = [];

    protected override ExampleTask Task => _task;

    protected override IReadOnlyList<string> BestBy => Metrics.BestBy;

    private ProblemMetrics Metrics => Own.Glue is { } glue ? ProblemMetrics.Of(Problem).With(GlueTask.Parse("", glue).Metrics) : ProblemMetrics.Of(Problem);

    private ProblemType Problem => _data.Train.ProblemType;

    private ClassificationOptions Own => (ClassificationOptions)Options.Task!;

    protected override (string, List<string>) Read(string path)
    {
        if (Own.SstSentences && Path.Exists(path) && !ClassificationData.AreTrees(path))
            throw new InputException($"`{nameof(Own.SstSentences)}` is for SST's trees: {path} is something else; leave it out");
        bool hasOwnParts = Options.Files is not { Validation: null, Test: null };
        if (!Options.IsResumed) // a run that goes on says what was found
            Own.RefuseWhatGlueSays(hasOwnParts);
        TableOptions table = Own.Table with { IsResumed = Options.IsResumed };
        ClassificationSplits splits = ClassificationData.Read(Options.Files, table, !Own.SstSentences);
        if (splits.Train.Columns is null && (Own.TextColumn ?? Own.Text2Column ?? Own.LabelColumn) is { } column)
            throw new InputException($"there are no columns, as {Printable.Quote(column)}: {path} is no table; leave `{nameof(Own.TextColumn)}` and the like out");
        if (splits.Train.Columns is null && !hasOwnParts && !Options.IsResumed && (table.OfDelimitedAlone ?? (Own.LabelSeparator is null ? null : nameof(Own.LabelSeparator))) is { } ofTables)
            throw new InputException($"`{ofTables}` is for tables: {path} is something else; leave it out");
        if (splits.Train.ProblemType == ProblemType.Regression && (Own.ClassWeights != ClassWeighting.None || Own.LabelSmoothing > 0))
            throw new InputException($"`{(Own.LabelSmoothing > 0 ? nameof(Own.LabelSmoothing) : nameof(Own.ClassWeights))}` is for classes, and the labels are numbers: {path}; leave it out");
        (_holdout, _columns) = (SplitWhere(splits.Validation is null), splits.Train.Columns);
        _data = ClassificationPartition.Of(splits, path, new PartitionOptions(_holdout ?? FineTunerOptions.UsualValidationSplit, Own.Fraction, Options.Seed));
        string fingerprint = _data.Fingerprint();
        List<string> notices = [.. _data.Notices];
        _data = _data.WithEvaluations(Options.EvalLimit, Options.Seed);
        return (fingerprint, notices);
    }

    protected override BertConfig Configure(BertConfig config) => ScoreKinds.Forget(config) with
    {
        Labels = _data.Train.LabelNames,
        ProblemType = ProblemTypes.NameOf(Problem),
        ClassifierHiddenSize = Own.Head == HeadKind.Mlp ? MlpWidth : 0,
        ClassifierPooling = Own.Pooling ?? Pooling.Cls,
    };

    protected override IEnumerable<string> Texts() => _data.Train.Examples.Select(e => e.Text);

    protected override FineTunerOptions Resolve(FineTunerOptions options) => options with
    {
        MaxLength = LengthOr(UsualLength),
        ValidationSplit = ShareOf(_holdout),
        // A separator says that there are several labels, which older versions did not take it for.
        Task = Own with { Pooling = Own.Pooling ?? Pooling.Cls, ProblemType = Own.ProblemType ?? (Own.LabelSeparator is null ? null : Problem), TruncationSide = Model.Truncate(Own.TruncationSide), TextColumn = _columns?.Text, Text2Column = _columns?.Text2, LabelColumn = _columns?.Label },
    };

    protected override void Prepare(Action<string> notice)
    {
        _train = Encode(_data.Train, "training", notice);
        _validation = new EvaluationSplit("valid", Encode(_data.Validation, "validation", notice));
        float[]? weights = Own.ClassWeights == ClassWeighting.None ? null
            : Problem == ProblemType.MultiLabel ? _data.Train.Balance.PositiveWeights(_data.Train.Examples.Count) : _data.Train.Balance.BalancedWeights;
        _task = new ClassificationTask(Kernels, Model, _train, [_validation], new ClassificationTraining(
            Options.BatchSize, Options.GradAccum, Options.Seed, weights, Own.LabelSmoothing, FeatureCache: IsFrozen ? Options.FeatureCache : null) { Cut = Options.MicroBatches ?? 1, Group = Options.Group });
        NoticeFeatures(_task, [.. _train.Sequences, .. _validation.Examples.Sequences], notice);
    }

    public override void Begin() => _before = Run.IsResumed ? ClassificationResult.ExamplesOf(RunDirectory.ReadOptions(Run.Path)) : Predict();

    protected override string Amounts() =>
        $"{_data.Train.Examples.Count:N0} training and {_data.Validation.Examples.Count:N0} validation texts "
        + (Problem switch { ProblemType.MultiLabel => $"with {_data.Train.Classes} labels", ProblemType.Regression => "with numbers", _ => $"of {_data.Train.Classes} classes" });

    protected override void AddFacts(JsonObject facts, JsonObject data)
    {
        data["train"] = _data.Train.Examples.Count;
        data["validation"] = _data.Validation.Examples.Count;
        data["test"] = _data.Test?.Examples.Count ?? 0;
        data["train_tokens"] = _train.Tokens;
        data["max_length"] = Options.MaxLength;
        facts["labels"] = new JsonArray([.. _data.Train.LabelNames.Select(name => (JsonNode)name)]);
        facts["examples_before"] = new JsonArray([.. _before.Select(p => (JsonNode)ClassificationResult.JsonOf(p, _data.Train.LabelNames))]);
    }

    protected override ReportTable TableOf(TrainerState state) => ClassificationResult.Table(state, Problem, Metrics, _data.Train.LabelNames);

    protected override IReadOnlyList<LineChart> ChartsOf(TrainerState state) => ClassificationResult.Charts(state, Metrics, Own);

    /// <inheritdoc/>
    public override TrainingResult Complete(TrainingResult result, Action<EvaluationProgress> watch, CancellationToken cancel)
    {
        TrainerState state = result.State;
        if (state.HasBest)
            Model.Restore(Run.Best);
        using var tape = new Tape(Kernels);
        List<TextOutcome> outcomes = [_task.Judge(tape, _validation, cancel, watch)];
        if (_data.Test is not null)
            outcomes.Add(_task.Judge(tape, new EvaluationSplit("test", Encode(_data.Test, "test", _ => { })), cancel, watch));
        IReadOnlyList<TextPrediction> after = Predict();
        IReadOnlyList<ExampleChange> changes = ClassificationResult.Changes(_before, after);
        TextOutcome last = outcomes[^1];
        TextOutcome[] baselines = Baselines(watch);
        string model = state.ModelName;
        IReadOnlyList<string> labels = _data.Train.LabelNames;
        return result with
        {
            Final = [.. outcomes.Select(outcome => outcome.ToEvaluation())],
            Tables = [.. result.Tables, .. ClassificationResult.Tables(outcomes, baselines, Metrics, labels, model), .. ClassificationResult.ChangeTables(changes)],
            Headline = ClassificationResult.Headline(last, Metrics),
            Facts = ClassificationResult.Facts([.. outcomes, .. baselines], _before, after, labels),
            Complete = report => last.AddTo(report, labels) with
            {
                Tables = [.. result.Tables, .. ClassificationResult.Tables(outcomes, baselines, Metrics, labels, model)],
                Examples = changes,
            },
        };
    }

    // What a reader who sees no order of words reaches on the same split.
    private TextOutcome[] Baselines(Action<EvaluationProgress> watch)
    {
        if (!Own.Baseline)
            return [];
        watch(new EvaluationProgress("bag of words", 0, 1, 0));
        ITextBaseline baseline = ITextBaseline.Train(_data.Train);
        return [.. new[] { ("valid", _data.Validation), ("test", _data.Test) }.Where(split => split.Item2 is not null)
            .Select(split => baseline.Judge(split.Item2!, $"{split.Item1}, bag of words"))];
    }

    private EncodedExamples Encode(ClassificationDataset data, string name, Action<string> notice)
    {
        var encoded = new EncodedExamples(data, Model.Tokenizer, Options.MaxLength!.Value).For(Model.Config);
        if (encoded.Truncated > 0)
            notice($"{encoded.Truncated:N0} of {encoded.Count:N0} {name} texts are over {Options.MaxLength} tokens and were cut");
        return encoded;
    }

    private IReadOnlyList<TextPrediction> Predict()
    {
        if (Own.Examples.Count == 0)
            return [];
        using var classifier = new TextClassifier(Kernels, Model, Options.MaxLength!.Value);
        return classifier.Predict([.. Own.Examples.Select(text => (text, (string?)null))]);
    }
}
