namespace BareBert.Kernels;

public partial interface IKernels
{
    /// <summary>Normalises each row: y = (x − mean)·rstd·weight + bias.</summary>
    /// <param name="y">[rows, cols], overwritten; may be x.</param>
    /// <param name="mean">[rows], saved for backward.</param>
    /// <param name="rstd">[rows], 1/√(var + eps), biased variance; saved for backward.</param>
    /// <param name="x">[rows, cols].</param>
    /// <param name="weight">[cols].</param>
    /// <param name="bias">[cols].</param>
    /// <param name="eps">Added to the variance.</param>
    /// <exception cref="ArgumentException">weight is not [cols].</exception>
    /// <remarks>Ba et al. 2016, arXiv:1607.06450. Moves 8·rows·cols bytes. Two-pass variance. Derivation in README.md.</remarks>
    void LayerNormForward(Tensor y, Tensor mean, Tensor rstd, Tensor x, Tensor weight, Tensor bias, double eps);

    /// <summary>
    /// Its gradients, with x̂ = (x − mean)·rstd and g = dy·weight:
    /// dx += rstd·(g − mean(g) − x̂·mean(g·x̂)), dweight += Σ dy·x̂, dbias += Σ dy over rows.
    /// </summary>
    /// <param name="dx">[rows, cols]; optional.</param>
    /// <param name="dweight">[cols]; optional.</param>
    /// <param name="dbias">[cols]; optional.</param>
    /// <param name="dy">[rows, cols].</param>
    /// <param name="x">[rows, cols], as in the forward pass.</param>
    /// <param name="mean">[rows].</param>
    /// <param name="rstd">[rows].</param>
    /// <param name="weight">[cols].</param>
    void LayerNormBackward(
        Tensor dx, Tensor dweight, Tensor dbias, Tensor dy, Tensor x, Tensor mean, Tensor rstd, Tensor weight);

    /// <summary>The end of every BERT sub-layer in one pass: sum = residual + dropout(branch), y = LayerNorm(sum).</summary>
    /// <param name="y">[rows, cols], overwritten.</param>
    /// <param name="sum">[rows, cols], saved for backward; may be branch.</param>
    /// <param name="mean">[rows], of sum.</param>
    /// <param name="rstd">[rows], of sum.</param>
    /// <param name="residual">[rows, cols], the sub-layer's input.</param>
    /// <param name="branch">[rows, cols], the sub-layer's output.</param>
    /// <param name="weight">[cols].</param>
    /// <param name="bias">[cols].</param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="dropout">Which elements of branch are kept.</param>
    void ResidualLayerNormForward(
        Tensor y, Tensor sum, Tensor mean, Tensor rstd, Tensor residual, Tensor branch, Tensor weight, Tensor bias,
        double eps, DropoutMask dropout);

    /// <summary>Its gradients: with ds that of LayerNorm's input, dresidual += ds, dbranch += dropout(ds).</summary>
    /// <param name="dresidual">[rows, cols]; optional.</param>
    /// <param name="dbranch">[rows, cols]; optional.</param>
    /// <param name="dweight">[cols]; optional.</param>
    /// <param name="dbias">[cols]; optional.</param>
    /// <param name="dy">[rows, cols].</param>
    /// <param name="sum">[rows, cols], as saved.</param>
    /// <param name="mean">[rows].</param>
    /// <param name="rstd">[rows].</param>
    /// <param name="weight">[cols].</param>
    /// <param name="dropout">As in the forward pass: the mask is drawn again.</param>
    void ResidualLayerNormBackward(
        Tensor dresidual, Tensor dbranch, Tensor dweight, Tensor dbias, Tensor dy, Tensor sum, Tensor mean, Tensor rstd,
        Tensor weight, DropoutMask dropout);
}

/// <summary>The sizes of one layer normalisation, taken from its operands and checked.</summary>
internal readonly record struct LayerNormShape(int Rows, int Cols)
{
    public static LayerNormShape Of(Tensor x, Tensor mean, Tensor rstd, Tensor weight)
    {
        Checks.Rank(x, 2, nameof(x));
        int rows = x.Shape[0], cols = x.Shape[1];
        mean.Require(new Shape(rows), nameof(mean));
        rstd.Require(new Shape(rows), nameof(rstd));
        weight.Require(new Shape(cols), nameof(weight));
        return new LayerNormShape(rows, cols);
    }

    public static LayerNormShape OfForward(Tensor y, Tensor x, Tensor mean, Tensor rstd, Tensor weight, Tensor bias)
    {
        LayerNormShape shape = Of(x, mean, rstd, weight);
        Checks.Same(y, x, nameof(y));
        Checks.Same(bias, weight, nameof(bias));
        return shape;
    }

    public static LayerNormShape OfResidualForward(
        Tensor y, Tensor sum, Tensor mean, Tensor rstd, Tensor residual, Tensor branch, Tensor weight, Tensor bias)
    {
        LayerNormShape shape = Of(sum, mean, rstd, weight);
        Checks.Same(y, sum, nameof(y));
        Checks.Same(residual, sum, nameof(residual));
        Checks.Same(branch, sum, nameof(branch));
        Checks.Same(bias, weight, nameof(bias));
        return shape;
    }

    public static LayerNormShape OfBackward(
        Tensor dx, Tensor dx2, Tensor dweight, Tensor dbias, Tensor dy, Tensor x, Tensor mean, Tensor rstd, Tensor weight)
    {
        LayerNormShape shape = Of(x, mean, rstd, weight);
        Checks.Same(dy, x, nameof(dy));
        Checks.Optional(dx, x.Shape, nameof(dx));
        Checks.Optional(dx2, x.Shape, nameof(dx2));
        Checks.Optional(dweight, weight.Shape, nameof(dweight));
        Checks.Optional(dbias, weight.Shape, nameof(dbias));
        return shape;
    }
}

