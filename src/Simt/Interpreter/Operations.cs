using System.Numerics;
using System.Runtime.Intrinsics;

namespace BareBert.Simt;

/// <summary>An operation on two numbers of one type.</summary>
internal interface IBinary<T>
{
    static abstract T Apply(T a, T b);
}

/// <summary>One on whole vectors too.</summary>
internal interface IVectorBinary<T> : IBinary<T>
{
    static abstract Vector512<T> Apply(Vector512<T> a, Vector512<T> b);
}

internal interface ITernary<TA, TC>
{
    static abstract TC Apply(TA a, TA b, TC c);
}

internal interface IUnary<TFrom, TTo>
{
    static abstract TTo Apply(TFrom a);
}

internal interface ICompare<T>
{
    static abstract bool Apply(T a, T b);
}

internal readonly struct Add<T> : IVectorBinary<T> where T : INumber<T>
{
    public static T Apply(T a, T b) => unchecked(a + b);
    public static Vector512<T> Apply(Vector512<T> a, Vector512<T> b) => a + b;
}

internal readonly struct Subtract<T> : IVectorBinary<T> where T : INumber<T>
{
    public static T Apply(T a, T b) => unchecked(a - b);
    public static Vector512<T> Apply(Vector512<T> a, Vector512<T> b) => a - b;
}

internal readonly struct Multiply<T> : IVectorBinary<T> where T : INumber<T>
{
    public static T Apply(T a, T b) => unchecked(a * b);
    public static Vector512<T> Apply(Vector512<T> a, Vector512<T> b) => a * b;
}

/// <summary>Integer division by zero gives all ones on NVIDIA hardware, and does not trap.</summary>
internal readonly struct Divide<T> : IBinary<T> where T : IBinaryInteger<T>, IMinMaxValue<T>
{
    public static T Apply(T a, T b) => T.IsZero(b) ? ~T.Zero : T.IsNegative(b) && b + T.One == T.Zero ? unchecked(T.Zero - a) : a / b;
}

internal readonly struct Remainder<T> : IBinary<T> where T : IBinaryInteger<T>, IMinMaxValue<T>
{
    public static T Apply(T a, T b) => T.IsZero(b) ? ~T.Zero : T.IsNegative(b) && b + T.One == T.Zero ? T.Zero : a % b;
}

internal readonly struct DivideFloat<T> : IVectorBinary<T> where T : IFloatingPointIeee754<T>
{
    public static T Apply(T a, T b) => a / b;
    public static Vector512<T> Apply(Vector512<T> a, Vector512<T> b) => a / b;
}

internal readonly struct And<T> : IVectorBinary<T> where T : IBinaryInteger<T>
{
    public static T Apply(T a, T b) => a & b;
    public static Vector512<T> Apply(Vector512<T> a, Vector512<T> b) => a & b;
}

internal readonly struct Or<T> : IVectorBinary<T> where T : IBinaryInteger<T>
{
    public static T Apply(T a, T b) => a | b;
    public static Vector512<T> Apply(Vector512<T> a, Vector512<T> b) => a | b;
}

internal readonly struct Xor<T> : IVectorBinary<T> where T : IBinaryInteger<T>
{
    public static T Apply(T a, T b) => a ^ b;
    public static Vector512<T> Apply(Vector512<T> a, Vector512<T> b) => a ^ b;
}

internal readonly struct Min<T> : IBinary<T> where T : INumber<T>
{
    public static T Apply(T a, T b) => T.MinNumber(a, b);
}

internal readonly struct Max<T> : IBinary<T> where T : INumber<T>
{
    public static T Apply(T a, T b) => T.MaxNumber(a, b);
}

internal readonly struct MinNaN : IBinary<float>
{
    public static float Apply(float a, float b) => float.Min(a, b);
}

internal readonly struct MaxNaN : IBinary<float>
{
    public static float Apply(float a, float b) => float.Max(a, b);
}

internal readonly struct FusedMultiplyAdd<T> : ITernary<T, T> where T : IFloatingPointIeee754<T>
{
    public static T Apply(T a, T b, T c) => T.FusedMultiplyAdd(a, b, c);
}

internal readonly struct MultiplyAddLow<T> : ITernary<T, T> where T : IBinaryInteger<T>
{
    public static T Apply(T a, T b, T c) => unchecked(a * b + c);
}

internal readonly struct MultiplyAddWide : ITernary<int, long>
{
    public static long Apply(int a, int b, long c) => unchecked((long)a * b + c);
}

internal readonly struct Equal<T> : ICompare<T> where T : INumber<T>
{
    public static bool Apply(T a, T b) => a == b;
}

internal readonly struct NotEqual<T> : ICompare<T> where T : INumber<T>
{
    public static bool Apply(T a, T b) => a != b && !T.IsNaN(a) && !T.IsNaN(b);
}

internal readonly struct Less<T> : ICompare<T> where T : INumber<T>
{
    public static bool Apply(T a, T b) => a < b;
}

internal readonly struct LessOrEqual<T> : ICompare<T> where T : INumber<T>
{
    public static bool Apply(T a, T b) => a <= b;
}

internal readonly struct Greater<T> : ICompare<T> where T : INumber<T>
{
    public static bool Apply(T a, T b) => a > b;
}

internal readonly struct GreaterOrEqual<T> : ICompare<T> where T : INumber<T>
{
    public static bool Apply(T a, T b) => a >= b;
}

internal readonly struct Unordered<T> : ICompare<T> where T : INumber<T>
{
    public static bool Apply(T a, T b) => T.IsNaN(a) || T.IsNaN(b);
}

/// <summary>Of numbers that lie in the lower bits of a register.</summary>
internal readonly struct Truncated<T, TComparison> : ICompare<uint> where T : INumber<T> where TComparison : ICompare<T>
{
    public static bool Apply(uint a, uint b) => TComparison.Apply(T.CreateTruncating(a), T.CreateTruncating(b));
}

internal readonly struct Infinite<T> : ICompare<T> where T : INumber<T>
{
    public static bool Apply(T a, T b) => T.IsInfinity(a);
}

internal readonly struct Finite<T> : ICompare<T> where T : INumber<T>
{
    public static bool Apply(T a, T b) => T.IsFinite(a);
}

/// <summary>A comparison that also holds if an operand is NaN.</summary>
internal readonly struct OrUnordered<T, TCompare> : ICompare<T> where T : INumber<T> where TCompare : ICompare<T>
{
    public static bool Apply(T a, T b) => T.IsNaN(a) || T.IsNaN(b) || TCompare.Apply(a, b);
}
