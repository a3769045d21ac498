namespace BareBert.Kernels;

public partial interface IDeviceKernels : IKernel<DropoutForward>, IKernel<DropoutBackward>;

/// <summary>y = x/(1 − rate) where the mask keeps an element, 0 elsewhere.</summary>
/// <remarks>Srivastava et al. 2014, inverted scaling. A dropped NaN stays NaN: x·0.</remarks>
public readonly struct DropoutForward : IKernelCall<DropoutForward>
{
    /// <summary>[rows, cols], overwritten; may be X.</summary>
    public required Tensor Y { get; init; }

    /// <summary>[rows, cols].</summary>
    public required Tensor X { get; init; }

    /// <summary>Which elements are kept.</summary>
    public required DropoutMask Dropout { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([X], [Y]));

    /// <inheritdoc/>
    public void Check() => Checks.Same(Y, X);
}

/// <summary>dx += dy/(1 − rate) where the mask keeps an element.</summary>
public readonly struct DropoutBackward : IKernelCall<DropoutBackward>
{
    /// <summary>[rows, cols].</summary>
    public required Tensor DX { get; init; }

    /// <summary>[rows, cols].</summary>
    public required Tensor DY { get; init; }

    /// <summary>As in the forward pass.</summary>
    public required DropoutMask Dropout { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([DY], updated: [DX]));

    /// <inheritdoc/>
    public void Check() => Checks.Same(DX, DY);
}

public sealed partial class ReferenceKernels<T>
{
    void IKernel<DropoutForward>.Run(in DropoutForward call)
    {
        Span<T> y = call.Y.Span<T>(), x = call.X.Span<T>();
        int cols = call.X.Cols;
        for (int i = 0; i < x.Length; i++)
            Set(y, i, Get(x, i) * Kept(call.Dropout, i / cols, i % cols));
    }

    void IKernel<DropoutBackward>.Run(in DropoutBackward call)
    {
        Span<T> dx = call.DX.Span<T>(), dy = call.DY.Span<T>();
        int cols = call.DY.Cols;
        for (int i = 0; i < dy.Length; i++)
            Add(dx, i, Get(dy, i) * Kept(call.Dropout, i / cols, i % cols));
    }

    // What an element is multiplied by.
    private static double Kept(DropoutMask dropout, int row, int col) =>
        dropout.IsNone ? 1 : dropout.Keeps((uint)row, (uint)col) ? dropout.Scale : 0;
}
