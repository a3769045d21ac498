namespace BareBert.Kernels;

public partial interface IDeviceKernels : IKernel<Nf4LinearForward>, IKernel<Nf4LinearBackward>;

/// <summary>A linear layer whose weight is in 4 bits: y = x·weightᵀ + bias.</summary>
/// <remarks>Dettmers et al. 2023, arXiv:2305.14314. The weight is dequantised piece by piece as it is multiplied, never whole.</remarks>
public readonly struct Nf4LinearForward : IKernelCall<Nf4LinearForward>
{
    /// <summary>[rows, N], overwritten.</summary>
    public required Tensor Y { get; init; }

    /// <summary>[rows, K].</summary>
    public required Tensor X { get; init; }

    /// <summary>[N, K].</summary>
    public required Nf4Matrix Weight { get; init; }

    /// <summary>[N]; optional.</summary>
    public Tensor Bias { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(2.0 * Y.Count * X.Cols, Traffic.Of([X, Bias, .. Weight.Parts], [Y]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(X, 2);
        Checks.Has(X, new Shape(X.Rows, Weight.K));
        Checks.Has(Y, new Shape(X.Rows, Weight.N));
        Weight.Check();
        Checks.Optional(Bias, new Shape(Weight.N));
    }
}

/// <summary>The gradient of its input: dx += dy·weight. The weight is frozen and has none.</summary>
public readonly struct Nf4LinearBackward : IKernelCall<Nf4LinearBackward>
{
    /// <summary>[rows, K].</summary>
    public required Tensor DX { get; init; }

    /// <summary>[rows, N].</summary>
    public required Tensor DY { get; init; }

    /// <summary>[N, K].</summary>
    public required Nf4Matrix Weight { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(2.0 * DY.Count * DX.Cols, Traffic.Of([DY, .. Weight.Parts], updated: [DX]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(DX, 2);
        Checks.Has(DX, new Shape(DX.Rows, Weight.K));
        Checks.Has(DY, new Shape(DX.Rows, Weight.N));
        Weight.Check();
    }
}

public sealed partial class ReferenceKernels<T>
{
    void IKernel<Nf4LinearForward>.Run(in Nf4LinearForward call)
    {
        int rows = call.X.Rows;
        Nf4Matrix weight = call.Weight;
        Span<T> ys = call.Y.Span<T>(), xs = call.X.Span<T>(), bs = Optional(call.Bias);
        for (int row = 0; row < rows; row++)
        {
            for (int col = 0; col < weight.N; col++)
            {
                double sum = bs.IsEmpty ? 0 : Get(bs, col);
                for (int i = 0; i < weight.K; i++)
                    sum += Get(xs, row * weight.K + i) * Element(weight, col, i);
                Set(ys, row * weight.N + col, sum);
            }
        }
    }

    void IKernel<Nf4LinearBackward>.Run(in Nf4LinearBackward call)
    {
        int rows = call.DX.Rows;
        Nf4Matrix weight = call.Weight;
        Span<T> dxs = call.DX.Span<T>(), dys = call.DY.Span<T>();
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < weight.K; i++)
            {
                double sum = 0;
                for (int col = 0; col < weight.N; col++)
                    sum += Get(dys, row * weight.N + col) * Element(weight, col, i);
                Add(dxs, row * weight.K + i, sum);
            }
        }
    }

    // As every device computes it: level times scale, rounded to single precision.
    private static double Element(Nf4Matrix weight, int row, int col)
    {
        int i = row * weight.K + col;
        return Nf4.LevelOf(weight.Codes.Span<int>(), i) * Nf4.ScaleOf(weight.ScaleCodes.Span<int>(), weight.GroupScales.Span<float>(), i / Nf4.Block);
    }
}
