namespace BareBert.Kernels;

public partial interface IKernels
{
    /// <summary>y = x/(1 − rate) where the mask keeps an element, 0 elsewhere.</summary>
    /// <param name="y">[rows, cols], overwritten; may be x.</param>
    /// <param name="x">[rows, cols].</param>
    /// <param name="dropout">Which elements are kept.</param>
    /// <remarks>Srivastava et al. 2014, inverted scaling. A dropped NaN stays NaN: x·0.</remarks>
    void DropoutForward(Tensor y, Tensor x, DropoutMask dropout);

    /// <summary>dx += dy/(1 − rate) where the mask keeps an element.</summary>
    /// <param name="dx">[rows, cols].</param>
    /// <param name="dy">[rows, cols].</param>
    /// <param name="dropout">As in the forward pass.</param>
    void DropoutBackward(Tensor dx, Tensor dy, DropoutMask dropout);
}

public sealed partial class ReferenceKernels<T>
{
    /// <inheritdoc/>
    public void DropoutForward(Tensor y, Tensor x, DropoutMask dropout)
    {
        Checks.Same(y, x);
        Span<T> ys = y.Span<T>(), xs = x.Span<T>();
        for (int row = 0; row < x.Rows; row++)
        {
            for (int col = 0; col < x.Cols; col++)
                Set(ys, row * x.Cols + col, Get(xs, row * x.Cols + col) * Kept(dropout, row, col));
        }
    }

    /// <inheritdoc/>
    public void DropoutBackward(Tensor dx, Tensor dy, DropoutMask dropout)
    {
        Checks.Same(dx, dy);
        Span<T> dxs = dx.Span<T>(), dys = dy.Span<T>();
        for (int row = 0; row < dy.Rows; row++)
        {
            for (int col = 0; col < dy.Cols; col++)
                Add(dxs, row * dy.Cols + col, Get(dys, row * dy.Cols + col) * Kept(dropout, row, col));
        }
    }

    // What an element is multiplied by.
    private static double Kept(DropoutMask dropout, int row, int col) =>
        dropout.IsNone ? 1 : dropout.Keeps((uint)row, (uint)col) ? dropout.Scale : 0;
}
