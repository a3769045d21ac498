using System.Numerics;

namespace BareBert.Kernels;

/// <summary>A linear layer whose weight does not change any more: y = f(x·weightᵀ + bias), bit for bit what <see cref="LinearForward"/> gives.</summary>
/// <remarks>What packing the weight for each call costs is as much as a few rows of x: of a single sentence that is half of the time.</remarks>
public readonly struct PackedLinearForward : IKernelCall<PackedLinearForward>
{
    /// <summary>[rows, N], overwritten.</summary>
    public required Tensor Y { get; init; }

    /// <summary>[rows, K].</summary>
    public required Tensor X { get; init; }

    /// <summary>[N, K].</summary>
    public required PackedWeight Weight { get; init; }

    /// <summary>[N]; optional.</summary>
    public Tensor Bias { get; init; }

    /// <summary>f.</summary>
    public Activation Activation { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => Plain.Work;

    internal LinearForward Plain => new() { Y = Y, X = X, Weight = Weight.Values, Bias = Bias, Activation = Activation };

    /// <inheritdoc/>
    public void Check() => Plain.Check();

    /// <inheritdoc/>
    public static void RunOn<T>(ReferenceKernels<T> device, in PackedLinearForward call) where T : unmanaged, IFloatingPointIeee754<T> => device.Run(call.Plain);

    /// <inheritdoc/>
    public static void RunOn(CpuKernels device, in PackedLinearForward call) => device.Run(call);

    /// <inheritdoc/>
    public static void RunOn(GpuKernels device, in PackedLinearForward call) => device.Run(call.Plain);
}
