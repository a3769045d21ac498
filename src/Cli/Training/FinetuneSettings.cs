using BareBert.Bert;

namespace BareBert.Cli;

/// <summary>What to fine-tune, as the user said it: what every task needs.</summary>
internal sealed record FinetuneSettings
{
    public required string Task { get; init; }

    public string? Data { get; init; }

    public required string Model { get; init; }

    /// <summary>Only the sizes and the vocabulary of the model are taken.</summary>
    public bool Untrained { get; init; }

    public string? Vocabulary { get; init; }

    public FineTuningMethod Method { get; init; }

    public required AdapterSettings Adapters { get; init; }

    public int MaxLength { get; init; }

    public int FreezeLayers { get; init; }

    public double LayerDecay { get; init; }

    public required TrainingSettings Training { get; init; }

    public required ClassificationSettings Classification { get; init; }

    public required QaTrainingSettings QuestionAnswering { get; init; }

    /// <summary>How the trainer is to go about it, with the learning rate that suits method and model.</summary>
    /// <param name="epochs">Unless the user said otherwise.</param>
    /// <param name="best">The metric that says which model is the best.</param>
    /// <param name="config">The model's.</param>
    /// <param name="plan">What of it learns.</param>
    public TrainerOptions ToTrainer(int epochs, BestBy best, BertConfig config, TrainingPlan plan) =>
        Training.ToTrainer(epochs, LearningRates.Of(Method, config), plan.RateOf, best.ToString().ToLowerInvariant(), higherIsBetter: best != BestBy.Loss);

    /// <summary>Throws where a resumed run would take other examples: it takes them by their numbers, and would silently be another run.</summary>
    /// <param name="fingerprint">Of the data.</param>
    /// <exception cref="InputException">They are not those that the run began with.</exception>
    public void RequireSameData(string fingerprint)
    {
        if (Training.Opening != RunOpening.Resume)
            return;
        string? before = RunDirectory.ReadOptions(Training.Out!)["data"]?["fingerprint"]?.GetValue<string>();
        if (before != fingerprint)
            throw new InputException($"the data are not those that the run began with: {Data}; put them back, or start a new run");
    }
}

/// <summary>How the labels of a classification are balanced.</summary>
internal enum ClassWeighting
{
    None,
    Balanced,
}

/// <summary>The head of a classifier.</summary>
internal enum HeadKind
{
    Linear,
    Mlp,
}

/// <summary>The metric that says which model is the best.</summary>
internal enum BestBy
{
    Loss,
    Accuracy,
    F1,
    Em,
}

/// <summary>What classification adds.</summary>
internal sealed record ClassificationSettings
{
    public required TableOptions Columns { get; init; }

    public bool SstSentences { get; init; }

    public required PartitionOptions Partition { get; init; }

    public ClassWeighting ClassWeights { get; init; }

    public double LabelSmoothing { get; init; }

    public HeadKind Head { get; init; }

    public BestBy BestBy { get; init; }

    public bool Baseline { get; init; }

    public required string[] Examples { get; init; }
}
