namespace BareBert.Simt;

/// <summary>Mathematics for kernels, in C#: the compiler follows these methods in place of <c>MathF</c>'s and <c>XMath</c>'s.</summary>
/// <remarks>The <c>…Approximate</c> methods are single instructions on the GPU; the host's exact versions stand in elsewhere.</remarks>
internal static partial class DeviceMath
{
    private const float Log2E = 1.4426950408889634f;
    private const float Ln2 = 0.69314718055994531f;

    /// <summary>2^x by <c>ex2.approx.ftz</c>: 2 units in the last place; subnormal results are 0.</summary>
    public static float Exp2Approximate(float x) => float.Exp2(x);

    /// <summary>log₂ x by <c>lg2.approx</c>: absolute error 2^-22 near 1, else about 1 unit in the last place.</summary>
    public static float Log2Approximate(float x) => float.Log2(x);

    /// <summary>1/√x by <c>rsqrt.approx</c>: relative error 2^-22.9.</summary>
    public static float RsqrtApproximate(float x) => (float)(1 / Math.Sqrt(x));

    /// <summary>1/x by <c>rcp.approx.ftz</c>: 1 unit in the last place.</summary>
    public static float RcpApproximate(float x) => 1 / x;

    public static float Exp2(float x) => Exp2Approximate(x);

    public static float Rsqrt(float x) => RsqrtApproximate(x);

    public static float Rcp(float x) => 1 / x;
}
