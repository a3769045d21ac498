namespace BareBert.Kernels;

public partial interface IDeviceKernels : IKernel<LayerNormForward>, IKernel<LayerNormBackward>,
    IKernel<ResidualLayerNormForward>, IKernel<ResidualLayerNormBackward>;

/// <summary>Normalises each row: y = (x − mean)·rstd·weight + bias.</summary>
/// <remarks>Ba et al. 2016, arXiv:1607.06450. Two-pass variance. Derivation in README.md.</remarks>
public readonly struct LayerNormForward : IKernelCall<LayerNormForward>
{
    /// <summary>[rows, cols], overwritten; may be X.</summary>
    public required Tensor Y { get; init; }

    /// <summary>[rows], saved for backward.</summary>
    public required Tensor Mean { get; init; }

    /// <summary>[rows], 1/√(var + eps), biased variance; saved for backward.</summary>
    public required Tensor Rstd { get; init; }

    /// <summary>[rows, cols].</summary>
    public required Tensor X { get; init; }

    /// <summary>[cols].</summary>
    public required Tensor Weight { get; init; }

    /// <summary>[cols].</summary>
    public required Tensor Bias { get; init; }

    /// <summary>Added to the variance.</summary>
    public required double Eps { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([X], [Y]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(X, 2);
        Checks.Same(Y, X);
        Checks.Has(Mean, new Shape(X.Rows));
        Checks.Has(Rstd, new Shape(X.Rows));
        Checks.Has(Weight, new Shape(X.Cols));
        Checks.Has(Bias, new Shape(X.Cols));
    }
}

/// <summary>
/// Its gradients, with x̂ = (x − mean)·rstd and g = dy·weight:
/// dx += rstd·(g − mean(g) − x̂·mean(g·x̂)), dweight += Σ dy·x̂, dbias += Σ dy over rows.
/// </summary>
public readonly struct LayerNormBackward : IKernelCall<LayerNormBackward>
{
    /// <summary>[rows, cols]; optional.</summary>
    public Tensor DX { get; init; }

    /// <summary>Whether <see cref="DX"/>, whatever it holds, is overwritten in place of added to.</summary>
    public bool OverwriteDX { get; init; }

    /// <summary>[cols]; optional.</summary>
    public Tensor DWeight { get; init; }

    /// <summary>[cols]; optional.</summary>
    public Tensor DBias { get; init; }

    /// <summary>[rows, cols].</summary>
    public required Tensor DY { get; init; }

    /// <summary>[rows, cols], as in the forward pass.</summary>
    public required Tensor X { get; init; }

    /// <summary>[rows].</summary>
    public required Tensor Mean { get; init; }

    /// <summary>[rows].</summary>
    public required Tensor Rstd { get; init; }

    /// <summary>[cols].</summary>
    public required Tensor Weight { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => AsResidual.Work;

    // The same gradient, whose input came from nowhere else.
    internal ResidualLayerNormBackward AsResidual => new()
    {
        DResidual = DX, OverwriteDResidual = OverwriteDX, DWeight = DWeight, DBias = DBias, DY = DY, Sum = X, Mean = Mean, Rstd = Rstd, Weight = Weight, Dropout = DropoutMask.None,
    };

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(X, 2);
        Checks.Optional(DX, X.Shape);
        Checks.Optional(DWeight, new Shape(X.Cols));
        Checks.Optional(DBias, new Shape(X.Cols));
        Checks.Same(DY, X);
        Checks.Has(Mean, new Shape(X.Rows));
        Checks.Has(Rstd, new Shape(X.Rows));
        Checks.Has(Weight, new Shape(X.Cols));
    }
}

/// <summary>The end of every BERT sub-layer in one pass: sum = residual + dropout(branch), y = LayerNorm(sum).</summary>
public readonly struct ResidualLayerNormForward : IKernelCall<ResidualLayerNormForward>
{
    /// <summary>[rows, cols], overwritten.</summary>
    public required Tensor Y { get; init; }

    /// <summary>[rows, cols], overwritten, saved for backward; may be Branch.</summary>
    public required Tensor Sum { get; init; }

    /// <summary>[rows], of the sum.</summary>
    public required Tensor Mean { get; init; }

    /// <summary>[rows], of the sum.</summary>
    public required Tensor Rstd { get; init; }

    /// <summary>[rows, cols], the sub-layer's input.</summary>
    public required Tensor Residual { get; init; }

    /// <summary>[rows, cols], the sub-layer's output.</summary>
    public required Tensor Branch { get; init; }

    /// <summary>[cols].</summary>
    public required Tensor Weight { get; init; }

    /// <summary>[cols].</summary>
    public required Tensor Bias { get; init; }

    /// <summary>Added to the variance.</summary>
    public required double Eps { get; init; }

    /// <summary>Which elements of the branch are kept.</summary>
    public required DropoutMask Dropout { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([Residual, Branch], [Y, Sum]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(Sum, 2);
        Checks.Same(Y, Sum);
        Checks.Has(Mean, new Shape(Sum.Rows));
        Checks.Has(Rstd, new Shape(Sum.Rows));
        Checks.Same(Residual, Sum);
        Checks.Same(Branch, Sum);
        Checks.Has(Weight, new Shape(Sum.Cols));
        Checks.Has(Bias, new Shape(Sum.Cols));
    }
}

/// <summary>Its gradients: with ds that of LayerNorm's input, dresidual += ds, dbranch += dropout(ds).</summary>
public readonly struct ResidualLayerNormBackward : IKernelCall<ResidualLayerNormBackward>
{
    /// <summary>[rows, cols]; optional.</summary>
    public Tensor DResidual { get; init; }

    /// <summary>Whether <see cref="DResidual"/>, whatever it holds, is overwritten in place of added to.</summary>
    public bool OverwriteDResidual { get; init; }

    /// <summary>[rows, cols]; optional.</summary>
    public Tensor DBranch { get; init; }

    /// <summary>The same of <see cref="DBranch"/>.</summary>
    public bool OverwriteDBranch { get; init; }

    /// <summary>[cols]; optional.</summary>
    public Tensor DWeight { get; init; }

    /// <summary>[cols]; optional.</summary>
    public Tensor DBias { get; init; }

    /// <summary>[rows, cols].</summary>
    public required Tensor DY { get; init; }

    /// <summary>[rows, cols], as saved.</summary>
    public required Tensor Sum { get; init; }

    /// <summary>[rows].</summary>
    public required Tensor Mean { get; init; }

    /// <summary>[rows].</summary>
    public required Tensor Rstd { get; init; }

    /// <summary>[cols].</summary>
    public required Tensor Weight { get; init; }

    /// <summary>As in the forward pass: the mask is drawn again.</summary>
    public required DropoutMask Dropout { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of(
        [DY, Sum],
        [OverwriteDResidual ? DResidual : default, OverwriteDBranch ? DBranch : default],
        [OverwriteDResidual ? default : DResidual, OverwriteDBranch ? default : DBranch]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(Sum, 2);
        Checks.Optional(DResidual, Sum.Shape);
        Checks.Optional(DBranch, Sum.Shape);
        Checks.Optional(DWeight, new Shape(Sum.Cols));
        Checks.Optional(DBias, new Shape(Sum.Cols));
        Checks.Same(DY, Sum);
        Checks.Has(Mean, new Shape(Sum.Rows));
        Checks.Has(Rstd, new Shape(Sum.Rows));
        Checks.Has(Weight, new Shape(Sum.Cols));
    }
}

public sealed partial class ReferenceKernels<T>
{
    void IKernel<LayerNormForward>.Run(in LayerNormForward call)
    {
        (int rows, int cols) = (call.X.Rows, call.X.Cols);
        Span<T> y = call.Y.Span<T>(), mean = call.Mean.Span<T>(), rstd = call.Rstd.Span<T>();
        Span<T> x = call.X.Span<T>(), weight = call.Weight.Span<T>(), bias = call.Bias.Span<T>();
        for (int row = 0; row < rows; row++)
            NormaliseRow(y, mean, rstd, x, weight, bias, call.Eps, row, cols);
    }

    void IKernel<LayerNormBackward>.Run(in LayerNormBackward call) => Run(call.AsResidual);

    void IKernel<ResidualLayerNormForward>.Run(in ResidualLayerNormForward call)
    {
        (int rows, int cols) = (call.Sum.Rows, call.Sum.Cols);
        Span<T> y = call.Y.Span<T>(), sum = call.Sum.Span<T>(), mean = call.Mean.Span<T>(), rstd = call.Rstd.Span<T>();
        Span<T> residual = call.Residual.Span<T>(), branch = call.Branch.Span<T>(), weight = call.Weight.Span<T>(), bias = call.Bias.Span<T>();
        for (int row = 0; row < rows; row++)
        {
            for (int col = 0; col < cols; col++)
                Set(sum, row * cols + col, Get(residual, row * cols + col) + Get(branch, row * cols + col) * Kept(call.Dropout, row, col));
            NormaliseRow(y, mean, rstd, sum, weight, bias, call.Eps, row, cols);
        }
    }

    void IKernel<ResidualLayerNormBackward>.Run(in ResidualLayerNormBackward call)
    {
        (int rows, int cols) = (call.Sum.Rows, call.Sum.Cols);
        Span<T> dresiduals = Optional(call.DResidual), dbranches = Optional(call.DBranch), dweights = Optional(call.DWeight), dbiases = Optional(call.DBias);
        Span<T> dys = call.DY.Span<T>(), xs = call.Sum.Span<T>(), means = call.Mean.Span<T>(), rstds = call.Rstd.Span<T>(), weights = call.Weight.Span<T>();
        double[] weightSums = new double[cols], biasSums = new double[cols];
        if (call.OverwriteDResidual)
            dresiduals.Clear();
        if (call.OverwriteDBranch)
            dbranches.Clear();
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
                    Add(dbranches, row * cols + col, ds * Kept(call.Dropout, row, col));
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
