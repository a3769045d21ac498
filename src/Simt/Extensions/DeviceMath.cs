using ILGPU;
using ILGPU.IR.Intrinsics;

namespace BareBert.Simt;

/// <summary>Mathematics for kernels, in C#: ILGPU compiles these methods in place of <c>MathF</c>'s, <c>Math</c>'s and <c>XMath</c>'s of the same
/// name (<see cref="Remappings"/>), for which it has approximate instructions or none. Kernels write <c>MathF.Exp</c> or <c>XMath.Exp</c>; only
/// <see cref="Erf"/> is called here by name.</summary>
/// <remarks>
/// <para>The <c>…Approximate</c> methods are single instructions on the GPU, with the errors that the PTX ISA states; the host's
/// versions stand in elsewhere. All else is polynomials (fitted by weighted least squares, Lawson's iteration, over the interval named)
/// and is the same everywhere but for those instructions' last bit.</para>
/// <para>ulp: a unit in the last place of the result.</para>
/// </remarks>
public static class DeviceMath
{
    private const float Log2E = 1.44269504f, Log2ELow = 1.92596303e-8f;
    private const float Ln2 = 0.693147181f;

    /// <summary>2^x by <c>ex2.approx.ftz</c>: within 2 ulp; results below 2^-126 are 0.</summary>
    [IntrinsicImplementation, Ptx("ex2.approx.ftz.f32 $0, $1;")]
    public static float Exp2Approximate(float x) => float.Exp2(x);

    /// <summary>log₂ x by <c>lg2.approx</c>: absolute error 2^-22 for x in [0.5, 2], else relative error 2^-22.</summary>
    [IntrinsicImplementation, Ptx("lg2.approx.f32 $0, $1;")]
    public static float Log2Approximate(float x) => float.Log2(x);

    /// <summary>1/√x by <c>rsqrt.approx</c>: relative error 2^-22.9.</summary>
    [IntrinsicImplementation, Ptx("rsqrt.approx.f32 $0, $1;")]
    public static float RsqrtApproximate(float x) => (float)(1 / Math.Sqrt(x));

    /// <summary>1/x by <c>rcp.approx.ftz</c>: within 1 ulp.</summary>
    [IntrinsicImplementation, Ptx("rcp.approx.ftz.f32 $0, $1;")]
    public static float RcpApproximate(float x) => 1 / x;

    /// <summary>e^x within 3 ulp; 0 below e^-87.3.</summary>
    /// <remarks>x·log₂e in two parts: the rounded product t, and what it lost, d. e^x = 2^t·2^d ≈ 2^t·(1 + d·ln 2).</remarks>
    public static float Exp(float x)
    {
        float clamped = x > 90f ? 90f : x < -105f ? -105f : x;
        float t = clamped * Log2E;
        float d = MathF.FusedMultiplyAdd(clamped, Log2ELow, MathF.FusedMultiplyAdd(clamped, Log2E, -t));
        float power = Exp2Approximate(t);
        return x > 88.8f ? float.PositiveInfinity : MathF.FusedMultiplyAdd(power, d * Ln2, power);
    }

    /// <summary>2^x within 2 ulp; 0 below 2^-126.</summary>
    public static float Exp2(float x) => Exp2Approximate(x);

    /// <summary>ln x within 2 ulp.</summary>
    /// <remarks>x = 2^e·(1 + f) with f in [-1/3, 1/3]; ln(1 + f) = f − f²/2 + f³·P(f).</remarks>
    public static float Log(float x)
    {
        if (!(x > 0 && x < float.PositiveInfinity))
            return x == 0 ? float.NegativeInfinity : x > 0 ? x : float.NaN;
        bool subnormal = x < 1.17549435e-38f;
        uint bits = Interop.FloatAsInt(subnormal ? x * 8388608f : x);
        uint exponent = (bits - 0x3F2AAAABu) & 0xFF800000u;
        float f = Interop.IntAsFloat(bits - exponent) - 1;
        float e = MathF.FusedMultiplyAdd((int)exponent, 1.1920929e-7f, subnormal ? -23f : 0f);
        float p = -0.131917432f;
        p = MathF.FusedMultiplyAdd(p, f, 0.139624193f);
        p = MathF.FusedMultiplyAdd(p, f, -0.121151075f);
        p = MathF.FusedMultiplyAdd(p, f, 0.140109256f);
        p = MathF.FusedMultiplyAdd(p, f, -0.166854665f);
        p = MathF.FusedMultiplyAdd(p, f, 0.200100437f);
        p = MathF.FusedMultiplyAdd(p, f, -0.249996886f);
        p = MathF.FusedMultiplyAdd(p, f, 0.333332241f);
        float tail = MathF.FusedMultiplyAdd(p, f, -0.5f) * (f * f);
        return MathF.FusedMultiplyAdd(e, Ln2, f + tail);
    }

    /// <summary>log₂ x within 3 ulp.</summary>
    public static float Log2(float x) => Log(x) * Log2E;

