namespace BareBert.Kernels;

public partial interface IDeviceKernels : IKernel<SigmoidCrossEntropyForward>, IKernel<SigmoidCrossEntropyBackward>;

/// <summary>Cross-entropy of labels each of which holds or not: losses = −(p·t·log σ(x) + (1 − t)·log(1 − σ(x))), p the column's positive weight.</summary>
/// <remarks>PyTorch's BCEWithLogitsLoss. Computed from the logits, so that no probability is rounded to 0 or 1. Derivation in README.md.</remarks>
public readonly struct SigmoidCrossEntropyForward : IKernelCall<SigmoidCrossEntropyForward>
{
    /// <summary>[rows, cols], overwritten; may be Logits.</summary>
    public required Tensor Losses { get; init; }

    /// <summary>[rows, cols], x.</summary>
    public required Tensor Logits { get; init; }

    /// <summary>[rows, cols], t from 0 to 1.</summary>
    public required Tensor Targets { get; init; }

    /// <summary>[cols], p; optional: all 1.</summary>
    public Tensor PositiveWeights { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([Logits, Targets], [Losses]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(Logits, 2);
        Checks.Same(Losses, Logits);
        Checks.Same(Targets, Logits);
        Checks.Optional(PositiveWeights, new Shape(Logits.Cols));
    }
}

/// <summary>The gradient of scale·Σ losses: dx += scale·(σ(x)·(1 − t) − p·t·(1 − σ(x))).</summary>
public readonly struct SigmoidCrossEntropyBackward : IKernelCall<SigmoidCrossEntropyBackward>
{
    /// <summary>[rows, cols].</summary>
    public required Tensor DLogits { get; init; }

    /// <summary>[rows, cols].</summary>
    public required Tensor Logits { get; init; }

    /// <summary>[rows, cols].</summary>
    public required Tensor Targets { get; init; }

    /// <summary>[cols]; optional.</summary>
    public Tensor PositiveWeights { get; init; }

    /// <summary>What the sum of losses is multiplied by.</summary>
    public required double Scale { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([Logits, Targets], updated: [DLogits]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(Logits, 2);
        Checks.Same(DLogits, Logits);
        Checks.Same(Targets, Logits);
        Checks.Optional(PositiveWeights, new Shape(Logits.Cols));
    }
}

public sealed partial class ReferenceKernels<T>
{
    void IKernel<SigmoidCrossEntropyForward>.Run(in SigmoidCrossEntropyForward call)
    {
        Span<T> losses = call.Losses.Span<T>(), logits = call.Logits.Span<T>(), targets = call.Targets.Span<T>(), weights = Optional(call.PositiveWeights);
        for (int i = 0; i < logits.Length; i++)
        {
            double x = Get(logits, i), t = Get(targets, i), weight = weights.IsEmpty ? 1 : Get(weights, i % call.Logits.Cols);
            Set(losses, i, weight * t * SpecialFunctions.Softplus(-x) + (1 - t) * SpecialFunctions.Softplus(x));
        }
    }

    void IKernel<SigmoidCrossEntropyBackward>.Run(in SigmoidCrossEntropyBackward call)
    {
        Span<T> dx = call.DLogits.Span<T>(), logits = call.Logits.Span<T>(), targets = call.Targets.Span<T>(), weights = Optional(call.PositiveWeights);
        for (int i = 0; i < logits.Length; i++)
        {
            double x = Get(logits, i), t = Get(targets, i), weight = weights.IsEmpty ? 1 : Get(weights, i % call.Logits.Cols);
            Add(dx, i, call.Scale * ((1 - t) / (1 + Math.Exp(-x)) - weight * t / (1 + Math.Exp(x))));
        }
    }
}
