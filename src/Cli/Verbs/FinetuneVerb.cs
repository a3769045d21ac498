using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using BareBert.Bert;

namespace BareBert.Cli.Verbs;

/// <summary>barebert finetune: a pretrained model learns a task.</summary>
internal static class FinetuneVerb
{
    private const string Help = """
        Fine-tune a pretrained model.

        Examples:
          barebert finetune --task classification --data imdb/ --model runs/pretrain-1 --epochs 3
          barebert finetune --task classification --data sst/trees --model bert-base-uncased/ --method frozen --head mlp
          barebert finetune --task classification --data imdb/ --model runs/wiki --method lora --rank 8 --target query,value
          barebert finetune --task classification --data reviews.csv --model runs/wiki --examples "It was good." "Not a fan."
          barebert finetune --task qa --data train-v1.1.json --validation dev-v1.1.json --model runs/wiki
          barebert finetune --task qa --data train-v2.0.json --validation-split 0.1 --model runs/wiki --method lora
          barebert finetune --task qa --data train-v1.1.json --model runs/wiki --method frozen --feature-cache 16GiB
          barebert finetune --resume runs/finetune-1
        """;

    private static readonly string[] Tasks = ["classification", "qa"];

    public static Command Create()
    {
        var task = new Option<string>("--task") { Description = "What is to be learned.", Required = true, HelpName = string.Join('|', Tasks) };
        var data = new Option<string?>("--data") { Description = "A .csv, .tsv or .jsonl file, a folder of them called train, validation, test; IMDB's folder or .tar.gz; SST's folder; for qa a SQuAD file, v1 or v2.", HelpName = "PATH" };
        var model = new Option<string>("--model") { Description = "A checkpoint folder or a run; or a size, for a network of random weights.", Required = true, HelpName = "DIR|NAME" };
        var untrained = new Option<bool>("--untrained") { Description = "Take only the sizes and the vocabulary of --model; the weights are random, to compare with." };
        var vocab = new Option<string?>("--vocab") { Description = "For a size: a vocab.txt, a spiece.model, or how many entries of a WordPiece vocabulary to train (8000).", HelpName = "FILE|N" };
        Option<Choice<FineTuningMethod>> method = Choice<FineTuningMethod>.Option("--method", "What learns: everything; the head alone, on cached features; bottleneck adapters; low-rank products, beside weights as they are or in 4 bits.");
        Option<int> maxLength = CommonOptions.Positive("--max-length", "The most tokens of an example; longer ones are cut, for qa into windows (384 unless given).", 250, "tokens");
        Option<int> freezeLayers = new("--freeze-layers") { Description = "Keep the embeddings and the N lowest layers as they are.", HelpName = "N" };
        Option<double> layerDecay = new("--layer-decay") { Description = "Multiply the learning rate by this from each layer to the one below.", DefaultValueFactory = _ => 1, HelpName = "X" };
        var adapters = new AdapterOptions();
        var classification = new ClassificationOptions();
        var answering = new QaTrainingOptions();
        var training = new TrainingOptions(batchSize: 32);

        var verb = new Command("finetune", Help) { task, data, model, untrained, vocab, method, maxLength, freezeLayers, layerDecay };
        adapters.AddTo(verb);
        classification.AddTo(verb);
        answering.AddTo(verb);
        training.AddTo(verb);
        verb.Validators.Add(result =>
        {
            if (result.GetResult(task) is { Tokens.Count: > 0 } && result.GetValue(task) is string name && !Tasks.Contains(name))
                result.AddError($"--task {name} is unknown: give {string.Join(" or ", Tasks)}");
            RefuseForeign(result, result.GetResult(task) is null ? null : result.GetValue(task), classification, answering);
            RefuseUnlessFrozen(result, method, answering);
        });
        verb.SetAction((parsed, cancel) =>
        {
            TrainingSettings common = training.Read(parsed);
            var settings = new FinetuneSettings
            {
                Task = parsed.GetValue(task)!,
                Data = parsed.GetValue(data),
                Model = parsed.GetValue(model)!,
                Untrained = parsed.GetValue(untrained),
                Vocabulary = parsed.GetValue(vocab),
                Method = parsed.GetValue(method),
                Adapters = adapters.Read(parsed),
                MaxLength = parsed.GetValue(maxLength),
                FreezeLayers = parsed.GetValue(freezeLayers),
                LayerDecay = parsed.GetValue(layerDecay),
                Training = common,
                Classification = classification.Read(parsed, common.Seed),
                QuestionAnswering = answering.Read(parsed, CommonOptions.IsGiven(parsed.CommandResult, maxLength) ? parsed.GetValue(maxLength) : null, classification.ReadBestBy(parsed)),
            };
            return Task.FromResult(TrainingVerb.Execute(verb, parsed, common, (kernels, notice) => settings.Task == "qa"
                ? QuestionAnsweringSession.Open(settings, kernels, notice) : ClassificationSession.Open(settings, kernels, notice), cancel));
        });
        return verb;
    }

    private static void RefuseUnlessFrozen(CommandResult result, Option<Choice<FineTuningMethod>> method, QaTrainingOptions answering)
    {
        // By its word: the value of one that is unknown cannot be had.
        bool isFrozen = result.GetResult(method) is { Tokens: [.., var word] } && word.Value.Equals(nameof(FineTuningMethod.Frozen), StringComparison.OrdinalIgnoreCase);
        if (isFrozen || IsGiven(result, "--resume"))
            return;
        foreach (Option option in answering.OfFrozen.Where(option => CommonOptions.IsGiven(result, option)))
            result.AddError($"{option.Name} is for --method frozen: leave it out");
    }

    // What another task's option asks for would silently not happen. A resumed run lists all options, at their defaults.
    private static void RefuseForeign(CommandResult result, string? task, ClassificationOptions classification, QaTrainingOptions answering)
    {
        if (IsGiven(result, "--resume"))
            return;
        (IEnumerable<Option> foreign, string other) = task == "qa" ? (classification.Own, "classification") : (answering.Own, "qa");
        foreach (Option option in foreign.Where(option => CommonOptions.IsGiven(result, option)))
            result.AddError($"{option.Name} is for --task {other}: leave it out");
        if (IsGiven(result, "--validation") && IsGiven(result, "--validation-split"))
            result.AddError("--validation and --validation-split are two ways to say what is validated on: leave one out");
    }

    private static bool IsGiven(CommandResult result, string name) => result.GetResult(name) is OptionResult { Implicit: false };
}
