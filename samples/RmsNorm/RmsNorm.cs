using System.Numerics;
using BareBert.Kernels;

namespace BareBert.Samples;

/// <summary>Scales each row to a root mean square of 1: y = x·rstd·weight.</summary>
/// <remarks>Zhang and Sennrich 2019, arXiv:1910.07467: LayerNorm without mean and bias. Derivation in README.md.</remarks>
public readonly struct RmsNormForward : IKernelCall<RmsNormForward>
{
    /// <summary>[rows, cols], overwritten; may be X.</summary>
    public required Tensor Y { get; init; }

    /// <summary>[rows], 1/√(mean(x²) + eps), overwritten; saved for backward.</summary>
    public required Tensor Rstd { get; init; }

    /// <summary>[rows, cols].</summary>
    public required Tensor X { get; init; }

    /// <summary>[cols].</summary>
    public required Tensor Weight { get; init; }

    /// <summary>Added to the mean square.</summary>
    public required double Eps { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([X], [Y]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(X, 2);
        Checks.Same(Y, X);
        Checks.Has(Rstd, new Shape(X.Rows));
        Checks.Has(Weight, new Shape(X.Cols));
    }

    /// <inheritdoc/>
    public static void RunOn<T>(ReferenceKernels<T> device, in RmsNormForward call) where T : unmanaged, IFloatingPointIeee754<T> => RmsNormReference<T>.Forward(call);

    /// <inheritdoc/>
    public static void RunOn(CpuKernels device, in RmsNormForward call) => RmsNormCpu.Forward(device, call);

    /// <inheritdoc/>
    public static void RunOn(GpuKernels device, in RmsNormForward call) => RmsNormGpu.Forward(device, call);
}

/// <summary>
/// Its gradients, with x̂ = x·rstd and g = dy·weight: dx += rstd·(g − x̂·mean(g·x̂)), dweight += Σ dy·x̂ over rows.
/// </summary>
public readonly struct RmsNormBackward : IKernelCall<RmsNormBackward>
{
    /// <summary>[rows, cols]; optional.</summary>
    public Tensor DX { get; init; }

    /// <summary>[cols]; optional.</summary>
    public Tensor DWeight { get; init; }

    /// <summary>[rows, cols].</summary>
    public required Tensor DY { get; init; }

    /// <summary>[rows, cols], as in the forward pass.</summary>
    public required Tensor X { get; init; }

    /// <summary>[rows].</summary>
    public required Tensor Rstd { get; init; }

    /// <summary>[cols].</summary>
    public required Tensor Weight { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([DY, X], updated: [DX]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(X, 2);
        Checks.Optional(DX, X.Shape);
        Checks.Optional(DWeight, new Shape(X.Cols));
        Checks.Same(DY, X);
        Checks.Has(Rstd, new Shape(X.Rows));
        Checks.Has(Weight, new Shape(X.Cols));
    }

    /// <inheritdoc/>
    public static void RunOn<T>(ReferenceKernels<T> device, in RmsNormBackward call) where T : unmanaged, IFloatingPointIeee754<T> => RmsNormReference<T>.Backward(call);

    /// <inheritdoc/>
    public static void RunOn(CpuKernels device, in RmsNormBackward call) => RmsNormCpu.Backward(device, call);

    /// <inheritdoc/>
    public static void RunOn(GpuKernels device, in RmsNormBackward call) => RmsNormGpu.Backward(device, call);
}

/// <summary>The textbook: plain loops in double precision.</summary>
internal static class RmsNormReference<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public static void Forward(in RmsNormForward call)
    {
        Span<T> y = call.Y.Span<T>(), rstd = call.Rstd.Span<T>(), x = call.X.Span<T>(), weight = call.Weight.Span<T>();
        int cols = call.X.Cols;
        for (int row = 0; row < call.X.Rows; row++)
        {
            double squares = 0;
            for (int i = row * cols; i < (row + 1) * cols; i++)
                squares += Get(x[i]) * Get(x[i]);
            double r = 1 / Math.Sqrt(squares / cols + call.Eps);
            for (int col = 0; col < cols; col++)
                y[row * cols + col] = T.CreateTruncating(Get(x[row * cols + col]) * r * Get(weight[col]));
            rstd[row] = T.CreateTruncating(r);
        }
    }

    public static void Backward(in RmsNormBackward call)
    {
        Span<T> dy = call.DY.Span<T>(), x = call.X.Span<T>(), rstd = call.Rstd.Span<T>(), weight = call.Weight.Span<T>();
        Span<T> dx = call.DX.IsNone ? default : call.DX.Span<T>(), dweight = call.DWeight.IsNone ? default : call.DWeight.Span<T>();
        int cols = call.X.Cols;
        double[] weightSums = new double[cols];
        for (int row = 0; row < call.X.Rows; row++)
        {
            double r = Get(rstd[row]), meanGx = 0;
            for (int col = 0; col < cols; col++)
            {
                double xHat = Get(x[row * cols + col]) * r, d = Get(dy[row * cols + col]);
                meanGx += d * Get(weight[col]) * xHat / cols;
                weightSums[col] += d * xHat;
            }
            for (int col = 0; col < cols && !dx.IsEmpty; col++)
            {
                int i = row * cols + col;
                dx[i] += T.CreateTruncating(r * (Get(dy[i]) * Get(weight[col]) - Get(x[i]) * r * meanGx));
            }
        }
        for (int col = 0; col < dweight.Length; col++)
            dweight[col] += T.CreateTruncating(weightSums[col]);
    }

    private static double Get(T value) => double.CreateChecked(value);
}
