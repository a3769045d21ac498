namespace BareBert.Kernels;

public partial interface IDeviceKernels : IKernel<SequenceSumForward>, IKernel<SequenceSumBackward>;

/// <summary>One row for each sequence: the sum or the mean of its tokens' rows.</summary>
/// <remarks>The rows of one matrix are one sequence: offsets 0 and rows. Derivation in README.md.</remarks>
public readonly struct SequenceSumForward : IKernelCall<SequenceSumForward>
{
    /// <summary>[B, cols], overwritten.</summary>
    public required Tensor Y { get; init; }

    /// <summary>[tokens, cols].</summary>
    public required Tensor X { get; init; }

    /// <summary>[B + 1], Int32: sequence b is the rows [offsets[b], offsets[b + 1]); none is empty.</summary>
    public required Tensor Offsets { get; init; }

    /// <summary>Divide by the sequence's length.</summary>
    public required bool IsMean { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([X], [Y]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(X, 2);
        Checks.Rank(Offsets, 1);
        Checks.Has(Y, new Shape(Offsets.Shape[0] - 1, X.Cols));
        Checks.Sequences(Offsets, X.Rows);
    }
}

/// <summary>Its gradient: each token's dx += its sequence's dy, by the sequence's length for a mean.</summary>
public readonly struct SequenceSumBackward : IKernelCall<SequenceSumBackward>
{
    /// <summary>[tokens, cols].</summary>
    public required Tensor DX { get; init; }

    /// <summary>[B, cols].</summary>
    public required Tensor DY { get; init; }

    /// <summary>[B + 1].</summary>
    public required Tensor Offsets { get; init; }

    /// <summary>As in the forward pass.</summary>
    public required bool IsMean { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([DY], updated: [DX]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(DX, 2);
        Checks.Rank(Offsets, 1);
        Checks.Has(DY, new Shape(Offsets.Shape[0] - 1, DX.Cols));
        Checks.Sequences(Offsets, DX.Rows);
    }
}

public sealed partial class ReferenceKernels<T>
{
    void IKernel<SequenceSumForward>.Run(in SequenceSumForward call)
    {
        Span<T> y = call.Y.Span<T>(), x = call.X.Span<T>();
        Span<int> offsets = call.Offsets.Span<int>();
        int cols = call.X.Cols;
        for (int i = 0; i < y.Length; i++)
        {
            int first = offsets[i / cols], end = offsets[i / cols + 1];
            double sum = 0;
            for (int row = first; row < end; row++)
                sum += Get(x, row * cols + i % cols);
            Set(y, i, call.IsMean ? sum / (end - first) : sum);
        }
    }

    void IKernel<SequenceSumBackward>.Run(in SequenceSumBackward call)
    {
        Span<T> dx = call.DX.Span<T>(), dy = call.DY.Span<T>();
        Span<int> offsets = call.Offsets.Span<int>();
        int cols = call.DX.Cols;
        for (int i = 0; i < dy.Length; i++)
        {
            int first = offsets[i / cols], end = offsets[i / cols + 1];
            for (int row = first; row < end; row++)
                Add(dx, row * cols + i % cols, call.IsMean ? Get(dy, i) / (end - first) : Get(dy, i));
        }
    }
}
