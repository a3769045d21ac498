using System.Numerics;

namespace BareBert.Simt;

/// <summary>Computes what the kernel would, when all operands are known. Null: not foldable (a division by zero, say).</summary>
internal static class ConstantFolding
{
    public static Constant? TryBinary(BinaryOperation operation, Constant a, Constant b) => a.Type switch
    {
        PtxType.Int32 => Integer(operation, (int)a.Bits, (int)b.Bits, (uint)a.Bits, (uint)b.Bits) is { } r ? Constant.Of((int)r) : null,
        PtxType.Int64 => Integer(operation, a.Bits, operation is BinaryOperation.ShiftLeft or BinaryOperation.ShiftRight
            or BinaryOperation.ShiftRightUnsigned ? (int)b.Bits : b.Bits, (ulong)a.Bits, (ulong)b.Bits) is { } r ? Constant.Of(r) : null,
        PtxType.Float32 => Float(operation, a.AsFloat, b.AsFloat) is { } r ? Constant.Of(r) : null,
        PtxType.Float64 => Float(operation, a.AsDouble, b.AsDouble) is { } r ? Constant.Of(r) : null,
        _ => null,
    };

    private static long? Integer<TSigned, TUnsigned>(BinaryOperation operation, TSigned a, TSigned b, TUnsigned ua, TUnsigned ub)
        where TSigned : struct, IBinaryInteger<TSigned>, IMinMaxValue<TSigned>
        where TUnsigned : struct, IBinaryInteger<TUnsigned>
    {
        bool divides = operation is BinaryOperation.Divide or BinaryOperation.Remainder
            or BinaryOperation.DivideUnsigned or BinaryOperation.RemainderUnsigned;
        if (divides && (TSigned.IsZero(b) || (a == TSigned.MinValue && b == -TSigned.One)))
            return null;
        int count = int.CreateTruncating(b);
        unchecked
        {
            return operation switch
            {
                BinaryOperation.Add => long.CreateTruncating(a + b),
                BinaryOperation.Subtract => long.CreateTruncating(a - b),
                BinaryOperation.Multiply => long.CreateTruncating(a * b),
                BinaryOperation.Divide => long.CreateTruncating(a / b),
                BinaryOperation.DivideUnsigned => long.CreateTruncating(ua / ub),
                BinaryOperation.Remainder => long.CreateTruncating(a % b),
                BinaryOperation.RemainderUnsigned => long.CreateTruncating(ua % ub),
                BinaryOperation.And => long.CreateTruncating(a & b),
                BinaryOperation.Or => long.CreateTruncating(a | b),
                BinaryOperation.Xor => long.CreateTruncating(a ^ b),
                BinaryOperation.ShiftLeft => long.CreateTruncating(a << count),
                BinaryOperation.ShiftRight => long.CreateTruncating(a >> count),
                BinaryOperation.ShiftRightUnsigned => long.CreateTruncating(ua >> count),
                BinaryOperation.Min => long.CreateTruncating(TSigned.Min(a, b)),
                BinaryOperation.Max => long.CreateTruncating(TSigned.Max(a, b)),
                BinaryOperation.MinUnsigned => long.CreateTruncating(TUnsigned.Min(ua, ub)),
                BinaryOperation.MaxUnsigned => long.CreateTruncating(TUnsigned.Max(ua, ub)),
                _ => null,
            };
        }
    }

    private static T? Float<T>(BinaryOperation operation, T a, T b) where T : struct, IFloatingPoint<T> => operation switch
    {
        BinaryOperation.Add => a + b,
        BinaryOperation.Subtract => a - b,
        BinaryOperation.Multiply => a * b,
        BinaryOperation.Divide => a / b,
        BinaryOperation.Remainder => a % b,
        _ => null,
    };

    /// <summary>Whether a comparison of constants holds.</summary>
    public static bool Compare(Comparison comparison, bool unsigned, Constant a, Constant b)
    {
        if (a.Type.IsFloat())
        {
            double x = a.Type == PtxType.Float32 ? a.AsFloat : a.AsDouble, y = b.Type == PtxType.Float32 ? b.AsFloat : b.AsDouble;
            if (double.IsNaN(x) || double.IsNaN(y))
                return unsigned || comparison == Comparison.NotEqual;
            return Holds(comparison, x.CompareTo(y) is var order && x == y ? 0 : order);
        }
        long p = a.Type == PtxType.Int32 ? (int)a.Bits : a.Bits, q = b.Type == PtxType.Int32 ? (int)b.Bits : b.Bits;
        return Holds(comparison, unsigned ? ((ulong)p).CompareTo((ulong)q) : p.CompareTo(q));
    }

    private static bool Holds(Comparison comparison, int order) => comparison switch
    {
        Comparison.Equal => order == 0,
        Comparison.NotEqual => order != 0,
        Comparison.Less => order < 0,
        Comparison.LessOrEqual => order <= 0,
        Comparison.Greater => order > 0,
        _ => order >= 0,
    };
}

internal enum Comparison
{
    Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual,
}
