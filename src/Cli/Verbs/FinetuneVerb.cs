using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json.Nodes;
using BareBert.Cli.Tasks;

namespace BareBert.Cli.Verbs;

/// <summary>barebert finetune: a pretrained model learns a task.</summary>
internal static class FinetuneVerb
{
    public const string Help = """
        Fine-tune a pretrained model. Options that are numbers or choices take several values (1..3 or a,b): every combination is run, each in
        a folder of its own, and all are compared at the end.

        Examples:
          barebert finetune --task classification --data imdb/ --model runs/pretrain-1 --epochs 3
          barebert finetune --task classification --data sst/trees --model bert-base-uncased/ --method frozen --head mlp
          barebert finetune --task classification --data imdb/ --model runs/wiki --method lora --rank 8 --target query,value
          barebert finetune --task classification --data reviews.csv --model runs/wiki --examples "It was good." "Not a fan."
          barebert finetune --task classification --train a.tsv --validation b.tsv --test c.tsv --model runs/wiki
          barebert finetune --task classification --glue cola glue_data/ --model bert-base-uncased/
          barebert finetune --task qa --data train-v1.1.json --validation dev-v1.1.json --model runs/wiki
          barebert finetune --task qa --data train-v2.0.json --validation-split 0.1 --model runs/wiki --method lora
          barebert finetune --task qa --data train-v1.1.json --model runs/wiki --method frozen --feature-cache 16GiB
          barebert finetune --task tokens --data conll2003/ --model runs/wiki
          barebert finetune --task embedding --data pairs.csv --validation sts-dev.csv --model all-MiniLM-L6-v2/ --batch-size 64
          barebert finetune --task classification --data imdb/ --model runs/wiki --seed 1..3 --lr 1e-4,3e-4 --out runs/sweep
          barebert finetune --task classification --data reviews.csv --model runs/wiki --k-fold 5 --out runs/folds
          barebert finetune --resume runs/finetune-1
        """;

