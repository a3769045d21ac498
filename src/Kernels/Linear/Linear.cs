namespace BareBert.Kernels;

public partial interface IDeviceKernels : IKernel<LinearForward>, IKernel<LinearBackward>;

/// <summary>A linear layer with its activation: y = f(x·weightᵀ + bias).</summary>
/// <remarks>2·rows·N·K flops; bias and f are applied as the multiply stores its result.</remarks>
public readonly struct LinearForward : IKernelCall<LinearForward>
{
    /// <summary>[rows, N], overwritten.</summary>
    public required Tensor Y { get; init; }

    /// <summary>[rows, N], x·weightᵀ + bias, overwritten, for the backward pass; optional, and left out where f is the identity.</summary>
    public Tensor PreActivation { get; init; }

    /// <summary>[rows, K].</summary>
    public required Tensor X { get; init; }

    /// <summary>[N, K].</summary>
    public required Tensor Weight { get; init; }

    /// <summary>[N]; optional.</summary>
    public Tensor Bias { get; init; }

    /// <summary>f.</summary>
    public Activation Activation { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(2.0 * Y.Count * X.Cols, Traffic.Of([X, Weight, Bias], [Y, PreActivation]));

    internal (int Rows, int N, int K) Sizes => (X.Rows, Weight.Rows, X.Cols);

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(X, 2);
        Checks.Rank(Weight, 2);
        Checks.Has(Weight, new Shape(Weight.Rows, X.Cols));
        Checks.Has(Y, new Shape(X.Rows, Weight.Rows));
        Checks.Optional(PreActivation, Y.Shape);
        Checks.Optional(Bias, new Shape(Weight.Rows));
    }
}

/// <summary>Its gradients: du = dy·f′(u), dx += du·weight, dweight += duᵀ·x, dbias += column sums of du.</summary>
/// <remarks>4·rows·N·K flops. The sums over rows are in a fixed order. Derivation in README.md.</remarks>
public readonly struct LinearBackward : IKernelCall<LinearBackward>
{
    /// <summary>[rows, K]; optional.</summary>
    public Tensor DX { get; init; }

    /// <summary>Whether <see cref="DX"/>, whatever it holds, is overwritten in place of added to.</summary>
    public bool OverwriteDX { get; init; }

    /// <summary>[N, K]; optional: a frozen layer has none.</summary>
    public Tensor DWeight { get; init; }

    /// <summary>[N]; optional.</summary>
    public Tensor DBias { get; init; }

    /// <summary>[rows, N]. Overwritten with du where there is an activation.</summary>
    public required Tensor DY { get; init; }

    /// <summary>[rows, K].</summary>
    public required Tensor X { get; init; }

    /// <summary>[N, K].</summary>
    public required Tensor Weight { get; init; }

    /// <summary>u as the forward pass saved it; left out where f is the identity.</summary>
    public Tensor PreActivation { get; init; }

    /// <summary>f.</summary>
    public Activation Activation { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(
        2.0 * ((DX.IsNone ? 0 : 1) + (DWeight.IsNone ? 0 : 1)) * DY.Count * X.Cols,
        Traffic.Of([DY, X, Weight, PreActivation], OverwriteDX ? [DX] : [], OverwriteDX ? [DWeight, DBias] : [DX, DWeight, DBias]));

    internal (int Rows, int N, int K) Sizes => (X.Rows, Weight.Rows, X.Cols);

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(X, 2);
        Checks.Rank(Weight, 2);
        Checks.Has(Weight, new Shape(Weight.Rows, X.Cols));
        Checks.Has(DY, new Shape(X.Rows, Weight.Rows));
        Checks.Optional(DX, X.Shape);
        Checks.Optional(DWeight, Weight.Shape);
        Checks.Optional(DBias, new Shape(Weight.Rows));
        if (Activation != Activation.None)
            Checks.Same(PreActivation, DY);
    }
}

public sealed partial class ReferenceKernels<T>
{
    void IKernel<LinearForward>.Run(in LinearForward call)
    {
        (int rows, int n, int k) = call.Sizes;
        Span<T> ys = call.Y.Span<T>(), us = Optional(call.PreActivation), xs = call.X.Span<T>(), ws = call.Weight.Span<T>(), bs = Optional(call.Bias);
        for (int row = 0; row < rows; row++)
        {
            for (int col = 0; col < n; col++)
            {
                double u = bs.IsEmpty ? 0 : Get(bs, col);
                for (int i = 0; i < k; i++)
                    u += Get(xs, row * k + i) * Get(ws, col * k + i);
                if (!us.IsEmpty)
                    Set(us, row * n + col, u);
                Set(ys, row * n + col, ActivationFunctions.Value(call.Activation, u));
            }
        }
    }

    void IKernel<LinearBackward>.Run(in LinearBackward call)
    {
        (int rows, int n, int k) = call.Sizes;
        Span<T> dys = call.DY.Span<T>();
        if (call.Activation != Activation.None)
        {
            Span<T> us = call.PreActivation.Span<T>();
            for (int i = 0; i < dys.Length; i++)
                Set(dys, i, Get(dys, i) * ActivationFunctions.Derivative(call.Activation, Get(us, i)));
        }
        if (!call.DX.IsNone)
            Multiply(call.DX.Span<T>(), dys, call.Weight.Span<T>(), rows, k, n, false, false, accumulate: !call.OverwriteDX);
        if (!call.DWeight.IsNone)
            Multiply(call.DWeight.Span<T>(), dys, call.X.Span<T>(), n, k, rows, true, false, accumulate: true);
        if (!call.DBias.IsNone)
            AddColumnSums(call.DBias.Span<T>(), dys, rows, n);
    }

    private static void AddColumnSums(Span<T> sums, Span<T> x, int rows, int cols)
    {
        for (int col = 0; col < cols; col++)
        {
            double sum = 0;
            for (int row = 0; row < rows; row++)
                sum += Get(x, row * cols + col);
            Add(sums, col, sum);
        }
    }
}
