using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Tests;

/// <summary>A task that learns nothing: its validation figures are given beforehand, to test what the trainer makes of them.</summary>
/// <param name="kernels">The device.</param>
/// <param name="stepsInEpoch">The length of an epoch.</param>
/// <param name="figures">The figure "score" of each evaluation in turn; the last one stays.</param>
internal sealed class ScriptedTask(IKernels kernels, int stepsInEpoch, params double[] figures) : ITrainingTask
{
    private int _evaluations;

    public ParameterSet Parameters { get; } = new(kernels, [new ParameterSlot("w", new Shape(3))]);

    /// <summary>Called at the beginning of each evaluation with its number from 1.</summary>
    public Action<int>? OnEvaluate { get; init; }

    /// <summary>The loss of every step.</summary>
    public double Loss { get; set; } = 1;

    public int StepsIn(int epoch) => stepsInEpoch;

    public void Seek(int epoch, int step) { }

    public WindowSize NextWindow(CancellationToken cancel) => new(Sequences: 2, Tokens: 10);

    public void ForwardBackward(Tape tape, TapeMode mode) { }

    public IReadOnlyList<Metric> ReadLosses() => [new Metric("loss", Loss)];

    public IReadOnlyList<Evaluation> Evaluate(Tape tape, CancellationToken cancel)
    {
        OnEvaluate?.Invoke(_evaluations + 1);
        cancel.ThrowIfCancellationRequested();
        double figure = figures[Math.Min(_evaluations, figures.Length - 1)];
        _evaluations++;
        return [new Evaluation("valid", [new Metric("score", figure)])];
    }

    public void SaveModel(string directory) => File.WriteAllText(Path.Combine(directory, "model.txt"), $"after evaluation {_evaluations}");

    public void Dispose() => Parameters.Dispose();
}