public sealed partial class ReferenceKernels<T>
{
    /// <inheritdoc/>
    public void LayerNormForward(Tensor y, Tensor mean, Tensor rstd, Tensor x, Tensor weight, Tensor bias, double eps)
    {
        (int rows, int cols) = LayerNormShape.OfForward(y, x, mean, rstd, weight, bias);
        for (int row = 0; row < rows; row++)
            NormaliseRow(y.Span<T>(), mean.Span<T>(), rstd.Span<T>(), x.Span<T>(), weight.Span<T>(), bias.Span<T>(), eps, row, cols);
    }

    /// <inheritdoc/>
    public void LayerNormBackward(
        Tensor dx, Tensor dweight, Tensor dbias, Tensor dy, Tensor x, Tensor mean, Tensor rstd, Tensor weight) =>
        ResidualLayerNormBackward(dx, default, dweight, dbias, dy, x, mean, rstd, weight, DropoutMask.None);

    /// <inheritdoc/>
    public void ResidualLayerNormForward(
        Tensor y, Tensor sum, Tensor mean, Tensor rstd, Tensor residual, Tensor branch, Tensor weight, Tensor bias,
        double eps, DropoutMask dropout)
    {
        (int rows, int cols) = LayerNormShape.OfResidualForward(y, sum, mean, rstd, residual, branch, weight, bias);
        Span<T> sums = sum.Span<T>(), residuals = residual.Span<T>(), branches = branch.Span<T>();
        for (int row = 0; row < rows; row++)
        {
            for (int col = 0; col < cols; col++)
                Set(sums, row * cols + col, Get(residuals, row * cols + col) + Get(branches, row * cols + col) * Kept(dropout, row, col));
            NormaliseRow(y.Span<T>(), mean.Span<T>(), rstd.Span<T>(), sums, weight.Span<T>(), bias.Span<T>(), eps, row, cols);
        }
    }

    /// <inheritdoc/>
    public void ResidualLayerNormBackward(
        Tensor dresidual, Tensor dbranch, Tensor dweight, Tensor dbias, Tensor dy, Tensor sum, Tensor mean, Tensor rstd,
        Tensor weight, DropoutMask dropout)
    {
        (int rows, int cols) = LayerNormShape.OfBackward(dresidual, dbranch, dweight, dbias, dy, sum, mean, rstd, weight);
        Span<T> dresiduals = Optional(dresidual), dbranches = Optional(dbranch), dweights = Optional(dweight), dbiases = Optional(dbias);
        Span<T> dys = dy.Span<T>(), xs = sum.Span<T>(), means = mean.Span<T>(), rstds = rstd.Span<T>(), weights = weight.Span<T>();
        double[] weightSums = new double[cols], biasSums = new double[cols];
        for (int row = 0; row < rows; row++)
        {
            double m = Get(means, row), r = Get(rstds, row), meanG = 0, meanGx = 0;
            for (int col = 0; col < cols; col++)
            {
                double dyi = Get(dys, row * cols + col), xhat = (Get(xs, row * cols + col) - m) * r, g = dyi * Get(weights, col);
                meanG += g / cols;
                meanGx += g * xhat / cols;
                weightSums[col] += dyi * xhat;
                biasSums[col] += dyi;
            }
            for (int col = 0; col < cols; col++)
            {
                double xhat = (Get(xs, row * cols + col) - m) * r, g = Get(dys, row * cols + col) * Get(weights, col);
                double ds = r * (g - meanG - xhat * meanGx);
                if (!dresiduals.IsEmpty)
                    Add(dresiduals, row * cols + col, ds);
                if (!dbranches.IsEmpty)
                    Add(dbranches, row * cols + col, ds * Kept(dropout, row, col));
            }
        }
        for (int col = 0; col < dweights.Length; col++)
            Add(dweights, col, weightSums[col]);
        for (int col = 0; col < dbiases.Length; col++)
            Add(dbiases, col, biasSums[col]);
    }

    private static void NormaliseRow(
        Span<T> y, Span<T> mean, Span<T> rstd, Span<T> x, Span<T> weight, Span<T> bias, double eps, int row, int cols)
    {
        double m = 0, variance = 0;
        for (int col = 0; col < cols; col++)
            m += Get(x, row * cols + col) / cols;
        for (int col = 0; col < cols; col++)
            variance += Math.Pow(Get(x, row * cols + col) - m, 2) / cols;
        double r = 1 / Math.Sqrt(variance + eps);
        for (int col = 0; col < cols; col++)
            Set(y, row * cols + col, (Get(x, row * cols + col) - m) * r * Get(weight, col) + Get(bias, col));
        Set(mean, row, m);
        Set(rstd, row, r);
    }
}
