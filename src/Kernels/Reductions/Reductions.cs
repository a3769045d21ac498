namespace BareBert.Kernels;

public partial interface IDeviceKernels : IKernel<Sum>, IKernel<SumOfSquares>, IKernel<AddScaled>;

/// <summary>total[0] += scale·Σ x.</summary>
/// <remarks>A fixed order of additions, in double precision.</remarks>
public readonly struct Sum() : IKernelCall<Sum>
{
    /// <summary>[1].</summary>
    public required Tensor Total { get; init; }

    /// <summary>Any shape.</summary>
    public required Tensor X { get; init; }

    /// <summary>Multiplies the sum; 1 where it is not given.</summary>
    public double Scale { get; init; } = 1;

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([X]));

    /// <inheritdoc/>
    public void Check() => Checks.Has(Total, new Shape(1));
}

/// <summary>total[0] += Σ x²: the square of a gradient's global norm, one flat range at a time.</summary>
public readonly struct SumOfSquares : IKernelCall<SumOfSquares>
{
    /// <summary>[1].</summary>
    public required Tensor Total { get; init; }

    /// <summary>Any shape.</summary>
    public required Tensor X { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([X]));

    /// <inheritdoc/>
    public void Check() => Checks.Has(Total, new Shape(1));
}

/// <summary>y += scale·x. Both may be one tensor.</summary>
public readonly struct AddScaled() : IKernelCall<AddScaled>
{
    /// <summary>As X.</summary>
    public required Tensor Y { get; init; }

    /// <summary>Any shape.</summary>
    public required Tensor X { get; init; }

    /// <summary>Multiplies x; 1 where it is not given.</summary>
    public double Scale { get; init; } = 1;

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([X], updated: [Y]));

    /// <inheritdoc/>
    public void Check() => Checks.Same(Y, X);
}

public sealed partial class ReferenceKernels<T>
{
    void IKernel<Sum>.Run(in Sum call)
    {
        double sum = 0;
        foreach (T value in call.X.Span<T>())
            sum += double.CreateChecked(value);
        Add(call.Total.Span<T>(), 0, call.Scale * sum);
    }

    void IKernel<SumOfSquares>.Run(in SumOfSquares call)
    {
        double sum = 0;
        foreach (T value in call.X.Span<T>())
            sum += double.CreateChecked(value) * double.CreateChecked(value);
        Add(call.Total.Span<T>(), 0, sum);
    }

    void IKernel<AddScaled>.Run(in AddScaled call)
    {
        Span<T> ys = call.Y.Span<T>(), xs = call.X.Span<T>();
        for (int i = 0; i < xs.Length; i++)
            Add(ys, i, call.Scale * Get(xs, i));
    }
}
