namespace BareBert.Kernels;

public partial interface IDeviceKernels : IKernel<SquaredErrorForward>, IKernel<SquaredErrorBackward>;

/// <summary>Squared distances of numbers from what they should be: losses = (x − t)².</summary>
public readonly struct SquaredErrorForward : IKernelCall<SquaredErrorForward>
{
    /// <summary>[rows, cols], overwritten; may be X.</summary>
    public required Tensor Losses { get; init; }

    /// <summary>[rows, cols].</summary>
    public required Tensor X { get; init; }

    /// <summary>[rows, cols], t.</summary>
    public required Tensor Targets { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([X, Targets], [Losses]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(X, 2);
        Checks.Same(Losses, X);
        Checks.Same(Targets, X);
    }
}

/// <summary>The gradient of scale·Σ losses: dx += scale·2·(x − t).</summary>
public readonly struct SquaredErrorBackward : IKernelCall<SquaredErrorBackward>
{
    /// <summary>[rows, cols].</summary>
    public required Tensor DX { get; init; }

    /// <summary>[rows, cols].</summary>
    public required Tensor X { get; init; }

    /// <summary>[rows, cols].</summary>
    public required Tensor Targets { get; init; }

    /// <summary>What the sum of losses is multiplied by.</summary>
    public required double Scale { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([X, Targets], updated: [DX]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(X, 2);
        Checks.Same(DX, X);
        Checks.Same(Targets, X);
    }
}

public sealed partial class ReferenceKernels<T>
{
    void IKernel<SquaredErrorForward>.Run(in SquaredErrorForward call)
    {
        Span<T> losses = call.Losses.Span<T>(), x = call.X.Span<T>(), targets = call.Targets.Span<T>();
        for (int i = 0; i < x.Length; i++)
            Set(losses, i, Math.Pow(Get(x, i) - Get(targets, i), 2));
    }

    void IKernel<SquaredErrorBackward>.Run(in SquaredErrorBackward call)
    {
        Span<T> dx = call.DX.Span<T>(), x = call.X.Span<T>(), targets = call.Targets.Span<T>();
        for (int i = 0; i < x.Length; i++)
            Add(dx, i, call.Scale * 2 * (Get(x, i) - Get(targets, i)));
    }
}
