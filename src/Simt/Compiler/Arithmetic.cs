namespace BareBert.Simt;

/// <summary>Two-operand operations of C#; <c>Unsigned</c> ones read their operands without a sign.</summary>
internal enum BinaryOperation
{
    Add, Subtract, Multiply, Divide, DivideUnsigned, Remainder, RemainderUnsigned,
    And, Or, Xor, ShiftLeft, ShiftRight, ShiftRightUnsigned,
    Min, Max, MinUnsigned, MaxUnsigned,
}

/// <summary>Arithmetic on numbers: computed here and now if all operands are constants, else emitted.</summary>
internal sealed class Arithmetic(Emitter emitter, bool contract)
{
    /// <summary>a ∘ b for operands of one type.</summary>
    public Scalar Binary(BinaryOperation operation, Scalar a, Scalar b)
    {
        if (a is Constant x && b is Constant y && ConstantFolding.TryBinary(operation, x, y) is { } folded)
            return folded;
        if (Simplify(operation, a, b) is { } simpler)
            return simpler;
        if (operation == BinaryOperation.Remainder && a.Type.IsFloat())
            return FloatRemainder(a, b);
        if (contract && a.Type.IsFloat() && Contract(operation, a, b) is { } contracted)
            return contracted;
        if (a is Constant && b is Register && IsCommutative(operation))
            (a, b) = (b, a);
        return emitter.Pure(a.Type, Opcode(operation, a.Type) + " $0, $1, $2", a, b);
    }

    /// <summary>x + 0, x·1, x·2ⁿ, x + c₁ + c₂ and the like, on integers (floats have −0 and NaN to mind).</summary>
    private Scalar? Simplify(BinaryOperation operation, Scalar a, Scalar b)
    {
        if (!a.Type.IsInteger())
            return null;
        if (a is Constant && IsCommutative(operation))
            (a, b) = (b, a);
        if (b is not Constant c)
            return null;
        if (operation == BinaryOperation.Subtract)
            return Binary(BinaryOperation.Add, a, c with { Bits = a.Type == PtxType.Int32 ? unchecked(-(int)c.Bits) : unchecked(-c.Bits) });
        return (operation, c.Bits) switch
        {
            (BinaryOperation.Add or BinaryOperation.Or or BinaryOperation.Xor, 0) => a,
            (BinaryOperation.ShiftLeft or BinaryOperation.ShiftRight or BinaryOperation.ShiftRightUnsigned, 0) => a,
            (BinaryOperation.Multiply or BinaryOperation.Divide or BinaryOperation.DivideUnsigned, 1) => a,
            (BinaryOperation.Multiply or BinaryOperation.And, 0) => c,
            (BinaryOperation.And, -1) => a,
            (BinaryOperation.And, 1) when a is Register { Range: TypeCode.Boolean } => a,
            (BinaryOperation.Multiply, > 1) when long.IsPow2(c.Bits) =>
                Binary(BinaryOperation.ShiftLeft, a, Shift(c.Bits)),
            (BinaryOperation.DivideUnsigned, > 1) when long.IsPow2(c.Bits) =>
                Binary(BinaryOperation.ShiftRightUnsigned, a, Shift(c.Bits)),
            (BinaryOperation.RemainderUnsigned, > 0) when long.IsPow2(c.Bits) =>
                Binary(BinaryOperation.And, a, c with { Bits = c.Bits - 1 }),
            (BinaryOperation.Add, _) when AddedConstant(a) is var (rest, first) =>
                Binary(BinaryOperation.Add, rest, c with { Bits = a.Type == PtxType.Int32 ? (int)(c.Bits + first) : c.Bits + first }),
            _ => null,
        };
    }

    private static Constant Shift(long powerOfTwo) => Constant.Of((int)long.Log2(powerOfTwo));

    /// <summary>Takes x + c apart, if that is how the register came about.</summary>
    public (Register Term, long Constant)? AddedConstant(Scalar scalar) =>
        emitter.DefinitionOf(scalar) is { Opcode: "add.s32" or "add.s64", Operands: [Register rest, Constant c] } ? (rest, c.Bits) : null;

