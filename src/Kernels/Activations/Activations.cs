namespace BareBert.Kernels;

/// <summary>A function applied to each element of a linear layer's output.</summary>
public enum Activation
{
    /// <summary>The identity.</summary>
    None,

    /// <summary>x·Φ(x), Φ the normal distribution function, by erf: Hendrycks and Gimpel 2016, arXiv:1606.08415. BERT's.</summary>
    Gelu,

    /// <summary>The tanh approximation x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))): "gelu_new", ALBERT's.</summary>
    GeluTanh,

    /// <summary>The hyperbolic tangent: the pooler's.</summary>
    Tanh,

    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>x·σ(x), also called swish: Elfwing et al. 2017, arXiv:1702.03118.</summary>
    Silu,

    /// <summary>x·σ(1.702·x): Hendrycks and Gimpel's quick approximation of GELU.</summary>
    QuickGelu,
}

public partial interface IDeviceKernels : IKernel<ActivationForward>, IKernel<ActivationBackward>;

/// <summary>y = f(x), element by element.</summary>
/// <remarks>Derivation in README.md.</remarks>
public readonly struct ActivationForward : IKernelCall<ActivationForward>
{
    /// <summary>As X, overwritten; may be X.</summary>
    public required Tensor Y { get; init; }

    /// <summary>Any shape.</summary>
    public required Tensor X { get; init; }

    /// <summary>f; not <see cref="Activation.None"/>.</summary>
    public required Activation Activation { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([X], [Y]));

    /// <inheritdoc/>
    public void Check() => Checks.Same(Y, X);
}

/// <summary>dx += dy·f′(x), element by element.</summary>
public readonly struct ActivationBackward : IKernelCall<ActivationBackward>
{
    /// <summary>As X.</summary>
    public required Tensor DX { get; init; }

    /// <summary>As X.</summary>
    public required Tensor DY { get; init; }

    /// <summary>What the forward pass read.</summary>
    public required Tensor X { get; init; }

    /// <summary>f; not <see cref="Activation.None"/>.</summary>
    public required Activation Activation { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([DY, X], updated: [DX]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Same(DX, X);
        Checks.Same(DY, X);
    }
}

/// <summary>The activation functions and their derivatives in double precision.</summary>
public static class ActivationFunctions
{
    private const double SqrtTwoOverPi = 0.79788456080286535588;
    private const double Cubic = 0.044715;

    /// <summary>β of <see cref="Activation.QuickGelu"/>, x·σ(β·x).</summary>
    public const double QuickGeluSlope = 1.702;

    /// <summary>f(x).</summary>
    public static double Value(Activation activation, double x) => activation switch
    {
        Activation.None => x,
        Activation.Gelu => x * SpecialFunctions.NormalCdf(x),
        Activation.GeluTanh => 0.5 * x * (1 + Math.Tanh(SqrtTwoOverPi * (x + Cubic * x * x * x))),
        Activation.Tanh => Math.Tanh(x),
        Activation.Relu => x > 0 || double.IsNaN(x) ? x : 0,
        Activation.Silu => x * Sigmoid(x),
        Activation.QuickGelu => x * Sigmoid(QuickGeluSlope * x),
        _ => throw new ArgumentOutOfRangeException(nameof(activation)),
    };

    /// <summary>f′(x).</summary>
    public static double Derivative(Activation activation, double x) => activation switch
    {
        Activation.None => 1,
        Activation.Gelu => SpecialFunctions.NormalCdf(x) + x * SpecialFunctions.NormalPdf(x),
        Activation.GeluTanh => GeluTanhDerivative(x),
        Activation.Tanh => 1 - Math.Tanh(x) * Math.Tanh(x),
        Activation.Relu => x > 0 ? 1 : double.IsNaN(x) ? x : 0,
        Activation.Silu => GatedDerivative(x, 1),
        Activation.QuickGelu => GatedDerivative(x, QuickGeluSlope),
        _ => throw new ArgumentOutOfRangeException(nameof(activation)),
    };

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    // Of x·σ(β·x).
    private static double GatedDerivative(double x, double slope)
    {
        double s = Sigmoid(slope * x);
        return s + slope * x * s * (1 - s);
    }

    private static double GeluTanhDerivative(double x)
    {
        double t = Math.Tanh(SqrtTwoOverPi * (x + Cubic * x * x * x));
        return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * SqrtTwoOverPi * (1 + 3 * Cubic * x * x);
    }
}

public sealed partial class ReferenceKernels<T>
{
    void IKernel<ActivationForward>.Run(in ActivationForward call)
    {
        Span<T> ys = call.Y.Span<T>(), xs = call.X.Span<T>();
        for (int i = 0; i < xs.Length; i++)
            Set(ys, i, ActivationFunctions.Value(call.Activation, Get(xs, i)));
    }

    void IKernel<ActivationBackward>.Run(in ActivationBackward call)
    {
        Span<T> dxs = call.DX.Span<T>(), dys = call.DY.Span<T>(), xs = call.X.Span<T>();
        for (int i = 0; i < xs.Length; i++)
            Add(dxs, i, Get(dys, i) * ActivationFunctions.Derivative(call.Activation, Get(xs, i)));
    }
}
