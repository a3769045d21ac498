namespace ILGPU.Algorithms;

/// <summary>Mathematics in kernels. On the host these are .NET's own functions.</summary>
public static class XMath
{
    public const float E = 2.71828183f;
    public const float PI = 3.14159265f;
    public const float Ln2 = 0.693147181f;
    public const float Log2E = 1.44269504f;
    public const float Sqrt2 = 1.41421356f;
    public const float OneOverSqrt2 = 0.707106781f;

    public static float Abs(float value) => MathF.Abs(value);
    public static double Abs(double value) => Math.Abs(value);
    public static int Abs(int value) => Math.Abs(value);
    public static long Abs(long value) => Math.Abs(value);

    public static float Min(float first, float second) => MathF.Min(first, second);
    public static double Min(double first, double second) => Math.Min(first, second);
    public static int Min(int first, int second) => Math.Min(first, second);
    public static uint Min(uint first, uint second) => Math.Min(first, second);
    public static long Min(long first, long second) => Math.Min(first, second);
    public static ulong Min(ulong first, ulong second) => Math.Min(first, second);

    public static float Max(float first, float second) => MathF.Max(first, second);
    public static double Max(double first, double second) => Math.Max(first, second);
    public static int Max(int first, int second) => Math.Max(first, second);
    public static uint Max(uint first, uint second) => Math.Max(first, second);
    public static long Max(long first, long second) => Math.Max(first, second);
    public static ulong Max(ulong first, ulong second) => Math.Max(first, second);

    public static float Clamp(float value, float min, float max) => Max(Min(value, max), min);
    public static double Clamp(double value, double min, double max) => Max(Min(value, max), min);
    public static int Clamp(int value, int min, int max) => Max(Min(value, max), min);
    public static long Clamp(long value, long min, long max) => Max(Min(value, max), min);

    public static int DivRoundDown(int numerator, int denominator) => numerator / denominator;
    public static int DivRoundUp(int numerator, int denominator) => (numerator + denominator - 1) / denominator;
    public static long DivRoundDown(long numerator, long denominator) => numerator / denominator;
    public static long DivRoundUp(long numerator, long denominator) => (numerator + denominator - 1) / denominator;

    public static float Floor(float value) => MathF.Floor(value);
    public static double Floor(double value) => Math.Floor(value);
    public static float Ceiling(float value) => MathF.Ceiling(value);
    public static double Ceiling(double value) => Math.Ceiling(value);
    public static float Truncate(float value) => MathF.Truncate(value);
    public static double Truncate(double value) => Math.Truncate(value);
    public static float RoundToEven(float value) => MathF.Round(value);
    public static double RoundToEven(double value) => Math.Round(value);

    public static bool IsNaN(float value) => float.IsNaN(value);
    public static bool IsNaN(double value) => double.IsNaN(value);
    public static bool IsInfinity(float value) => float.IsInfinity(value);
    public static bool IsInfinity(double value) => double.IsInfinity(value);

    public static float Sqrt(float value) => MathF.Sqrt(value);
    public static double Sqrt(double value) => Math.Sqrt(value);
    public static float Rsqrt(float value) => 1 / MathF.Sqrt(value);
    public static double Rsqrt(double value) => 1 / Math.Sqrt(value);
    public static float Rcp(float value) => 1 / value;
    public static double Rcp(double value) => 1 / value;

    public static float Exp(float value) => MathF.Exp(value);
    public static double Exp(double value) => Math.Exp(value);
    public static float Exp2(float value) => float.Exp2(value);
    public static float Log(float value) => MathF.Log(value);
    public static double Log(double value) => Math.Log(value);
    public static float Log2(float value) => MathF.Log2(value);
    public static float Log10(float value) => MathF.Log10(value);
    public static float Pow(float @base, float exp) => MathF.Pow(@base, exp);
    public static float Tanh(float value) => MathF.Tanh(value);
    public static float Sin(float value) => MathF.Sin(value);
    public static float Cos(float value) => MathF.Cos(value);

    public static int PopCount(uint value) => System.Numerics.BitOperations.PopCount(value);
    public static int PopCount(ulong value) => System.Numerics.BitOperations.PopCount(value);
    public static int LeadingZeroCount(uint value) => System.Numerics.BitOperations.LeadingZeroCount(value);
    public static int LeadingZeroCount(ulong value) => System.Numerics.BitOperations.LeadingZeroCount(value);
}
