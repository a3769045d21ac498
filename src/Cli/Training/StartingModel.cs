using BareBert.Bert;
using BareBert.Kernels;

namespace BareBert.Cli;

/// <summary>The model that fine-tuning starts from: a checkpoint, or a network of random weights to compare one with.</summary>
internal static class StartingModel
{
    /// <summary>Opens the model of a new run.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="settings">Names it.</param>
    /// <param name="task">The head wanted.</param>
    /// <param name="configure">What the task changes of the configuration: the labels.</param>
    /// <param name="texts">What a vocabulary is trained on where the model has none.</param>
    /// <param name="notice">Takes what is worth knowing.</param>
    /// <returns>The model and how its parameters are trained.</returns>
    /// <exception cref="InputException">There is no such model, or the plan does not fit it.</exception>
    public static (BertModel Model, TrainingPlan Plan) Open(
        IKernels kernels, FinetuneSettings settings, TaskDefinition task, Func<BertConfig, BertConfig> configure, IEnumerable<string> texts, Action<string> notice)
    {
        if (settings.Training.Opening == RunOpening.Resume)
            return Load(kernels, settings.Training.ResumedCheckpoint(), settings, task, configure: null, _ => { });
        bool isNamed = NamedConfigs.TryGet(settings.Model, out BertConfig named);
        bool addsToWeights = settings.Method is FineTuningMethod.Adapter or FineTuningMethod.Lora or FineTuningMethod.Qlora;
        if (addsToWeights && (isNamed || settings.Untrained))
        {
            throw new InputException($"--method {settings.Method.ToString().ToLowerInvariant()} leaves the model's own weights as they are, and those of "
                + $"{settings.Model} would be random: give a trained --model, or --method full");
        }
        if (!isNamed && !settings.Untrained)
        {
            if (settings.Vocabulary is not null)
                throw new InputException($"--vocab cannot be changed: {settings.Model} is a checkpoint with a vocabulary of its own; leave --vocab out");
            return Load(kernels, ModelLocation.Find(settings.Model).Directory, settings, task, configure, notice);
        }
        (BertConfig sizes, ITokenizer tokenizer) = isNamed
            ? (named, VocabularyOption.Open(settings.Vocabulary, () => texts, "the training texts", notice))
            : FromFolder(ModelLocation.Find(settings.Model).Directory);
        notice($"{settings.Model} starts with random weights: nothing of a language is in it yet");
        BertConfig config = configure(sizes with { VocabSize = Math.Max(tokenizer.VocabularySize, isNamed ? 0 : sizes.VocabSize), PadTokenId = tokenizer.Special.Pad });
        TrainingPlan plan = Plan(settings, config);
        return (BertModel.Create(kernels, ParameterLayout.For(config, task), tokenizer, settings.Training.Seed, plan.Of), plan);
    }

    /// <summary>Refuses adapters, which are no model by themselves.</summary>
    /// <param name="folder">What the user named.</param>
    /// <param name="model">As they named it.</param>
    /// <exception cref="InputException">It holds adapters.</exception>
    public static void RequireWhole(ModelFolder folder, string model)
    {
        if (folder.Adapter is not null)
            throw new InputException($"{model} holds adapters, not a whole model: merge them first (barebert merge --model {model} --out DIR), then start from that");
    }

    private static (BertModel, TrainingPlan) Load(
        IKernels kernels, string directory, FinetuneSettings settings, TaskDefinition task, Func<BertConfig, BertConfig>? configure, Action<string> notice)
    {
        ModelFolder folder = ModelFolder.Open(directory);
        if (configure is not null)
            RequireWhole(folder, settings.Model);
        TrainingPlan plan = Plan(settings, folder.Config);
        (BertModel model, LoadReport report) = BertModel.Load(
            kernels, directory, task, seed: settings.Training.Seed, training: plan.Of, configure: configure,
            adapt: layout => settings.Adapters.For(settings.Method, layout));
        if (configure is null)
            report.RequireAll(directory);
        if (report.New.Count > 0)
            notice($"new, with random weights: {string.Join(", ", report.New)}");
        if (report.Unused.Count > 0)
            notice($"not used: {string.Join(", ", report.Unused)}");
        int spare = folder.Config.VocabSize - model.Tokenizer.VocabularySize;
        if (spare > 0)
            notice($"the vocabulary has {model.Tokenizer.VocabularySize:N0} entries, the model {folder.Config.VocabSize:N0}: the last {spare:N0} are never used; is the vocabulary its own?");
        return (model, plan);
    }

    private static TrainingPlan Plan(FinetuneSettings settings, BertConfig config) =>
        new TrainingPlan(config, settings.Method, settings.FreezeLayers, settings.LayerDecay).Validate();

    private static (BertConfig, ITokenizer) FromFolder(string directory)
    {
        BertConfig config = BertConfigJson.Load(Path.Combine(directory, CheckpointNames.Config));
        ITokenizer tokenizer = TokenizerFactory.Load(directory);
        BertModel.RequireVocabulary(config, tokenizer, directory);
        return (config, tokenizer);
    }
}
