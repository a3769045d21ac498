using System.CommandLine;
using System.Text.Json.Nodes;
using BareBert.Autograd;
using BareBert.Cli.Display;
using BareBert.Cli.Tasks;
using BareBert.Kernels;

namespace BareBert.Cli.Verbs;

/// <summary>barebert evaluate: a checkpoint's figures on any data, as training would have reported them.</summary>
internal static class EvaluateVerb
{
    private const string Help = """
        Measure a model. Pretrained: perplexity and accuracy on fixed masks, next-sentence accuracy, the unigram baseline.
        Question answering: EM and F1 by SQuAD's rules, BLEU, ROUGE and METEOR (without synonyms); of a model, or of a file of answers.
        A classifier: accuracy, precision, recall, F1, TPR, FPR, AUC, and the confusion matrix.
        Vectors of texts: correlation with the scores of pairs (Spearman, Pearson); recall, MRR and nDCG of a search among pairs, or in a folder as BEIR has it.

        Examples:
          barebert evaluate --model runs/pretrain-1
          barebert evaluate --model runs/wiki --data wikitext-2/ --json
          barebert evaluate --model runs/finetune-1 --data reviews.csv
          barebert evaluate --model all-MiniLM-L6-v2/ --data sts-test.csv
          barebert evaluate --model e5-small-v2/ --query-prompt "query: " --document-prompt "passage: " --data scifact/
          barebert evaluate --model runs/wiki --data wikitext-2/ --pseudo-perplexity --limit 500
          barebert evaluate --model runs/squad --data dev-v1.1.json
          barebert evaluate --model runs/squad --data dev-v2.0.json --na-threshold 1 --out answers/
          barebert evaluate --predictions answers/predictions.json --data dev-v2.0.json --na-prob answers/na_prob.json
        """;

    private const int StandardBatch = 32;

    private static readonly EvaluationKind Pretrained = new("a pretrained model", "--seq-len"), PseudoPerplexity = new("--pseudo-perplexity", Length: null, IsModel: false);

    public static Command Create()
    {
        Option<string> model = CommonOptions.Model();
        model.Required = false; // a file of answers needs none
        var data = new Option<string[]>("--data") { Description = "A corpus as pretrain takes it (unless given, the one that the run was trained on); for a classifier labelled texts, for questions a SQuAD file, for vectors of texts pairs (.csv, .tsv, .jsonl), or a folder with corpus.jsonl, queries.jsonl and qrels/.", AllowMultipleArgumentsPerToken = true, HelpName = "sample|DIR|FILE…" };
        var seqLen = new Option<int?>("--seq-len") { Description = "Of a pretrained model: the most tokens of an example; unless given, the run's own, or 128.", HelpName = "N" };
        Option<int?> maxLength = CommonOptions.MaxLength("Of a classifier, the most tokens of a text; of question answering, of a window; unless given, the run's own.");
        var pseudo = new Option<bool>("--pseudo-perplexity") { Description = "Mask every token of every sentence in turn (Salazar et al. 2020)." };
        var limit = new Option<int>("--limit") { Description = "With --pseudo-perplexity: at most so many sentences of each split.", DefaultValueFactory = _ => int.MaxValue, HelpName = "N" };
        Option<int> batch = CommonOptions.Positive("--batch-size", "Examples at a time; unless given, the run's own, or 32.", StandardBatch, "examples");
        var compute = new ComputeOptions();
        Option<bool> json = CommonOptions.Json();
        var verb = new Command("evaluate", Help) { model, data, seqLen, maxLength, pseudo, limit, batch, json };
        compute.AddTo(verb);
        IReadOnlyList<TaskCommands> tasks = TaskCommands.All();
        QuestionAnsweringCommands answering = tasks.OfType<QuestionAnsweringCommands>().Single();
        var uses = new EvaluationUses();
        uses.Add([seqLen, batch], Pretrained);
        uses.Add([limit], PseudoPerplexity);
        uses.Add([maxLength], [.. tasks.Select(t => t.Kind)]);
        foreach (TaskCommands task in tasks)
            task.AddEvaluating(verb, uses);
        verb.Validators.Add(result =>
        {
            if (result.GetValue(model) is null == !answering.HasPredictions(result))
                result.AddError("one of --model and --predictions says what is evaluated: give a model, or a file of answers to score");
        });
        verb.SetAction((parsed, cancel) =>
        {
            bool isJson = parsed.GetValue(json);
            string[] files = parsed.GetValue(data) ?? [];
            if (answering.HasPredictions(parsed.CommandResult))
            {
                uses.RequireFor(parsed, answering.Answers, "");
                answering.EvaluateAnswers(parsed, files, isJson);
                return Task.FromResult(ExitCodes.Success);
            }
            string path = parsed.GetValue(model)!;
            ModelLocation location = ModelLocation.Find(path);
            // Every token masked in turn takes no head but that of the words.
            TaskDefinition? known = parsed.GetValue(pseudo) ? BertTasks.MaskedLm : BertTasks.Of(location.Folder);
            TaskCommands? own = tasks.FirstOrDefault(task => task.Measures(known));
            uses.RequireFor(parsed, parsed.GetValue(pseudo) ? PseudoPerplexity : own?.Kind ?? Pretrained, path);
            InferenceOptions options = compute.Read(parsed, parsed.GetValue(maxLength));
            if (own is not null)
            {
                own.Evaluate(parsed, new EvaluateInput(location, path, files, options, isJson), cancel);
                return Task.FromResult(ExitCodes.Success);
            }
            using IKernels kernels = options.OpenDevice();
            var settings = new EvaluateSettings(path, location, files, parsed.GetValue(seqLen),
                parsed.GetValue(pseudo) ? parsed.GetValue(limit) : null, CommonOptions.IsGiven(parsed.CommandResult, batch) ? parsed.GetValue(batch) : null);
            Run(kernels, settings, known == BertTasks.MaskedLm ? BertTasks.MaskedLm : BertTasks.Pretraining, isJson, cancel);
            return Task.FromResult(ExitCodes.Success);
        });
        return verb;
    }