    public static Command Create()
    {
        IReadOnlyList<TaskCommands> tasks = TaskCommands.All();
        string[] names = [.. tasks.Select(t => t.Task.Name)];
        var task = new Option<string?>("--task") { Description = "What is to be learned.", HelpName = string.Join('|', names) };
        var options = new RecordOptions<FineTunerOptions>(new FineTunerOptions());
        Option data = options.Add(o => o.Data, "A table (.csv, .tsv, .jsonl, .json, .parquet), a folder of them called train, validation, test; IMDB's folder or .tar.gz; SST's folder; for qa a SQuAD file, v1 or v2; for tokens a CoNLL file or lists of words and labels in .jsonl, or a folder of train, valid and test; for embedding pairs or triplets of texts.", "PATH");
        data.Aliases.Add("--train");
        Option validation = options.Add(o => o.Validation, "A file to validate on (for embedding pairs with a score too, or a folder to search in); unless given, what --data has for that, or --validation-split of it.", "FILE");
        Option test = options.Add(o => o.Test, "A file to test on at the end; unless given, what --data has for that.", "FILE");
        options.Add(o => o.Model, "A checkpoint folder or a run; or a size, for a network of random weights.", "DIR|NAME");
        options.Add(o => o.Untrained, "Take only the sizes and the vocabulary of --model; the weights are random, to compare with.");
        options.Add(o => o.Vocabulary, "For a size: a vocab.txt, a spiece.model, a folder with a tokenizer's files, or how many entries of a WordPiece vocabulary to train (8000).", "FILE|DIR|N");
        options.AddChoice(o => o.Method, "What learns: everything; the head alone, on cached features; bottleneck adapters; low-rank products, beside weights as they are or in 4 bits.");
        options.Add(o => o.MaxLength, "The most tokens of an example; longer ones are cut (250 unless given), for qa into windows (384).", "N");
        options.Add(o => o.FreezeLayers, "Keep the embeddings and the N lowest layers as they are.", "N");
        options.Add(o => o.LayerDecay, "Multiply the learning rate by this from each layer to the one below.", "X");
        Option split = options.Add(o => o.ValidationSplit, "Share of the training rows, drawn by class (for qa: of the questions, by article), to validate on where there is no such split (0.2 unless given).", "X");
        options.Add(o => o.KFold, "Cross-validation: part the training rows into so many and run each part as what is validated on, in a folder of its own; all are compared at the end.", "N");
        options.Add(o => o.Fold, "With --k-fold: run this part alone.", "N");
        options.Add(o => o.BestBy, "What decides on the best model: the loss unless given, for qa and tokens F1, for embedding Spearman's correlation or MRR.", string.Join('|', tasks.SelectMany(t => t.Task.BestBy).Distinct()));
        options.AddText(o => o.FeatureCache, (name, text) => ByteSizes.Parse(name, text), "With --method frozen: memory for the encoder's output; what it does not hold runs through the encoder every epoch.", "SIZE", shown: "4GiB");
        AddAdapters(options);
        var training = new TrainingVerb<FineTunerOptions>(options, [data, validation, test], (parsed, read) =>
        {
            FineTunerOptions given = options.Read(parsed);
            return read with { Data = given.Data ?? read.Data, Validation = given.Validation ?? read.Validation, Test = given.Test ?? read.Test };
        });

        var verb = new TrainingCommand("finetune", Help, parsed => training.Placed(parsed, Read(parsed))) { task };
        options.AddTo(verb);
        foreach (TaskCommands each in tasks)
            each.Training.AddTo(verb);
        training.AddTo(verb);
        verb.Validators.Add(result =>
        {
            if (training.IsResumed(result))
                return;
            if (CommonOptions.IsGiven(result, validation) && CommonOptions.IsGiven(result, split))
                result.AddError($"{validation.Name} and {split.Name} are two ways to say what is validated on: leave one out");
            RefuseForeign(result, tasks, tasks.FirstOrDefault(t => t.Task.Name == result.GetValue(task)));
        });
        verb.SetAction((parsed, cancel) => Task.FromResult(training.Run(
            parsed, () => Read(parsed), FineTuner.Resume, (read, observer) => new FineTuner(read, observer).Run(cancel))));
        return verb;

        FineTunerOptions Read(ParseResult parsed)
        {
            JsonObject given = options.Given(parsed);
            given["task"] = parsed.GetValue(task);
            foreach ((string name, JsonNode? value) in tasks.SelectMany(t => t.Training.Given(parsed)))
            {
                if (name == "data" && given.ContainsKey(name))
                    throw new InputException("the data are named twice, by --data and otherwise: leave one out");
                given[name] = value?.DeepClone();
            }
            return FineTunerOptions.FromJson(given, "the command line");
        }
    }

    private static void AddAdapters(RecordOptions<FineTunerOptions> options)
    {
        options.AddChoice(o => o.AdapterStyle, "adapter: after attention and feed-forward, or after the latter alone.");
        options.Add(o => o.AdapterSize, "adapter: width of the bottleneck.", "N");
        options.Add(o => o.Rank, "lora: rank of the products.", "N");
        options.Add(o => o.Alpha, "lora: the products are multiplied by alpha/rank.", "X");
        options.Add(o => o.LoraDropout, "lora: share of the input dropped on the way into a product.", "X");
        options.AddText(o => o.Target, (_, text) => text, "lora: layers that get one: query, key, value, attention-output, ffn-in, ffn-out, all, or ends of Hugging Face's names.", "NAME,…",
            shown: string.Join(',', new FineTunerOptions().Target));
    }

    // What another task's option asks for would silently not happen.
    private static void RefuseForeign(CommandResult result, IReadOnlyList<TaskCommands> tasks, TaskCommands? task)
    {
        if (task is null)
            return;
        HashSet<string> own = [.. task.Training.All.Select(o => o.Name)];
        foreach (var foreign in tasks.SelectMany(other => other.Training.All.Select(option => (other.Task.Name, Option: option))).GroupBy(o => o.Option.Name).Where(o => !own.Contains(o.Key)))
        {
            if (foreign.Any(o => CommonOptions.IsGiven(result, o.Option)))
                result.AddError($"{foreign.Key} is for --task {string.Join(" or ", foreign.Select(o => o.Name))}: leave it out");
        }
    }
}
