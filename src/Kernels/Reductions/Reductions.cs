namespace BareBert.Kernels;

public partial interface IKernels
{
    /// <summary>total[0] += scale·Σ x.</summary>
    /// <param name="total">[1].</param>
    /// <param name="x">Any shape.</param>
    /// <param name="scale">Multiplies the sum.</param>
    /// <remarks>A fixed order of additions, in double precision where the device is a CPU.</remarks>
    void Sum(Tensor total, Tensor x, double scale = 1);

    /// <summary>total[0] += Σ x²: the square of a gradient's global norm, one flat range at a time.</summary>
    /// <param name="total">[1].</param>
    /// <param name="x">Any shape.</param>
    void SumOfSquares(Tensor total, Tensor x);

    /// <summary>y += scale·x.</summary>
    /// <param name="y">As x.</param>
    /// <param name="x">Any shape.</param>
    /// <param name="scale">Multiplies x.</param>
    void AddScaled(Tensor y, Tensor x, double scale = 1);
}

public sealed partial class ReferenceKernels<T>
{
    /// <inheritdoc/>
    public void Sum(Tensor total, Tensor x, double scale = 1)
    {
        total.Require(new Shape(1), nameof(total));
        double sum = 0;
        foreach (T value in x.Span<T>())
            sum += double.CreateChecked(value);
        Add(total.Span<T>(), 0, scale * sum);
    }

    /// <inheritdoc/>
    public void SumOfSquares(Tensor total, Tensor x)
    {
        total.Require(new Shape(1), nameof(total));
        double sum = 0;
        foreach (T value in x.Span<T>())
            sum += double.CreateChecked(value) * double.CreateChecked(value);
        Add(total.Span<T>(), 0, sum);
    }

    /// <inheritdoc/>
    public void AddScaled(Tensor y, Tensor x, double scale = 1)
    {
        Checks.Same(y, x);
        Span<T> ys = y.Span<T>(), xs = x.Span<T>();
        for (int i = 0; i < xs.Length; i++)
            Add(ys, i, scale * Get(xs, i));
    }
}
