using System.Text.Json.Nodes;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>Fine-tuning for vectors of texts.</summary>
internal sealed class SentenceEmbeddingRun(FineTunerOptions options, IKernels kernels) : FineTuningRun(options, kernels)
{
    private const int UsualLength = 128;

    private static readonly string[] Metrics = ["loss", "recall@1", "recall@5", "recall@10", "mrr", "ndcg@10", "spearman", "pearson"];

    private EmbeddingData _data = null!;
    private SentenceExamples _train = null!;
    private SentenceEmbeddingTask _task = null!;
    private Holdout? _holdout;

    protected override ExampleTask Task => _task;

    private SentenceEmbeddingOptions Own => (SentenceEmbeddingOptions)Options.Task!;

    protected override string UsualBestBy => IsScored(_data.Validation!) ? "spearman" : "mrr";

    protected override (string, List<string>) Read(string path)
    {
        if (IsFrozen)
            throw new InputException($"`{nameof(Options.Method)}` frozen leaves nothing to learn: vectors of texts are the encoder's own, without a head; give full, lora or adapter");
        _data = EmbeddingData.Read(Options.Files, Own.Columns with { Table = Own.Columns.Table with { IsResumed = Options.IsResumed } });
        List<string> notices = [.. _data.Train.Notices];
        _holdout = SplitWhere(_data.Validation is null);
        if (_holdout is { } holdout)
        {
            _data = _data.WithValidation(holdout, Options.Seed);
            notices.Add($"no validation split: {_data.Validation!.Pairs!.Pairs.Count:N0} of the pairs are set aside");
        }
        if (Options.BestBy is { } best && best is not ("spearman" or "pearson") == IsScored(_data.Validation!))
            throw new InputException($"`{nameof(Options.BestBy)}` {best} is not measured on {Describe(_data.Validation!)}: give {(IsScored(_data.Validation!) ? "spearman or pearson" : "mrr, ndcg@10, recall@1 or loss")}");
        notices.AddRange(new[] { _data.Validation, _data.Test }.SelectMany(test => test?.Pairs?.Notices ?? []));
        string fingerprint = _data.Fingerprint();
        _data = _data.WithEvaluations(Options.EvalLimit);
        return (fingerprint, notices);
    }

    protected override BertConfig Configure(BertConfig config) => config with { Labels = [], ProblemType = null };

    protected override IEnumerable<string> Texts() => _data.Train.Pairs.SelectMany(p => new[] { p.Anchor, p.Positive, p.Negative }.OfType<string>());

    protected override FineTunerOptions Resolve(FineTunerOptions options)
    {
        SentenceModules known = Model.Sentence ?? new SentenceModules { Normalizes = true };
        int length = LengthOr(known.MaxLength ?? UsualLength);
        Model.Sentence = known.WithPrompts(Own.QueryPrompt, Own.DocumentPrompt) with { Pooling = Own.Pooling ?? known.Pooling, MaxLength = length };
        if (Model.Sentence is { PoolsPrompt: false, Prompts.Count: > 0 })
            throw new InputException($"not supported: {Options.Model} leaves its prompts out of the mean (include_prompt), which is not trained here; train another model");
        return options with { MaxLength = length, ValidationSplit = ShareOf(_holdout), Task = Own with { Pooling = Model.Sentence.Pooling, TruncationSide = Model.Truncate(Own.TruncationSide) } };
    }

    protected override void Prepare(Action<string> notice)
    {
        _train = new SentenceExamples(_data.Train.Pairs, Model.Tokenizer, Model.Sentence!, Options.MaxLength!.Value);
        if (_train.Parts == 2 && Math.Min(Options.BatchSize, _data.Train.Pairs.Count) == 1)
        {
            throw new InputException($"nothing to learn from batches of one pair: a text learns to tell its partner from the others of its batch; "
                + (Options.BatchSize == 1 ? $"give a `{nameof(Options.BatchSize)}` of 2 or more, or a column `negative`" : "give more pairs, or a column `negative`"));
        }
        if (_train.Truncated > 0)
            notice($"{_train.Truncated:N0} of {_train.Sequences.Count:N0} training texts are over {Options.MaxLength} tokens and were cut");
        _task = new SentenceEmbeddingTask(Kernels, Model, _train, [_data.Validation!], Own.Scale, Options.MaxLength.Value,
            new ExampleTraining(Options.BatchSize, Options.GradAccum, Options.Seed) { Group = Options.Group });
    }

