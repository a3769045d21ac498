namespace BareBert.Kernels;

public partial interface IDeviceKernels : IKernel<SoftmaxForward>, IKernel<SoftmaxBackward>;

/// <summary>The softmax of each row: y = exp x / Σ exp x.</summary>
/// <remarks>The maximum is subtracted before exp; a row of −∞ alone becomes NaN. Derivation in README.md.</remarks>
public readonly struct SoftmaxForward : IKernelCall<SoftmaxForward>
{
    /// <summary>[rows, cols], overwritten; may be X.</summary>
    public required Tensor Y { get; init; }

    /// <summary>[rows, cols].</summary>
    public required Tensor X { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([X], [Y]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(X, 2);
        Checks.Same(Y, X);
    }
}

/// <summary>Its gradient: dx += y·(dy − Σ y·dy).</summary>
public readonly struct SoftmaxBackward : IKernelCall<SoftmaxBackward>
{
    /// <summary>[rows, cols].</summary>
    public required Tensor DX { get; init; }

    /// <summary>[rows, cols].</summary>
    public required Tensor DY { get; init; }

    /// <summary>[rows, cols], as the forward pass wrote it.</summary>
    public required Tensor Y { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([DY, Y], updated: [DX]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(Y, 2);
        Checks.Same(DX, Y);
        Checks.Same(DY, Y);
    }
}

public sealed partial class ReferenceKernels<T>
{
    void IKernel<SoftmaxForward>.Run(in SoftmaxForward call)
    {
        int cols = call.X.Cols;
        Span<T> ys = call.Y.Span<T>(), xs = call.X.Span<T>();
        for (int row = 0; row < call.X.Rows; row++)
        {
            Span<T> y = ys.Slice(row * cols, cols), x = xs.Slice(row * cols, cols);
            double lse = LogSumExp(x);
            for (int col = 0; col < cols; col++)
                Set(y, col, Math.Exp(Get(x, col) - lse));
        }
    }

    void IKernel<SoftmaxBackward>.Run(in SoftmaxBackward call)
    {
        int cols = call.Y.Cols;
        Span<T> dxs = call.DX.Span<T>(), dys = call.DY.Span<T>(), ys = call.Y.Span<T>();
        for (int row = 0; row < call.Y.Rows; row++)
        {
            Span<T> dx = dxs.Slice(row * cols, cols), dy = dys.Slice(row * cols, cols), y = ys.Slice(row * cols, cols);
            double dot = 0;
            for (int col = 0; col < cols; col++)
                dot += Get(y, col) * Get(dy, col);
            for (int col = 0; col < cols; col++)
                Add(dx, col, Get(y, col) * (Get(dy, col) - dot));
        }
    }
}
