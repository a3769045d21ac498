namespace BareBert.Kernels;

public partial interface IKernels
{
    /// <summary>A linear layer whose weight is in 4 bits: y = x·weightᵀ + bias.</summary>
    /// <param name="y">[rows, N], overwritten.</param>
    /// <param name="x">[rows, K].</param>
    /// <param name="weight">[N, K].</param>
    /// <param name="bias">[N]; optional.</param>
    /// <remarks>Dettmers et al. 2023, arXiv:2305.14314. The weight is dequantised piece by piece as it is multiplied, never whole.</remarks>
    void Nf4LinearForward(Tensor y, Tensor x, Nf4Matrix weight, Tensor bias);

    /// <summary>The gradient of its input: dx += dy·weight. The weight is frozen and has none.</summary>
    /// <param name="dx">[rows, K].</param>
    /// <param name="dy">[rows, N].</param>
    /// <param name="weight">[N, K].</param>
    void Nf4LinearBackward(Tensor dx, Tensor dy, Nf4Matrix weight);
}

public sealed partial class ReferenceKernels<T>
{
    /// <inheritdoc/>
    public void Nf4LinearForward(Tensor y, Tensor x, Nf4Matrix weight, Tensor bias)
    {
        int rows = weight.Check(y, x, nameof(x));
        Checks.Optional(bias, new Shape(weight.N));
        Span<T> ys = y.Span<T>(), xs = x.Span<T>(), bs = Optional(bias);
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

    /// <inheritdoc/>
    public void Nf4LinearBackward(Tensor dx, Tensor dy, Nf4Matrix weight)
    {
        int rows = weight.Check(dy, dx, nameof(dx));
        Span<T> dxs = dx.Span<T>(), dys = dy.Span<T>();
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
