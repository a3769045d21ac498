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
}

public partial interface IKernels
{
    /// <summary>y = f(x), element by element.</summary>
    /// <param name="y">As x, overwritten; may be x.</param>
    /// <param name="x">Any shape.</param>
    /// <param name="activation">f; not <see cref="Activation.None"/>.</param>
    /// <remarks>Moves 8 bytes an element. Derivation in README.md.</remarks>
    void ActivationForward(Tensor y, Tensor x, Activation activation);

    /// <summary>dx += dy·f′(x), element by element.</summary>
    /// <param name="dx">As x.</param>
    /// <param name="dy">As x.</param>
    /// <param name="x">What the forward pass read.</param>
    /// <param name="activation">f; not <see cref="Activation.None"/>.</param>
    void ActivationBackward(Tensor dx, Tensor dy, Tensor x, Activation activation);
}

/// <summary>The activation functions and their derivatives in double precision.</summary>
public static class ActivationFunctions
{
    private const double SqrtTwoOverPi = 0.79788456080286535588;
    private const double Cubic = 0.044715;

    /// <summary>f(x).</summary>
    public static double Value(Activation activation, double x) => activation switch
    {
        Activation.None => x,
        Activation.Gelu => x * SpecialFunctions.NormalCdf(x),
        Activation.GeluTanh => 0.5 * x * (1 + Math.Tanh(SqrtTwoOverPi * (x + Cubic * x * x * x))),
        Activation.Tanh => Math.Tanh(x),
        Activation.Relu => x > 0 || double.IsNaN(x) ? x : 0,
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
        _ => throw new ArgumentOutOfRangeException(nameof(activation)),
    };

    private static double GeluTanhDerivative(double x)
    {
        double t = Math.Tanh(SqrtTwoOverPi * (x + Cubic * x * x * x));
        return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * SqrtTwoOverPi * (1 + 3 * Cubic * x * x);
    }
}

public sealed partial class ReferenceKernels<T>
{
    /// <inheritdoc/>
    public void ActivationForward(Tensor y, Tensor x, Activation activation)
    {
        Checks.Same(y, x);
        Span<T> ys = y.Span<T>(), xs = x.Span<T>();
        for (int i = 0; i < xs.Length; i++)
            Set(ys, i, ActivationFunctions.Value(activation, Get(xs, i)));
    }

    /// <inheritdoc/>
    public void ActivationBackward(Tensor dx, Tensor dy, Tensor x, Activation activation)
    {
        Checks.Same(dx, x);
        Checks.Same(dy, x);
        Span<T> dxs = dx.Span<T>(), dys = dy.Span<T>(), xs = x.Span<T>();
        for (int i = 0; i < xs.Length; i++)
            Add(dxs, i, Get(dys, i) * ActivationFunctions.Derivative(activation, Get(xs, i)));
    }
}
