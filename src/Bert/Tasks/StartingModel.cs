using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>The model that fine-tuning starts from: a checkpoint, or a network of random weights to compare one with.</summary>
internal static class StartingModel
{
    /// <summary>Opens the model of a new run.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="options">Name it, and the task.</param>
    /// <param name="configure">What the task changes of the configuration: the labels.</param>
    /// <param name="texts">What a vocabulary is trained on where the model has none.</param>
    /// <param name="notice">Takes what is worth knowing.</param>
    /// <returns>The model and how its parameters are trained.</returns>
    /// <exception cref="InputException">There is no such model, or the plan does not fit it.</exception>
    public static (BertModel Model, TrainingPlan Plan) Open(
        IKernels kernels, FineTunerOptions options, Func<BertConfig, BertConfig> configure, IEnumerable<string> texts, Action<string> notice)
    {
        if (options.IsResumed)
            return Load(kernels, ModelFolder.Open(options.ResumedCheckpoint()), options, configure: null, _ => { });
        bool isNamed = NamedConfigs.TryGet(options.Model!, out BertConfig named);
        bool addsToWeights = options.Method is FineTuningMethod.Adapter or FineTuningMethod.Lora or FineTuningMethod.Qlora;
        if (addsToWeights && (isNamed || options.Untrained))
        {
            throw new InputException($"`Method` {options.Method.ToString().ToLowerInvariant()} leaves the model's own weights as they are, and those of "
                + $"{options.Model!} would be random: give a trained `Model`, or method full");
        }
        if (isNamed && options.Untrained)
            throw new InputException($"`{nameof(options.Untrained)}` does nothing: {options.Model} is a size, whose weights are random anyway; leave it out");
        if (!isNamed && !options.Untrained)
        {
            if (options.Vocabulary is not null)
                throw new InputException($"`Vocabulary` cannot be changed: {options.Model!} is a checkpoint with a vocabulary of its own; leave it out");
            return Load(kernels, ModelFolder.Open(options.Model!), options, configure, notice);
        }
        (BertConfig sizes, SubwordTokenizer tokenizer) = isNamed
            ? (named, VocabularyChoice.Open(options.Vocabulary, () => texts, "the training texts", notice))
            : FromFolder(ModelFolder.Open(options.Model!));
        tokenizer = tokenizer.WithTokens(options.AddTokens);
        notice($"{options.Model!} starts with random weights: nothing of a language is in it yet");
        BertConfig config = configure(sizes with { VocabSize = Math.Max(tokenizer.VocabularySize, isNamed ? 0 : sizes.VocabSize), PadTokenId = Math.Max(tokenizer.Special.Pad, 0) });
        TrainingPlan plan = Plan(options, config);
        return (BertModel.Create(kernels, ParameterLayout.For(config, options.Task!.Definition), tokenizer, options.Seed, plan.Of), plan);
    }

    /// <summary>The vocabulary that a run begins with, nothing left open; null where the model has its own.</summary>
    public static string? VocabularyOf(FineTunerOptions options) =>
        options.Vocabulary ?? (NamedConfigs.TryGet(options.Model!, out _) ? VocabularyChoice.Usual : null);

    /// <summary>Refuses adapters, which are no model by themselves.</summary>
    /// <param name="folder">What the user named.</param>
    /// <param name="model">As they named it.</param>
    /// <exception cref="InputException">It holds adapters.</exception>
    public static void RequireWhole(ModelFolder folder, string model)
    {
        if (folder.Adapter is not null)
            throw new InputException($"{model} holds adapters, not a whole model: merge them into it first (`BertModel.SaveMerged`), then start from that");
    }

    private static (BertModel, TrainingPlan) Load(
        IKernels kernels, ModelFolder folder, FineTunerOptions options, Func<BertConfig, BertConfig>? configure, Action<string> notice)
    {
        if (configure is not null)
            RequireWhole(folder, options.Model!);
        if (options.AddTokens.Count > 0 && (options.Method != FineTuningMethod.Full || options.FreezeLayers > 0))
            throw new InputException("`AddTokens` needs embeddings that learn, else the new ones would mean nothing: give `Method` full, without `FreezeLayers`");
        TrainingPlan plan = Plan(options, folder.Config);
        TaskDefinition wanted = options.Task!.Definition;
        // Heads of two tasks may have one name and one shape: what one learned means nothing to the other.
        TaskDefinition? other = configure is not null && BertTasks.Of(folder) is FineTuningDefinition known && known != wanted ? known : null;
        if (other is not null)
            notice($"{options.Model!} has a head for {other.Name}, which is not begun with");
        (BertModel model, LoadReport report) = BertModel.LoadForTraining(
            kernels, folder, wanted, plan.Of, options.Seed, configure, options.AdaptationOf, options.AddTokens, newHead: other is not null);
        if (configure is null)
            report.RequireAll(folder.Path);
        foreach (string oddity in model.Tokenizer.Notices)
            notice(oddity);
        if (report.New.Count > 0)
            notice($"new, with random weights: {string.Join(", ", report.New)}");
        if (report.Unused.Count > 0)
            notice($"not used: {string.Join(", ", report.Unused)}");
        int spare = model.Config.VocabSize - model.Tokenizer.VocabularySize;
        if (spare > 0)
            notice($"the vocabulary has {model.Tokenizer.VocabularySize:N0} entries, the model {model.Config.VocabSize:N0}: the last {spare:N0} are never used; is the vocabulary its own?");
        return (model, plan);
    }

    private static TrainingPlan Plan(FineTunerOptions options, BertConfig config) =>
        new TrainingPlan(config, options.Method, options.FreezeLayers, options.LayerDecay).Validate();

    private static (BertConfig, SubwordTokenizer) FromFolder(ModelFolder folder)
    {
        SubwordTokenizer tokenizer = TokenizerFactory.Load(folder.TokenizerPath);
        BertModel.RequireVocabulary(folder.Config, tokenizer, folder.Path);
        return (folder.Config, tokenizer);
    }
}
