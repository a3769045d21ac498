using System.CommandLine;
using System.CommandLine.Parsing;
using BareBert.Cli.Display;
using BareBert.Cli.Tasks;

namespace BareBert.Cli.Verbs;

/// <summary>barebert evaluate: a checkpoint's figures on any data, as training would have reported them.</summary>
internal static class EvaluateVerb
{
    public const string Help = """
        Measure a model. Pretrained: perplexity and accuracy on fixed masks, next-sentence accuracy, the unigram baseline.
        Question answering: EM and F1 by SQuAD's rules, BLEU, ROUGE and METEOR (without synonyms); of a model, or of a file of answers.
        A classifier: accuracy, precision, recall, F1, TPR, FPR, AUC, and the confusion matrix (of over 40 classes the most frequent mistakes).
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

    private static readonly EvaluationKind Pretrained = new("a pretrained model", "--seq-len"), PseudoPerplexity = new("--pseudo-perplexity", Length: null, IsModel: false);

    public static Command Create()
    {
        Option<string> model = CommonOptions.Model();
        model.Required = false; // a file of answers needs none
        var data = new Option<string[]>("--data") { Description = "A corpus as pretrain takes it (unless given, the one that the run was trained on); for a classifier labelled texts, for questions a SQuAD file, for vectors of texts pairs (.csv, .tsv, .jsonl), or a folder with corpus.jsonl, queries.jsonl and qrels/.", AllowMultipleArgumentsPerToken = true, HelpName = "sample|DIR|FILE…" };
        var seqLen = new Option<int?>("--seq-len") { Description = "Of a pretrained model: the most tokens of an example; unless given, the run's own, or 128.", HelpName = "N" };
        Option<int?> maxLength = CommonOptions.MaxLength("Of a classifier, the most tokens of a text; of question answering, of a window; unless given, the run's own.");
        var pseudo = new Option<bool>("--pseudo-perplexity") { Description = "Mask every token of every sentence in turn (Salazar et al. 2020)." };
        Option<int> limit = CommonOptions.Positive("--limit", "With --pseudo-perplexity: at most so many sentences of each split; unless given, all.", int.MaxValue, "sentences");
        Option<int> batch = CommonOptions.Positive("--batch-size", "Examples at a time; unless given, the run's own, or 32.", CorpusEvaluator.StandardBatch, "examples");
        var compute = new ComputeOptions();
        Option<bool> json = CommonOptions.Json();
        var verb = new Command("evaluate", Help) { model, data, seqLen, maxLength, pseudo, limit, batch, json };
        compute.AddTo(verb);
        IReadOnlyList<TaskCommands> tasks = TaskCommands.All();
        TaskCommands? Scored(CommandResult result) => tasks.FirstOrDefault(task => task.HasPredictions(result));
        var uses = new EvaluationUses();
        uses.Add([seqLen, batch], Pretrained);
        uses.Add([limit], PseudoPerplexity);
        uses.Add([maxLength], [.. tasks.Select(t => t.Kind)]);
        foreach (TaskCommands task in tasks)
            task.AddEvaluating(verb, uses);
        verb.Validators.Add(result =>
        {
            if (result.GetValue(model) is null == Scored(result) is null)
                result.AddError("one of --model and --predictions says what is evaluated: give a model, or a file of answers to score");
        });
        verb.SetAction((parsed, cancel) =>
        {
            bool isJson = parsed.GetValue(json);
            string[] files = parsed.GetValue(data) ?? [];
            if (Scored(parsed.CommandResult) is { } scored)
            {
                uses.RequireFor(parsed, scored.Predictions!, "");
                scored.EvaluatePredictions(parsed, files, isJson);
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
            var corpus = new CorpusEvaluatorOptions
            {
                Data = files, SequenceLength = parsed.GetValue(seqLen), BatchSize = CommonOptions.IsGiven(parsed.CommandResult, batch) ? parsed.GetValue(batch) : null,
                PseudoSentences = parsed.GetValue(pseudo) ? parsed.GetValue(limit) : null,
            };
            (string source, IReadOnlyList<Evaluation> evaluations) = CorpusEvaluator.Evaluate(location, corpus, options, cancel);
            EvaluationOutput.Print(evaluations, path, source, isJson);
            return Task.FromResult(ExitCodes.Success);
        });
        return verb;
    }
}
