namespace BareBert.Bert.Training;

/// <summary>How a run is trained, whatever the task. A run ends with the first of its limits that is reached.</summary>
public sealed record TrainerOptions
{
    /// <summary>Passes over the data; null: no limit.</summary>
    public int? Epochs { get; init; }

    /// <summary>Optimizer steps; null: no limit.</summary>
    public int? Steps { get; init; }

    /// <summary>Wall-clock time of training, evaluation included; null: no limit.</summary>
    public TimeSpan? TimeBudget { get; init; }

    /// <summary>The learning rate over the run.</summary>
    public required LearningRateSchedule Schedule { get; init; }

    /// <summary>AdamW's constants.</summary>
    public OptimizerOptions Optimizer { get; init; } = new();

    /// <summary>For each parameter group, whether it decays and how fast it learns.</summary>
    public required Func<int, GroupRate> RateOf { get; init; }

    /// <summary>Steps between evaluations, besides the one after every epoch; 0: none.</summary>
    public int EvalEvery { get; init; }

    /// <summary>Checkpoints besides the one after every epoch.</summary>
    public SaveInterval SaveEvery { get; init; }

    /// <summary>Checkpoints that are kept, the last one among them.</summary>
    public int Keep { get; init; } = 1;

    /// <summary>Steps that one "train" line of metrics.jsonl averages over.</summary>
    public int LogEvery { get; init; } = 10;

    /// <summary>Besides metrics.jsonl.</summary>
    public TrainingLogger Logger { get; init; }

    /// <summary>Steps between histograms of weights and gradients, where the logger has such; 0: none.</summary>
    public int HistogramEvery { get; init; }

    /// <summary>Evaluate the model before its first step.</summary>
    public bool EvaluateFirst { get; init; } = true;

    /// <summary>The metric of the first evaluated split that decides which model is the best.</summary>
    public required string BestBy { get; init; }

    /// <summary>Whether more of it is better.</summary>
    public bool HigherIsBetter { get; init; }

    /// <summary>Stop after this many evaluations in a row without a better model; 0: never.</summary>
    public int EarlyStopping { get; init; }

    /// <summary>The processes that train together: each has a trainer with the same options and its share of the task.</summary>
    public IProcessGroup Group { get; init; } = OneProcess.Instance;

    /// <summary>Sum a window's micro-batches as a tree, whose bits do not depend on the number of processes; else, in one process, one after another.</summary>
    public bool SumsAsTree { get; init; }

    /// <summary>What the processes share of the optimizer.</summary>
    public Sharding Shard { get; init; }

    /// <summary>The run's seed: dropout is a function of it and the step.</summary>
    public ulong Seed { get; init; } = 1;
}