    private sealed record EvaluateSettings(string Model, ModelLocation Location, string[] Data, int? SequenceLength, int? PseudoSentences, int? BatchSize);

    private static void Run(IKernels kernels, EvaluateSettings settings, TaskDefinition heads, bool isJson, CancellationToken cancel)
    {
        ModelLocation location = settings.Location;
        string[] data = settings.Data.Length > 0 ? settings.Data : DataOf(location);
        using BertModel model = BertModel.LoadForInference(kernels, location.Folder, heads, Notes.Print);
        CorpusSource source = CorpusSource.Open(data, paragraphsMayBeDocuments: SegmentsOf(location) == SegmentKind.Single);
        using TokenCorpus tokens = new TokenCache(TokenCache.DefaultDirectory).Open(source, model.Tokenizer, Notes.Print);
        IReadOnlyList<Evaluation> evaluations = settings.PseudoSentences is int limit
            ? Pseudo(kernels, model, tokens, limit, cancel)
            : Masked(kernels, model, tokens, source, settings, cancel);
        if (evaluations.Count == 0)
            throw new InputException($"nothing to evaluate on: {source.Name} has neither a valid nor a test split; add one");
        EvaluationOutput.Print(evaluations, settings.Model, source.Name, isJson);
    }

    private static string[] DataOf(ModelLocation location) => location.Run?["options"]?["data"] is JsonArray data
        ? [.. data.Select(item => item!.GetValue<string>())]
        : throw new InputException($"no --data: {location.Folder.Path} belongs to no pretraining run that would say what it was trained on; give a corpus");

    private static IReadOnlyList<Evaluation> Masked(
        IKernels kernels, BertModel model, TokenCorpus tokens, CorpusSource source, EvaluateSettings settings, CancellationToken cancel)
    {
        int length = settings.SequenceLength ?? settings.Location.Number("data", "sequence_length") ?? Math.Min(128, model.Config.MaxPositions);
        if (length > model.Config.MaxPositions)
            throw new InputException($"--seq-len {length} is over the model's {model.Config.MaxPositions} positions: give {model.Config.MaxPositions} or less");
        PretrainingCorpus corpus = PretrainingCorpus.Open(tokens, source, model.Tokenizer, new PretrainingOptions(length, Segments: SegmentsOf(settings.Location)));
        // The run's own batches, so that not even rounding differs from what it logged.
        int batchSize = settings.BatchSize ?? settings.Location.Number("options", "batch-size") ?? StandardBatch;
        var evaluator = new PretrainingEvaluator(model, new PretrainingHeads(model), batchSize);
        using var tape = new Tape(kernels);
        return [.. corpus.Watched.Select(split => evaluator.Evaluate(tape, split, cancel, Countdown.Start()))];
    }

    // As the run watched it.
    private static SegmentKind SegmentsOf(ModelLocation location) => location.Run?["options"]?["objective"]?.ToString() is { } objective
        ? PretrainingObjectives.SegmentsOf(PretrainingObjectives.Parse("objective", objective)) : SegmentKind.NextOrRandom;

    private static List<Evaluation> Pseudo(IKernels kernels, BertModel model, TokenCorpus tokens, int limit, CancellationToken cancel)
    {
        using var scorer = new PseudoPerplexity(kernels, model);
        var evaluations = new List<Evaluation>();
        foreach (Split split in new[] { Split.Valid, Split.Test })
        {
            if (tokens[split].Sentences == 0)
                continue;
            string name = split.ToString().ToLowerInvariant();
            (Action<EvaluationProgress> watch, int sentences) = (Countdown.Start(), Math.Min(limit, tokens[split].Sentences));
            PseudoPerplexityResult result = scorer.Score(tokens[split], limit, done => watch(new EvaluationProgress(name, done, sentences, 0)), cancel);
            evaluations.Add(new Evaluation(name,
            [
                new Metric("pseudo_perplexity", result.PseudoPerplexity), new Metric("pseudo_log_likelihood", result.PseudoLogLikelihood),
                new Metric("sentences", result.Sentences), new Metric("tokens", result.Tokens),
            ]));
        }
        return evaluations;
    }
}
