using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Tests;

/// <summary>A task that learns nothing: its validation figures are given beforehand, to test what the trainer makes of them.</summary>
/// <param name="kernels">The device.</param>
/// <param name="stepsInEpoch">The length of an epoch.</param>
/// <param name="figures">The figure "score" of each evaluation in turn; the last one stays.</param>
internal sealed class ScriptedTask(IKernels kernels, int stepsInEpoch, params double[] figures) : ITrainingTask
{
    private readonly Arena _arena = new(kernels.Memory);
    private int _evaluations, _step;
    private Tensor _losses;

    public ParameterSet Parameters { get; } = new(kernels, [new ParameterSlot("w", new Shape(3))]);

    /// <summary>Called at the beginning of each evaluation with its number from 1.</summary>
    public Action<int>? OnEvaluate { get; init; }

    /// <summary>The loss of every step, from 0.</summary>
    public Func<int, double> Loss { get; set; } = _ => 1;

    /// <summary>What the gradient of every step is, from 0, beside <see cref="ForwardBackward"/>.</summary>
    public Func<int, float> Gradient { get; set; } = _ => 0;

    public IReadOnlyList<TrainingStage> Stages { get; init; } = [];

    /// <summary>The stages that were entered, each with the step of the first window drawn there.</summary>
    public List<(int Stage, int Step)> Entered { get; } = [];

    public void Enter(int stage) => Entered.Add((stage, -1));

    public int StepsIn(int epoch) => stepsInEpoch;

    public Tensor Losses => _losses.IsNone ? _losses = _arena.Zeros(new Shape(1), kernels.ElementType) : _losses;

    public int MicroBatches => 1;

    public void Seek(int epoch, int step) => _step = epoch * stepsInEpoch + step;

    public WindowSize NextWindow(CancellationToken cancel)
    {
        if (Entered is [.., (int stage, -1)])
            Entered[^1] = (stage, _step);
        _step++;
        return new WindowSize(Sequences: 2, Tokens: 10);
    }

    /// <summary>The loss is the output of an op, so that the op can be found.</summary>
    public void ForwardBackward(Tape tape, TapeMode mode, int microBatch)
    {
        Losses.Upload<float>([(float)Loss(_step - 1)]);
        using (tape.Begin(mode))
            Autograd.Ops.Add.Apply(tape, new Variable(Losses), new Variable(Losses), 1);
        Parameters.Grads.Slice(0, new Shape(3)).Upload<float>([.. Enumerable.Repeat(Gradient(_step - 1), 3)]);
    }

    public IReadOnlyList<Metric> Name(ReadOnlySpan<double> values) => [new Metric("loss", values[0])];

    public IReadOnlyList<Evaluation> Evaluate(Tape tape, CancellationToken cancel, Action<EvaluationProgress>? watch = null)
    {
        OnEvaluate?.Invoke(_evaluations + 1);
        cancel.ThrowIfCancellationRequested();
        double figure = figures[Math.Min(_evaluations, figures.Length - 1)];
        _evaluations++;
        return [new Evaluation("valid", [new Metric("score", figure)])];
    }

    public void SaveModel(string directory) => File.WriteAllText(Path.Combine(directory, "model.txt"), $"after evaluation {_evaluations}");

    public void Dispose()
    {
        Parameters.Dispose();
        _arena.Dispose();
    }
}
