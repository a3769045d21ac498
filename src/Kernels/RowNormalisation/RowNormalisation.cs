namespace BareBert.Kernels;

public partial interface IDeviceKernels : IKernel<RowNormalisationForward>, IKernel<RowNormalisationBackward>;

/// <summary>Brings each row to length 1: y = x·r, r = 1/√(Σ x² + ε).</summary>
/// <remarks>Products of such rows are cosines. Derivation in README.md.</remarks>
public readonly struct RowNormalisationForward : IKernelCall<RowNormalisationForward>
{
    /// <summary>[rows, cols], overwritten; may be X.</summary>
    public required Tensor Y { get; init; }

    /// <summary>[rows], r, overwritten; saved for backward.</summary>
    public required Tensor InverseLength { get; init; }

    /// <summary>[rows, cols].</summary>
    public required Tensor X { get; init; }

    /// <summary>Added to the sum of squares: a row of zeros stays one.</summary>
    public required double Eps { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([X], [Y]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(X, 2);
        Checks.Same(Y, X);
        Checks.Has(InverseLength, new Shape(X.Rows));
    }
}

/// <summary>Its gradient: dx += r·(dy − y·Σ y·dy).</summary>
public readonly struct RowNormalisationBackward : IKernelCall<RowNormalisationBackward>
{
    /// <summary>[rows, cols].</summary>
    public required Tensor DX { get; init; }

    /// <summary>[rows, cols].</summary>
    public required Tensor DY { get; init; }

    /// <summary>[rows, cols], as the forward pass wrote it.</summary>
    public required Tensor Y { get; init; }

    /// <summary>[rows], r.</summary>
    public required Tensor InverseLength { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([DY, Y], updated: [DX]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(Y, 2);
        Checks.Same(DX, Y);
        Checks.Same(DY, Y);
        Checks.Has(InverseLength, new Shape(Y.Rows));
    }
}

public sealed partial class ReferenceKernels<T>
{
    void IKernel<RowNormalisationForward>.Run(in RowNormalisationForward call)
    {
        int cols = call.X.Cols;
        Span<T> ys = call.Y.Span<T>(), xs = call.X.Span<T>(), lengths = call.InverseLength.Span<T>();
        for (int row = 0; row < call.X.Rows; row++)
        {
            Span<T> y = ys.Slice(row * cols, cols), x = xs.Slice(row * cols, cols);
            double squares = 0;
            for (int col = 0; col < cols; col++)
                squares += Get(x, col) * Get(x, col);
            double r = 1 / Math.Sqrt(squares + call.Eps);
            for (int col = 0; col < cols; col++)
                Set(y, col, Get(x, col) * r);
            Set(lengths, row, r);
        }
    }

    void IKernel<RowNormalisationBackward>.Run(in RowNormalisationBackward call)
    {
        int cols = call.Y.Cols;
        Span<T> dxs = call.DX.Span<T>(), dys = call.DY.Span<T>(), ys = call.Y.Span<T>(), lengths = call.InverseLength.Span<T>();
        for (int row = 0; row < call.Y.Rows; row++)
        {
            Span<T> dx = dxs.Slice(row * cols, cols), dy = dys.Slice(row * cols, cols), y = ys.Slice(row * cols, cols);
            double dot = 0;
            for (int col = 0; col < cols; col++)
                dot += Get(y, col) * Get(dy, col);
            for (int col = 0; col < cols; col++)
                Add(dx, col, Get(lengths, row) * (Get(dy, col) - Get(y, col) * dot));
        }
    }
}