    /// <summary>log₁₀ x within 3 ulp.</summary>
    public static float Log10(float x) => Log(x) * 0.434294482f;

    /// <summary>x^y; relative error about (3 + |y·ln x|)·2^-23.</summary>
    public static float Pow(float x, float y)
    {
        if (y == 0)
            return 1;
        float power = Exp(y * Log(MathF.Abs(x)));
        if (x >= 0 || float.IsNaN(x))
            return power;
        float half = y * 0.5f;
        return MathF.Floor(y) != y ? float.NaN : MathF.Floor(half) == half ? power : -power;
    }

    /// <summary>tanh x within 4 ulp.</summary>
    /// <remarks>Near zero x + x³·P(x²), elsewhere 1 − 2/(e^2x + 1), whose subtraction would lose digits there.</remarks>
    public static float Tanh(float x)
    {
        float a = MathF.Abs(x), u = x * x;
        float p = -0.00566078909f;
        p = MathF.FusedMultiplyAdd(p, u, 0.0206020083f);
        p = MathF.FusedMultiplyAdd(p, u, -0.0537292287f);
        p = MathF.FusedMultiplyAdd(p, u, 0.133313283f);
        p = MathF.FusedMultiplyAdd(p, u, -0.333332777f);
        float small = MathF.FusedMultiplyAdd(p * u, x, x);
        float large = MathF.FusedMultiplyAdd(-2f, RcpApproximate(Exp2Approximate(a * (2 * Log2E)) + 1), 1f);
        return a < 0.632f ? small : CopySign(large, x);
    }

    /// <summary>The error function, 2/√π ∫₀ˣ e^-t² dt, within 4 ulp (relative error 3e-7, absolute 2e-7).</summary>
    /// <remarks>|x| &lt; 1: x·P(x²). Beyond: 1 − 2^-Q(|x|) with Q fitted to −log₂ erfc on [1, 4]; from 4 on it is 1.</remarks>
    public static float Erf(float x)
    {
        float a = MathF.Abs(x), u = x * x;
        float p = 7.88912294e-05f;
        p = MathF.FusedMultiplyAdd(p, u, -0.000802084222f);
        p = MathF.FusedMultiplyAdd(p, u, 0.00518953567f);
        p = MathF.FusedMultiplyAdd(p, u, -0.0268544443f);
        p = MathF.FusedMultiplyAdd(p, u, 0.112836003f);
        p = MathF.FusedMultiplyAdd(p, u, -0.37612626f);
        p = MathF.FusedMultiplyAdd(p, u, 1.12837911f);

        float b = a > 4f ? 4f : a;
        float q = 3.12873672e-05f;
        q = MathF.FusedMultiplyAdd(q, b, -0.000636712008f);
        q = MathF.FusedMultiplyAdd(q, b, 0.00606589112f);
        q = MathF.FusedMultiplyAdd(q, b, -0.0363678001f);
        q = MathF.FusedMultiplyAdd(q, b, 0.156414896f);
        q = MathF.FusedMultiplyAdd(q, b, 0.913543224f);
        q = MathF.FusedMultiplyAdd(q, b, 1.62963712f);
        q = MathF.FusedMultiplyAdd(q, b, -0.000271279394f);
        return a < 1f ? x * p : CopySign(1f - Exp2Approximate(-q), x);
    }

    /// <summary>sin x for |x| ≤ 10 000, absolute error 2e-7.</summary>
    public static float Sin(float x)
    {
        float turns = MathF.Round(x * 0.636619772f);
        float r = QuarterTurnsAway(x, turns);
        int quadrant = (int)turns & 3;
        float y = (quadrant & 1) == 0 ? SinPolynomial(r) : CosPolynomial(r);
        return (quadrant & 2) == 0 ? y : -y;
    }

    /// <summary>cos x for |x| ≤ 10 000, absolute error 2e-7.</summary>
    public static float Cos(float x)
    {
        float turns = MathF.Round(x * 0.636619772f);
        float r = QuarterTurnsAway(x, turns);
        int quadrant = (int)turns + 1 & 3;
        float y = (quadrant & 1) == 0 ? SinPolynomial(r) : CosPolynomial(r);
        return (quadrant & 2) == 0 ? y : -y;
    }

    /// <summary>x − turns·π/2, π/2 in three parts so that little is lost (Cody and Waite 1980).</summary>
    private static float QuarterTurnsAway(float x, float turns)
    {
        float r = MathF.FusedMultiplyAdd(turns, -1.57079637f, x);
        r = MathF.FusedMultiplyAdd(turns, 4.37113883e-8f, r);
        return MathF.FusedMultiplyAdd(turns, 1.71512451e-15f, r);
    }

    private static float SinPolynomial(float r)
    {
        float u = r * r;
        float p = MathF.FusedMultiplyAdd(2.71831163e-06f, u, -0.000198393347f);
        p = MathF.FusedMultiplyAdd(p, u, 0.00833332911f);
        p = MathF.FusedMultiplyAdd(p, u, -0.166666672f);
        return MathF.FusedMultiplyAdd(p * u, r, r);
    }

