using System.Text.Json.Nodes;
using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>Fine-tuning for classes of words.</summary>
internal sealed class TokenClassificationRun(FineTunerOptions options, IKernels kernels) : FineTuningRun(options, kernels)
{
    private const int UsualLength = 256;

    private static readonly (string Title, string Metric)[] Columns =
        [("valid loss", "loss"), ("accuracy", "accuracy"), ("precision", "precision"), ("recall", "recall"), ("F1", "f1")];

    private ConllSplits _data = null!;
    private string[] _labels = [];
    private TokenExamples _train = null!, _valid = null!;
    private TokenClassificationTask _task = null!;
    private Holdout? _holdout;

    protected override ExampleTask Task => _task;

    protected override (string, List<string>) Read(string path)
    {
        _data = ConllReader.ReadSplits(Options.Files);
        List<string> notices = [];
        _holdout = SplitWhere(_data.Validation is null);
        if (_holdout is { } holdout)
        {
            _data = _data.WithValidation(holdout, Options.Seed);
            notices.Add($"no validation split: {_data.Validation!.Count:N0} of the sentences are set aside");
        }
        _labels = [.. _data.Train.SelectMany(s => s.Labels).Distinct().OrderBy(label => label != "O").ThenBy(label => label, StringComparer.Ordinal)];
        if (_labels.Length < 2)
            throw new InputException($"every word is of one class, {Printable.Quote(_labels[0])}: {path}; there is nothing to tell apart");
        string[] unseen = [.. _data.Validation!.Concat(_data.Test ?? []).SelectMany(s => s.Labels).Distinct().Except(_labels)];
        if (unseen.Length > 0)
            notices.Add($"labels without a word to learn them from: {string.Join(", ", unseen.Select(Printable.Quote))}");
        string fingerprint = _data.Fingerprint();
        _data = _data.WithEvaluations(Options.EvalLimit);
        return (fingerprint, notices);
    }

    protected override BertConfig Configure(BertConfig config) => ScoreKinds.Forget(config) with { Labels = _labels };

    protected override IEnumerable<string> Texts() => _data.Train.Select(s => string.Join(' ', s.Words));

    protected override FineTunerOptions Resolve(FineTunerOptions options) => options with { MaxLength = LengthOr(UsualLength), ValidationSplit = ShareOf(_holdout) };

    protected override void Prepare(Action<string> notice)
    {
        (_train, _valid) = (Encode(_data.Train), Encode(_data.Validation!));
        _task = new TokenClassificationTask(Kernels, Model, _train, [("valid", _valid)],
            new ExampleTraining(Options.BatchSize, Options.GradAccum, Options.Seed, IsFrozen ? Options.FeatureCache : null) { Cut = Options.MicroBatches ?? 1, Group = Options.Group });
        NoticeFeatures(_task, [.. _train.Sequences, .. _valid.Sequences], notice);
    }

    protected override string Heading => "Classes of words";

    protected override ReportTable TableOf(TrainerState state) => new(
        "Metrics by epoch, on the validation sentences", ["epoch", "step", "training loss", .. Columns.Select(c => c.Title)],
        [.. state.History.Select(e => (IReadOnlyList<string>)[$"{e.Epoch:0.##}", $"{e.Step:N0}", EvaluationText.Cell(e, "train_loss"), .. Columns.Select(c => EvaluationText.Cell(e, c.Metric))])],
        "Precision, recall and F1 are those of whole entities.");

    protected override IReadOnlyList<LineChart> ChartsOf(TrainerState state) =>
        [.. RunCharts.Losses(state), new("Validation", "epoch", "share", [.. Columns.Skip(1).Select(c => RunCharts.Curve(state, c.Title, "valid", c.Metric))])];

    protected override string Amounts() => $"{_data.Train.Count:N0} training and {_data.Validation!.Count:N0} validation sentences with {_labels.Length} labels";

    protected override void AddFacts(JsonObject facts, JsonObject data)
    {
        data["train"] = _data.Train.Count;
        data["validation"] = _data.Validation!.Count;
        data["test"] = _data.Test?.Count ?? 0;
        data["train_tokens"] = _train.Tokens;
        data["max_length"] = Options.MaxLength;
        facts["labels"] = new JsonArray([.. _labels.Select(name => (JsonNode)name)]);
    }

    /// <inheritdoc/>
    public override TrainingResult Complete(TrainingResult result, Action<EvaluationProgress> watch, CancellationToken cancel)
    {
        TrainerState state = result.State;
        if (state.HasBest)
            Model.Restore(Run.Best);
        using var tape = new Tape(Kernels);
        List<Evaluation> final = [_task.Judge(tape, "valid", _valid, cancel, watch).ToEvaluation()];
        if (_data.Test is not null)
            final.Add(_task.Judge(tape, "test", Encode(_data.Test), cancel, watch).ToEvaluation());
        string model = state.ModelName;
        return result with
        {
            Final = final,
            Tables =
            [
                .. result.Tables,
                new($"At the end, {model}", ["split", "loss", .. Columns.Skip(1).Select(c => c.Title)],
                    [.. final.Select(e => (IReadOnlyList<string>)[e.Split, .. Columns.Select(c => EvaluationText.Value(new Metric(c.Metric, e[c.Metric])))])]),
            ],
            Headline = [.. final[^1].Metrics.Select(m => new ReportEntry($"{final[^1].Split} {EvaluationText.Title(m.Name)}", EvaluationText.Value(m)))],
            Facts = new JsonObject(final.Select(e => KeyValuePair.Create(e.Split, (JsonNode?)new JsonObject(e.Metrics.Select(m => KeyValuePair.Create(m.Name, (JsonNode?)m.Value)))))),
        };
    }

    private TokenExamples Encode(IReadOnlyList<LabelledSentence> sentences) => new(sentences, _labels, Model.Tokenizer, Options.MaxLength!.Value);
}