    protected override string Amounts() =>
        $"{_data.Train.Pairs.Count:N0} training {(_train.Parts == 3 ? "triplets" : "pairs")}, validation on {Describe(_data.Validation!)}";

    protected override void AddFacts(JsonObject facts, JsonObject data)
    {
        data["train"] = _data.Train.Pairs.Count;
        data["validation"] = Describe(_data.Validation!);
        data["test"] = _data.Test is null ? null : Describe(_data.Test);
        data["train_tokens"] = _train.Tokens;
        data["max_length"] = Options.MaxLength;
        facts["pooling"] = Model.Sentence!.Pooling.ToString().ToLowerInvariant();
    }

    protected override string Heading => "Vectors of texts";

    protected override ReportTable TableOf(TrainerState state)
    {
        string[] metrics = Watched(state);
        return new("Metrics by epoch, on the validation data", ["epoch", "step", "training loss", .. metrics.Select(EvaluationText.Title)],
            [.. state.History.Select(e => (IReadOnlyList<string>)[$"{e.Epoch:0.##}", $"{e.Step:N0}", EvaluationText.Cell(e, "train_loss"), .. metrics.Select(m => EvaluationText.Cell(e, m))])]);
    }

    protected override IReadOnlyList<LineChart> ChartsOf(TrainerState state) =>
        [.. RunCharts.Losses(state), new("Validation", "epoch", "share", [.. Watched(state).Where(m => m != "loss").Select(m => RunCharts.Curve(state, EvaluationText.Title(m), "valid", m))])];

    /// <inheritdoc/>
    public override TrainingResult Complete(TrainingResult result, Action<EvaluationProgress> watch, CancellationToken cancel)
    {
        TrainerState state = result.State;
        if (state.HasBest)
            Model.Restore(Run.Best);
        Evaluation[] final = [.. new[] { _data.Validation, _data.Test }.OfType<EmbeddingTest>().Select(test => _task.Judge(test, cancel, watch))];
        string model = state.ModelName;
        return result with
        {
            Final = final,
            Tables =
            [
                .. result.Tables,
                .. final.Select(e => new ReportTable($"At the end, {model}, {e.Split}", [.. e.Metrics.Select(m => EvaluationText.Title(m.Name))], [[.. e.Metrics.Select(EvaluationText.Value)]])),
            ],
            Headline = [.. final[^1].Metrics.Where(m => IsShown(m.Name)).Select(m => new ReportEntry($"{final[^1].Split} {EvaluationText.Title(m.Name)}", EvaluationText.Value(m)))],
            Facts = new JsonObject(final.Select(e => KeyValuePair.Create(e.Split, (JsonNode?)new JsonObject(e.Metrics.Select(m => KeyValuePair.Create(m.Name, (JsonNode?)m.Value)))))),
        };
    }

    // The metrics of whatever is validated on; loss and time stand apart.
    private static string[] Watched(TrainerState state) =>
        state.History.Count == 0 ? [] : [.. Metrics.Where(state.History[0].Metrics.ContainsKey)];

    private static bool IsShown(string metric) => Metrics.Contains(metric);

    private static bool IsScored(EmbeddingTest test) => test.Pairs?.Scores is not null;

    private static string Describe(EmbeddingTest test) => test.Search is { } search
        ? $"{search.Queries.Count:N0} queries among {search.Documents.Count:N0} documents" : $"{test.Pairs!.Pairs.Count:N0} {(IsScored(test) ? "scored pairs" : "pairs")}";
}