    private static float CosPolynomial(float r)
    {
        float u = r * r;
        float p = MathF.FusedMultiplyAdd(2.44384519e-05f, u, -0.00138873677f);
        p = MathF.FusedMultiplyAdd(p, u, 0.0416666456f);
        return MathF.FusedMultiplyAdd(p * u, u, MathF.FusedMultiplyAdd(u, -0.5f, 1f));
    }

    /// <summary>1/√x, relative error 2^-22.9.</summary>
    public static float Rsqrt(float x) => RsqrtApproximate(x);

    /// <summary>1/x, correctly rounded.</summary>
    public static float Rcp(float x) => 1 / x;

    /// <summary>The size of <paramref name="x"/> with the sign of <paramref name="sign"/>.</summary>
    public static float CopySign(float x, float sign) =>
        Interop.IntAsFloat(Interop.FloatAsInt(x) & 0x7FFFFFFFu | Interop.FloatAsInt(sign) & 0x80000000u);

    /// <summary>e^x within 1 ulp.</summary>
    /// <remarks>x = n·ln 2 + r; e^r by its Taylor series, 14 terms for |r| ≤ 0.35.</remarks>
    public static double Exp(double x)
    {
        if (!(x > -745.2))
            return double.IsNaN(x) ? x : 0;
        if (x > 709.8)
            return double.PositiveInfinity;
        double n = Math.Round(x * 1.4426950408889634);
        double r = Math.FusedMultiplyAdd(n, -1.9082149292705877e-10, Math.FusedMultiplyAdd(n, -6.93147180369123816490e-01, x));
        double p = 1.0 / 6227020800;
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 479001600);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 39916800);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 3628800);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 362880);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 40320);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 5040);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 720);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 120);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 24);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 6);
        p = Math.FusedMultiplyAdd(p, r, 0.5);
        p = Math.FusedMultiplyAdd(p, r, 1);
        p = Math.FusedMultiplyAdd(p, r, 1);
        // 2^n in two steps: n may lie outside the exponents of one number.
        int half = ShiftRight((int)n, 1);
        return p * PowerOfTwo(half) * PowerOfTwo((int)n - half);
    }

    private static double PowerOfTwo(int n) => Interop.IntAsFloat((ulong)(n + 1023L) << 52);

    /// <summary>ln x within 1 ulp.</summary>
    /// <remarks>x = 2^k·(1 + f); with s = f / (2 + f), ln(1 + f) = 2s + 2s³/3 + 2s⁵/5 + …, eleven terms for |s| ≤ 0.172.</remarks>
    public static double Log(double x)
    {
        if (!(x > 0 && x < double.PositiveInfinity))
            return x == 0 ? double.NegativeInfinity : x > 0 ? x : double.NaN;
        bool subnormal = x < 2.2250738585072014e-308;
        ulong bits = Interop.FloatAsInt(subnormal ? x * 18014398509481984.0 : x);
        // 0x3FE6A09E…: the bits of √½, so that 1 + f lies between √½ and √2.
        long k = ShiftRight((long)(bits - 0x3FE6A09E667F3BCDul), 52);
        double f = Interop.IntAsFloat(bits - ((ulong)k << 52)) - 1;
        double s = f / (2 + f), z = s * s;
        double p = 2.0 / 23;
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 21);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 19);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 17);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 15);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 13);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 11);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 9);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 7);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 5);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 3);
        // f − f²/2 + s·(f²/2 + rest): f itself is exact, so only small terms carry rounding errors.
        double halfSquare = 0.5 * f * f, n = subnormal ? k - 54 : k;
        double small = Math.FusedMultiplyAdd(n, 1.9082149292705877e-10, s * (halfSquare + p * z));
        return Math.FusedMultiplyAdd(n, 6.93147180369123816490e-01, f - (halfSquare - small));
    }

    /// <summary>1/√x, correctly rounded twice.</summary>
    public static double Rsqrt(double x) => 1 / Math.Sqrt(x);

    /// <summary>1/x, correctly rounded.</summary>
    public static double Rcp(double x) => 1 / x;

    /// <summary>x / y rounded towards zero, for numbers that may be negative: what C# says, and ILGPU 1.5.3 does not do where y is a power of two.</summary>
    [IntrinsicImplementation, Ptx("div.s32 $0, $1, $2;")]
    public static int Divide(int x, int y) => x / y;

    /// <inheritdoc cref="Divide(int, int)"/>
    [IntrinsicImplementation, Ptx("div.u32 $0, $1, $2;")]
    public static uint Divide(uint x, uint y) => x / y;

    /// <summary>x &gt;&gt; bits of a number that may be negative: rounded down.</summary>
    [IntrinsicImplementation, Ptx("shr.s32 $0, $1, $2;")]
    public static int ShiftRight(int x, int bits) => x >> bits;

    /// <inheritdoc cref="ShiftRight(int, int)"/>
    [IntrinsicImplementation, Ptx("shr.s64 $0, $1, $2;")]
    public static long ShiftRight(long x, int bits) => x >> bits;
}