    /// <summary>a·b + c as one fused multiply-add, rounded once, as CUDA's own compiler does.</summary>
    private Register? Contract(BinaryOperation operation, Scalar a, Scalar b)
    {
        if (operation is not (BinaryOperation.Add or BinaryOperation.Subtract))
            return null;
        string fma = a.Type == PtxType.Float32 ? "fma.rn.f32 $0, $1, $2, $3" : "fma.rn.f64 $0, $1, $2, $3";
        if (Factors(a) is var (x, y))
            return emitter.Pure(a.Type, fma, x, y, operation == BinaryOperation.Add ? b : Negate(b));
        if (Factors(b) is var (z, w))
            return emitter.Pure(a.Type, fma, operation == BinaryOperation.Add ? z : Negate(z), w, a);
        return null;
    }

    private (Scalar, Scalar)? Factors(Scalar scalar) =>
        emitter.DefinitionOf(scalar) is { Opcode: "mul.rn.f32" or "mul.rn.f64", Operands: [var x, var y] } ? (x, y) : null;

    /// <summary>C#'s x % y: x − y·trunc(x / y), exact.</summary>
    /// <remarks>The quotient is rounded, so this holds only while |x / y| is small; the compiler has no exact remainder to offer.</remarks>
    private Scalar FloatRemainder(Scalar a, Scalar b) =>
        throw new NotSupportedException("% on floating-point numbers: PTX has no exact remainder; write x - y * XMath.Truncate(x / y) if that will do");

    public Scalar Negate(Scalar a) => a switch
    {
        Constant { Type: PtxType.Int32 } c => Constant.Of(unchecked(-c.AsInt)),
        Constant { Type: PtxType.Int64 } c => Constant.Of(unchecked(-c.Bits)),
        Constant { Type: PtxType.Float32 } c => Constant.Of(-c.AsFloat),
        Constant { Type: PtxType.Float64 } c => Constant.Of(-c.AsDouble),
        _ => emitter.Pure(a.Type, $"neg.{Signed(a.Type)} $0, $1", a),
    };

    public Scalar Not(Scalar a) => a is Constant c
        ? c with { Bits = ~c.Bits }
        : emitter.Pure(a.Type, $"not.{a.Type.Suffix()} $0, $1", a);

    private static bool IsCommutative(BinaryOperation operation) => operation is BinaryOperation.Add or BinaryOperation.Multiply
        or BinaryOperation.And or BinaryOperation.Or or BinaryOperation.Xor;

    /// <summary>The type's name in signed arithmetic.</summary>
    public static string Signed(PtxType type) => type switch
    {
        PtxType.Int32 => "s32",
        PtxType.Int64 => "s64",
        _ => type.Suffix(),
    };

    private static string Unsigned(PtxType type) => type == PtxType.Int32 ? "u32" : "u64";

    private static string Opcode(BinaryOperation operation, PtxType type)
    {
        bool isFloat = type.IsFloat();
        string rounding = isFloat ? ".rn." : ".";
        return operation switch
        {
            BinaryOperation.Add => $"add{rounding}{Signed(type)}",
            BinaryOperation.Subtract => $"sub{rounding}{Signed(type)}",
            BinaryOperation.Multiply => isFloat ? $"mul.rn.{type.Suffix()}" : $"mul.lo.{Signed(type)}",
            BinaryOperation.Divide => $"div{rounding}{Signed(type)}",
            BinaryOperation.DivideUnsigned => $"div.{Unsigned(type)}",
            BinaryOperation.Remainder => $"rem.{Signed(type)}",
            BinaryOperation.RemainderUnsigned => $"rem.{Unsigned(type)}",
            BinaryOperation.And => $"and.{type.Suffix()}",
            BinaryOperation.Or => $"or.{type.Suffix()}",
            BinaryOperation.Xor => $"xor.{type.Suffix()}",
            BinaryOperation.ShiftLeft => $"shl.{type.Suffix()}",
            BinaryOperation.ShiftRight => $"shr.{Signed(type)}",
            BinaryOperation.ShiftRightUnsigned => $"shr.{Unsigned(type)}",
            BinaryOperation.Min => $"min.{Signed(type)}",
            BinaryOperation.Max => $"max.{Signed(type)}",
            BinaryOperation.MinUnsigned => $"min.{Unsigned(type)}",
            _ => $"max.{Unsigned(type)}",
        };
    }
}
