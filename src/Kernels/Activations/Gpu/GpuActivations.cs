using BareBert.Simt;

namespace BareBert.Kernels;

/// <summary>An activation inside a kernel: each is a type, so that a kernel is compiled with it built in.</summary>
internal interface IGpuActivation
{
    /// <summary>f(x).</summary>
    static abstract float Value(float x);

    /// <summary>f′(x).</summary>
    static abstract float Derivative(float x);
}

internal readonly struct GpuIdentity : IGpuActivation
{
    public static float Value(float x) => x;

    public static float Derivative(float x) => 1;
}

internal readonly struct GpuGelu : IGpuActivation
{
    private const float OneOverSqrtTwo = 0.707106781f, OneOverSqrtTwoPi = 0.398942280f;

    public static float Value(float x) => x * Cdf(x);

    public static float Derivative(float x) => Cdf(x) + x * (OneOverSqrtTwoPi * MathF.Exp(-0.5f * x * x));

    private static float Cdf(float x) => 0.5f * (1 + DeviceMath.Erf(x * OneOverSqrtTwo));
}

internal readonly struct GpuGeluTanh : IGpuActivation
{
    private const float SqrtTwoOverPi = 0.797884561f, Cubic = 0.044715f;

    // Beyond this tanh is ±1 to the last bit, while x³ could overflow.
    private const float Saturated = 15;

    public static float Value(float x) => 0.5f * x * (1 + Tanh(x));

    public static float Derivative(float x)
    {
        if (x > Saturated)
            return 1;
        if (x < -Saturated)
            return 0;
        float t = Tanh(x);
        return 0.5f * (1 + t) + 0.5f * x * (1 - t * t) * SqrtTwoOverPi * (1 + 3 * Cubic * x * x);
    }

    private static float Tanh(float x) => MathF.Tanh(SqrtTwoOverPi * (x + Cubic * x * x * x));
}

internal readonly struct GpuTanh : IGpuActivation
{
    public static float Value(float x) => MathF.Tanh(x);

    public static float Derivative(float x)
    {
        float t = MathF.Tanh(x);
        return 1 - t * t;
    }
}

internal readonly struct GpuRelu : IGpuActivation
{
    public static float Value(float x) => x > 0 || float.IsNaN(x) ? x : 0;

    public static float Derivative(float x) => x > 0 ? 1 : float.IsNaN(x) ? x : 0;
}

internal readonly struct GpuSilu : IGpuActivation
{
    public static float Value(float x) => GpuSigmoidGate.Value(x, 1);

    public static float Derivative(float x) => GpuSigmoidGate.Derivative(x, 1);
}

internal readonly struct GpuQuickGelu : IGpuActivation
{
    private const float Slope = (float)ActivationFunctions.QuickGeluSlope;

    public static float Value(float x) => GpuSigmoidGate.Value(x, Slope);

    public static float Derivative(float x) => GpuSigmoidGate.Derivative(x, Slope);
}

/// <summary>x·σ(βx) and its derivative, as on the CPU.</summary>
internal static class GpuSigmoidGate
{
    // Beyond this σ is 0 or 1 to the last bit, while βx could overflow.
    private const float Saturated = 105;

    public static float Value(float x, float slope) => x / (1 + MathF.Exp(-slope * x));

    public static float Derivative(float x, float slope)
    {
        if (x > Saturated)
            return 1;
        if (x < -Saturated)
            return 0;
        float s = 1 / (1 + MathF.Exp(-slope * x));
        return s + slope * x * s * (1 - s);
    }
}
