using System.Text.Json.Nodes;
using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>How a pretrained model is measured on a corpus.</summary>
public sealed record CorpusEvaluatorOptions
{
    /// <summary>A corpus as <see cref="CorpusSource"/> takes it; empty: the one that the run was trained on.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>The most tokens of an example; null: the run's own, or 128.</summary>
    public int? SequenceLength { get; init; }

    /// <summary>Examples at a time; null: the run's own, so that not even rounding differs from what it logged, or 32.</summary>
    public int? BatchSize { get; init; }

    /// <summary>Mask every token of at most so many sentences of each split in turn, instead of some of each example; null: do not.</summary>
    public int? PseudoSentences { get; init; }
}

/// <summary>Measures a pretrained model on a corpus, as its training would have.</summary>
public static class CorpusEvaluator
{
    /// <summary>Examples at a time where nothing says how many.</summary>
    public const int StandardBatch = 32;

    /// <summary>Evaluates the validation and the test split, as far as there are such.</summary>
    /// <param name="location">The model.</param>
    /// <param name="options">On what.</param>
    /// <param name="inference">Where, and who watches; null: the usual.</param>
    /// <param name="cancel">Stops.</param>
    /// <returns>What the corpus is called, and an evaluation for each split.</returns>
    /// <exception cref="InputException">There are no data, or neither split; or a length does not fit the model.</exception>
    public static (string Source, IReadOnlyList<Evaluation> Evaluations) Evaluate(
        ModelLocation location, CorpusEvaluatorOptions options, InferenceOptions? inference = null, CancellationToken cancel = default)
    {
        inference ??= new InferenceOptions();
        Action<string> notice = inference.Notice ?? (_ => { });
        using IKernels kernels = inference.OpenDevice();
        IReadOnlyList<string> data = options.Data.Count > 0 ? options.Data : DataOf(location);
        // Every token masked in turn takes no head but that of the words.
        bool wordsAlone = options.PseudoSentences is not null || BertTasks.Of(location.Folder) == BertTasks.MaskedLm;
        using BertModel model = BertModel.LoadForInference(kernels, location.Folder, wordsAlone ? BertTasks.MaskedLm : BertTasks.Pretraining, notice, inference.Int8);
        CorpusSource source = CorpusSource.Open(data, paragraphsMayBeDocuments: SegmentsOf(location) == SegmentKind.Single);
        using TokenCorpus tokens = Read(source, model.Tokenizer, inference.Watch, notice);
        IReadOnlyList<Evaluation> evaluations = options.PseudoSentences is int limit
            ? Pseudo(kernels, model, tokens, limit, inference.Watch, cancel)
            : Masked(kernels, model, tokens, source, location, options, inference.Watch, cancel);
        return evaluations.Count > 0 ? (source.Name, evaluations)
            : throw new InputException($"nothing to evaluate on: {source.Name} has neither a valid nor a test split; add one");
    }

    private static TokenCorpus Read(CorpusSource source, SubwordTokenizer tokenizer, Action<EvaluationProgress>? watch, Action<string> notice)
    {
        var reading = new CorpusReading(source, watch);
        reading.Run("checking", source.Fingerprint);
        return reading.Run("tokenising", () => new TokenCache(TokenCache.DefaultDirectory).Open(source, tokenizer, notice));
    }

    private static string[] DataOf(ModelLocation location) => location.Run?["options"]?["data"] is JsonArray data
        ? [.. data.Select(item => item!.GetValue<string>())]
        : throw new InputException($"no `{nameof(CorpusEvaluatorOptions.Data)}`: {location.Folder.Path} belongs to no pretraining run that would say what it was trained on; give a corpus");

    private static IReadOnlyList<Evaluation> Masked(IKernels kernels, BertModel model, TokenCorpus tokens, CorpusSource source, ModelLocation location,
        CorpusEvaluatorOptions options, Action<EvaluationProgress>? watch, CancellationToken cancel)
    {
        int positions = model.Config.MaxPositions, length = options.SequenceLength ?? location.Number("data", "sequence_length") ?? Math.Min(128, positions);
        if (length > positions)
            throw new InputException($"`{nameof(options.SequenceLength)}` {length} is over the model's {positions} positions: give {positions} or less");
        PretrainingCorpus corpus = PretrainingCorpus.Open(tokens, source, model.Tokenizer, new PretrainingOptions(length, Segments: SegmentsOf(location)));
        var evaluator = new PretrainingEvaluator(model, new PretrainingHeads(model), options.BatchSize ?? location.Number("options", "batch-size") ?? StandardBatch);
        using var tape = new Tape(kernels);
        return [.. corpus.Watched.Select(split => evaluator.Evaluate(tape, split, cancel, watch))];
    }

    // As the run watched it.
    private static SegmentKind SegmentsOf(ModelLocation location) => location.Run?["options"]?["objective"]?.ToString() is { } objective
        ? PretrainingObjectives.SegmentsOf(PretrainingObjectives.Parse("objective", objective)) : SegmentKind.NextOrRandom;

    private static List<Evaluation> Pseudo(IKernels kernels, BertModel model, TokenCorpus tokens, int limit, Action<EvaluationProgress>? watch, CancellationToken cancel)
    {
        using var scorer = new PseudoPerplexity(kernels, model);
        var evaluations = new List<Evaluation>();
        foreach (Split split in new[] { Split.Valid, Split.Test })
        {
            if (tokens[split].Sentences == 0)
                continue;
            string name = split.ToString().ToLowerInvariant();
            int sentences = Math.Min(limit, tokens[split].Sentences);
            PseudoPerplexityResult result = scorer.Score(tokens[split], limit, done => watch?.Invoke(new EvaluationProgress(name, done, sentences, 0)), cancel);
            if (result.Tokens == 0)
                throw new InputException($"nothing to score: no sentence of {name} has a token that the vocabulary knows; give text of the model's language");
            evaluations.Add(new Evaluation(name,
            [
                new Metric("pseudo_perplexity", FiniteValues.Of(result.PseudoPerplexity, "the probabilities of the words")), new Metric("pseudo_log_likelihood", result.PseudoLogLikelihood),
                new Metric("sentences", result.Sentences), new Metric("tokens", result.Tokens),
            ]));
        }
        return evaluations;
    }
}
