namespace BareBert.Kernels;

public partial interface IKernels
{
    /// <summary>A linear layer with its activation: y = f(x·weightᵀ + bias).</summary>
    /// <param name="y">[rows, N], overwritten.</param>
    /// <param name="preActivation">[rows, N], x·weightᵀ + bias, for the backward pass; optional, and left out where f is the identity.</param>
    /// <param name="x">[rows, K].</param>
    /// <param name="weight">[N, K].</param>
    /// <param name="bias">[N]; optional.</param>
    /// <param name="activation">f.</param>
    /// <remarks>2·rows·N·K flops; bias and f are applied as the multiply stores its result.</remarks>
    void LinearForward(Tensor y, Tensor preActivation, Tensor x, Tensor weight, Tensor bias, Activation activation = Activation.None);

    /// <summary>Its gradients: du = dy·f′(u), dx += du·weight, dweight += duᵀ·x, dbias += column sums of du.</summary>
    /// <param name="dx">[rows, K]; optional.</param>
    /// <param name="dweight">[N, K]; optional: a frozen layer has none.</param>
    /// <param name="dbias">[N]; optional.</param>
    /// <param name="dy">[rows, N]. Overwritten with du where there is an activation.</param>
    /// <param name="x">[rows, K].</param>
    /// <param name="weight">[N, K].</param>
    /// <param name="preActivation">u as the forward pass saved it; left out where f is the identity.</param>
    /// <param name="activation">f.</param>
    /// <remarks>4·rows·N·K flops. The sums over rows are in a fixed order. Derivation in ../MatMul/README.md.</remarks>
    void LinearBackward(
        Tensor dx, Tensor dweight, Tensor dbias, Tensor dy, Tensor x, Tensor weight,
        Tensor preActivation = default, Activation activation = Activation.None);
}

/// <summary>The sizes of one linear layer, taken from its operands and checked.</summary>
internal readonly record struct LinearShape(int Rows, int N, int K)
{
    public static LinearShape Of(Tensor y, Tensor x, Tensor weight)
    {
        Checks.Rank(x, 2);
        Checks.Rank(weight, 2);
        int rows = x.Shape[0], k = x.Shape[1], n = weight.Shape[0];
        if (weight.Shape[1] != k)
            throw new ArgumentException($"weight is {weight.Shape}, not [N, {k}]: x is {x.Shape}");
        y.Require(new Shape(rows, n), nameof(y));
        return new LinearShape(rows, n, k);
    }

    public static LinearShape OfForward(Tensor y, Tensor preActivation, Tensor x, Tensor weight, Tensor bias)
    {
        LinearShape shape = Of(y, x, weight);
        Checks.Optional(preActivation, y.Shape);
        Checks.Optional(bias, new Shape(shape.N));
        return shape;
    }

    public static LinearShape OfBackward(
        Tensor dx, Tensor dweight, Tensor dbias, Tensor dy, Tensor x, Tensor weight, Tensor preActivation, Activation activation)
    {
        LinearShape shape = Of(dy, x, weight);
        Checks.Optional(dx, x.Shape);
        Checks.Optional(dweight, weight.Shape);
        Checks.Optional(dbias, new Shape(shape.N));
        if (activation != Activation.None)
            preActivation.Require(dy.Shape, nameof(preActivation));
        return shape;
    }
}

public sealed partial class ReferenceKernels<T>
{
    /// <inheritdoc/>
    public void LinearForward(Tensor y, Tensor preActivation, Tensor x, Tensor weight, Tensor bias, Activation activation)
    {
        (int rows, int n, int k) = LinearShape.OfForward(y, preActivation, x, weight, bias);
        Span<T> ys = y.Span<T>(), us = Optional(preActivation), xs = x.Span<T>(), ws = weight.Span<T>(), bs = Optional(bias);
        for (int row = 0; row < rows; row++)
        {
            for (int col = 0; col < n; col++)
            {
                double u = bs.IsEmpty ? 0 : Get(bs, col);
                for (int i = 0; i < k; i++)
                    u += Get(xs, row * k + i) * Get(ws, col * k + i);
                if (!us.IsEmpty)
                    Set(us, row * n + col, u);
                Set(ys, row * n + col, ActivationFunctions.Value(activation, u));
            }
        }
    }

    /// <inheritdoc/>
    public void LinearBackward(
        Tensor dx, Tensor dweight, Tensor dbias, Tensor dy, Tensor x, Tensor weight, Tensor preActivation, Activation activation)
    {
        (int rows, int n, int k) = LinearShape.OfBackward(dx, dweight, dbias, dy, x, weight, preActivation, activation);
        Span<T> dys = dy.Span<T>();
        if (activation != Activation.None)
        {
            Span<T> us = preActivation.Span<T>();
            for (int i = 0; i < dys.Length; i++)
                Set(dys, i, Get(dys, i) * ActivationFunctions.Derivative(activation, Get(us, i)));
        }
        if (!dx.IsNone)
            Multiply(dx.Span<T>(), dys, weight.Span<T>(), rows, k, n, false, false, accumulate: true);
        if (!dweight.IsNone)
            Multiply(dweight.Span<T>(), dys, x.Span<T>(), n, k, rows, true, false, accumulate: true);
        if (!dbias.IsNone)
            AddColumnSums(dbias.Span<T>(), dys, rows, n);
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
