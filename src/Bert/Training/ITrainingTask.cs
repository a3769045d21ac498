using BareBert.Autograd;

namespace BareBert.Bert.Training;

/// <summary>
/// What the <see cref="Trainer"/> needs to know of a task: its model, its data in windows (the micro-batches of one
/// optimizer step), its losses and how to evaluate it. Pretraining and fine-tuning differ in nothing else.
/// </summary>
public interface ITrainingTask : IDisposable
{
    /// <summary>What is trained.</summary>
    ParameterSet Parameters { get; }

    /// <summary>What a run goes through, in order; none: its examples are of one kind throughout.</summary>
    IReadOnlyList<TrainingStage> Stages => [];

    /// <summary>Enters one of <see cref="Stages"/>: epochs and windows are now that stage's. Called before <see cref="Seek"/> where there are any.</summary>
    /// <param name="stage">From 0.</param>
    void Enter(int stage) { }

    /// <summary>Optimizer steps of an epoch.</summary>
    int StepsIn(int epoch);

    /// <summary>Goes to a step of an epoch: the next window is that step's.</summary>
    void Seek(int epoch, int step);

    /// <summary>Takes the next window. What it holds is a function of (seed, epoch, step).</summary>
    WindowSize NextWindow(CancellationToken cancel);

    /// <summary>Computes what every step needs and no step changes: a frozen encoder's output. Called before the first step, and again where a run goes on.</summary>
    /// <param name="tape">Its device computes.</param>
    /// <param name="cancel">Stops.</param>
    /// <param name="watch">Is told how far it has come.</param>
    void Prepare(Tape tape, CancellationToken cancel, Action<EvaluationProgress>? watch) { }

    /// <summary>Micro-batches of the window, of all processes that share it out.</summary>
    int MicroBatches { get; }

    /// <summary>
    /// Forward and backward of one of the window's micro-batches: adds to the gradients of <see cref="Parameters"/> and to the losses. Called
    /// again for the same one it does the same again.
    /// </summary>
    /// <param name="tape">Its device computes.</param>
    /// <param name="mode">The step.</param>
    /// <param name="microBatch">From 0; one of those that are this process's.</param>
    void ForwardBackward(Tape tape, TapeMode mode, int microBatch);

    /// <summary>[n], the window's losses on the device.</summary>
    Tensor Losses { get; }

    /// <summary>What a window's <see cref="Losses"/> were, by name, "loss" first; valid until it is called again.</summary>
    /// <param name="values">[n], brought to the host.</param>
    IReadOnlyList<Metric> Name(ReadOnlySpan<double> values);

    /// <summary>Evaluates the model on the splits that are watched. Nothing learns and nothing is random.</summary>
    /// <param name="tape">Its device computes.</param>
    /// <param name="cancel">Stops.</param>
    /// <param name="watch">Is told how far it has come, split by split.</param>
    IReadOnlyList<Evaluation> Evaluate(Tape tape, CancellationToken cancel, Action<EvaluationProgress>? watch = null);

    /// <summary>Writes the model's files into a folder.</summary>
    void SaveModel(string directory);
}

/// <summary>How much work a window is.</summary>
public readonly record struct WindowSize(int Sequences, int Tokens);
