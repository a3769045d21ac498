using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>A task that models are fine-tuned for.</summary>
public abstract class FineTuningDefinition : TaskDefinition
{
    /// <summary>Metrics that can say which model is the best; the first does unless another is asked for.</summary>
    public abstract IReadOnlyList<string> BestBy { get; }

    /// <summary>Passes over the data where no limit is given.</summary>
    public abstract int UsualEpochs { get; }

    /// <summary>The record of the task's own options.</summary>
    public abstract Type OptionsType { get; }

    /// <summary>Whether a batch's examples are learned from independently of each other, so that it can be cut.</summary>
    internal virtual bool CutsBatches => true;

    /// <summary>Opens everything that a run needs, in an order in which wrong input shows before anything is written.</summary>
    /// <param name="options">Validated, for this task.</param>
    /// <param name="kernels">The device.</param>
    /// <param name="notice">Takes what is worth knowing.</param>
    /// <exception cref="InputException">Something the user gave is wrong.</exception>
    internal abstract FineTuningRun Open(FineTunerOptions options, IKernels kernels, Action<string> notice);
}
