using BareBert.Kernels;

namespace BareBert.Bert.Training;

/// <summary>A step that was taken.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Epoch">The epoch that it belongs to.</param>
/// <param name="StepInEpoch">Its place there, from 0.</param>
internal readonly record struct TakenStep(int Number, int Epoch, int StepInEpoch);

/// <summary>
/// The figures of steps that the host has not looked at: they stay on the device, so that nobody waits for it at every step and
/// none is lost.
/// </summary>
/// <param name="kernels">The device.</param>
/// <param name="losses">Figures of a step, without the gradient's.</param>
/// <param name="capacity">Steps.</param>
internal sealed class PendingSteps(IKernels kernels, int losses, int capacity) : IDisposable
{
    private readonly Arena _arena = new(kernels.Memory);
    private readonly TakenStep[] _steps = new TakenStep[capacity];
    private readonly double[] _figures = new double[capacity * (losses + 1)];
    private Tensor _stored;

    /// <summary>Steps that wait to be looked at.</summary>
    public int Count { get; private set; }

    /// <summary>No other one can be added.</summary>
    public bool IsFull => Count == capacity;

    private int Row => losses + 1;

    /// <summary>Remembers a step; the device is not waited for.</summary>
    /// <param name="step">Which one.</param>
    /// <param name="values">[losses], the step's.</param>
    /// <param name="sumOfSquares">[1], its gradient's.</param>
    public void Add(TakenStep step, Tensor values, Tensor sumOfSquares)
    {
        if (_stored.IsNone)
            _stored = _arena.Zeros(new Shape(capacity * Row), kernels.ElementType);
        _stored.Slice(Count * Row, values.Shape).CopyFrom(values);
        _stored.Slice(Count * Row + losses, sumOfSquares.Shape).CopyFrom(sumOfSquares);
        _steps[Count++] = step;
    }

    /// <summary>Waits for the device and brings the figures of all that wait; they are forgotten by the next <see cref="Add"/>.</summary>
    public int Fetch()
    {
        int count = Count;
        if (count > 0)
            Scalars.Read(_stored.Slice(0, new Shape(count * Row)), _figures);
        Count = 0;
        return count;
    }

    /// <summary>A fetched step.</summary>
    public TakenStep StepOf(int index) => _steps[index];

    /// <summary>Its losses.</summary>
    public ReadOnlySpan<double> LossesOf(int index) => _figures.AsSpan(index * Row, losses);

    /// <summary>The global norm of its gradient, before clipping.</summary>
    public double GradientNormOf(int index) => Math.Sqrt(_figures[index * Row + losses]);

    /// <inheritdoc/>
    public void Dispose() => _arena.Dispose();
}
