namespace BareBert.Simt;

/// <summary>Numbers as C# sees them: comparisons, conversions between types, conditions that become 0 or 1.</summary>
internal sealed class Numbers(Emitter emitter, Arithmetic arithmetic)
{
    /// <summary>The value as an instruction's operand.</summary>
    public Scalar ToScalar(Value value) => value switch
    {
        Scalar scalar => scalar,
        Condition condition => FromCondition(condition),
        Pointer => throw new NotSupportedException("a pointer is used as a number"),
        Unusable unusable => throw new NotSupportedException(unusable.Reason),
        _ => throw new NotSupportedException($"{Describe(value)} is used as a number"),
    };

    private static string Describe(Value value) => value switch
    {
        Aggregate aggregate => "the struct " + aggregate.Type.Name,
        HostObject host => "an object of class " + host.Type.Name,
        PlaceReference or RegisterArrayPointer => "a reference to a local variable",
        _ => "something that is no number",
    };

    private Register FromCondition(Condition condition) => condition.Negated
        ? emitter.PureSmall(TypeCode.Boolean, "selp.b32 $0, 0, 1, $1", condition.Predicate)
        : emitter.PureSmall(TypeCode.Boolean, "selp.b32 $0, 1, 0, $1", condition.Predicate);

    /// <summary>Whether the value is not zero: a condition, or a constant 0 or 1.</summary>
    public Value IsTrue(Value value) => value switch
    {
        Condition => value,
        Constant constant => Constant.Of(constant.IsZero ? 0 : 1),
        _ => ToScalar(value) is var scalar ? Compare(Comparison.NotEqual, false, scalar, Constant.Zero(scalar.Type)) : value,
    };

    /// <summary>a ∘ b. Unsigned: integers without their sign; floats true if either is NaN.</summary>
    public Value Compare(Comparison comparison, bool unsigned, Value left, Value right)
    {
        if (left is Condition condition && right is Constant { IsZero: true } && comparison is Comparison.Equal or Comparison.NotEqual)
            return comparison == Comparison.Equal ? ((Condition)left).Invert() : left;
        (Scalar a, Scalar b) = Unify(ToScalar(left), ToScalar(right));
        if (a is Constant x && b is Constant y)
            return Constant.Of(ConstantFolding.Compare(comparison, unsigned, x, y) ? 1 : 0);
        string name = comparison switch
        {
            Comparison.Equal => "eq",
            Comparison.NotEqual => "ne",
            Comparison.Less => "lt",
            Comparison.LessOrEqual => "le",
            Comparison.Greater => "gt",
            _ => "ge",
        };
        bool isFloat = a.Type.IsFloat();
        // PTX: ltu is "less or unordered"; C#'s != on floats is true for NaN, so it is neu.
        string unordered = isFloat && (unsigned || comparison == Comparison.NotEqual) ? "u" : "";
        string type = isFloat ? a.Type.Suffix() : unsigned ? "u" + Arithmetic.Signed(a.Type)[1..] : Arithmetic.Signed(a.Type);
        return new Condition(emitter.Pure(PtxType.Predicate, $"setp.{name}{unordered}.{type} $0, $1, $2", a, b), Negated: false);
    }

    /// <summary>The operands of a two-operand instruction, brought to one type as IL's evaluation stack does.</summary>
    public (Scalar A, Scalar B) Unify(Scalar a, Scalar b)
    {
        if (a.Type == b.Type)
            return (a, b);
        if (a.Type.IsFloat() != b.Type.IsFloat())
            throw new NotSupportedException("an integer and a floating-point operand in one instruction");
        PtxType wide = a.Type.IsFloat() ? PtxType.Float64 : PtxType.Int64;
        TypeCode code = wide == PtxType.Float64 ? TypeCode.Double : TypeCode.Int64;
        return (Convert(a, code), Convert(b, code));
    }

    /// <summary>What a variable of type <paramref name="target"/> holds after being given the value.</summary>
    public Value Coerce(Value value, Type target)
    {
        TypeLayout layout = TypeLayout.Of(target);
        if (!layout.IsScalar || value is Condition && layout.Register == PtxType.Int32)
            return value;
        return value is Scalar or Condition ? Convert(ToScalar(value), layout.Code) : value;
    }

    /// <summary>The value converted as C#'s unchecked cast does. <paramref name="unsigned"/>: the source is read without its sign.</summary>
    public Scalar Convert(Value value, TypeCode target, bool unsigned = false)
    {
        Scalar source = ToScalar(value);
        if (source is Constant constant)
            return ConvertConstant(constant, target, unsigned);
        PtxType to = TypeLayout.RegisterType(target);
        if (source.Type.IsFloat() && to.IsInteger())
            return FromFloat(source, target);
        if (source.Type == to)
            return to == PtxType.Int32 ? Narrow(source, target) : source;
        return (source.Type, to) switch
        {
            (PtxType.Int64, PtxType.Int32) => Narrow(emitter.Pure(to, "cvt.u32.u64 $0, $1", source), target),
            (PtxType.Int32, PtxType.Int64) => emitter.Pure(to, unsigned ? "cvt.u64.u32 $0, $1" : "cvt.s64.s32 $0, $1", source),
            (PtxType.Float64, PtxType.Float32) => emitter.Pure(to, "cvt.rn.f32.f64 $0, $1", source),
            (PtxType.Float32, PtxType.Float64) => emitter.Pure(to, "cvt.f64.f32 $0, $1", source),
            _ => emitter.Pure(to, $"cvt.rn.{to.Suffix()}.{(unsigned ? "u" : "s")}{Arithmetic.Signed(source.Type)[1..]} $0, $1", source),
        };
    }

    /// <summary>Towards zero; what does not fit becomes the nearest that does, NaN becomes 0: .NET since version 9, and PTX.</summary>
    private Scalar FromFloat(Scalar source, TypeCode target)
    {
        bool unsigned = target is TypeCode.UInt32 or TypeCode.UInt64;
        PtxType to = TypeLayout.RegisterType(target);
        string type = (unsigned ? "u" : "s") + Arithmetic.Signed(to)[1..];
        return Narrow(emitter.Pure(to, $"cvt.rzi.{type}.{source.Type.Suffix()} $0, $1", source), target);
    }

    private Scalar Narrow(Scalar source, TypeCode target)
    {
        if (TypeLayout.SizeOf(target) >= 4 || target == TypeCode.Boolean || source is Register register && Fits(register.Range, target))
            return source;
        return target switch
        {
            TypeCode.Byte => emitter.PureSmall(target, "and.b32 $0, $1, 255", source),
            TypeCode.UInt16 or TypeCode.Char => emitter.PureSmall(TypeCode.UInt16, "and.b32 $0, $1, 65535", source),
            TypeCode.SByte => emitter.PureSmall(target, "cvt.s32.s8 $0, $1", source),
            _ => emitter.PureSmall(target, "cvt.s32.s16 $0, $1", source),
        };
    }

    private static bool Fits(TypeCode range, TypeCode target) => range switch
    {
        TypeCode.Empty => false,
        TypeCode.Boolean => true,
        TypeCode.Byte => target != TypeCode.SByte,
        TypeCode.SByte => target is TypeCode.SByte or TypeCode.Int16,
        TypeCode.UInt16 or TypeCode.Char => target is TypeCode.UInt16 or TypeCode.Char,
        _ => target == range,
    };

    private static Constant ConvertConstant(Constant c, TypeCode target, bool unsigned)
    {
        long integer = c.Type switch
        {
            PtxType.Float32 => FloatToInteger(c.AsFloat, target),
            PtxType.Float64 => FloatToInteger(c.AsDouble, target),
            PtxType.Int32 => unsigned ? (uint)c.Bits : (int)c.Bits,
            _ => c.Bits,
        };
        return target switch
        {
            TypeCode.Single => Constant.Of(c.Type switch
            {
                PtxType.Float32 => c.AsFloat,
                PtxType.Float64 => (float)c.AsDouble,
                _ => unsigned ? (float)(ulong)integer : integer,
            }),
            TypeCode.Double => Constant.Of(c.Type switch
            {
                PtxType.Float32 => c.AsFloat,
                PtxType.Float64 => c.AsDouble,
                _ => unsigned ? (double)(ulong)integer : integer,
            }),
            TypeCode.Int64 or TypeCode.UInt64 => Constant.Of(integer),
            TypeCode.Byte => Constant.Of((byte)integer),
            TypeCode.SByte => Constant.Of((sbyte)integer),
            TypeCode.Int16 => Constant.Of((short)integer),
            TypeCode.UInt16 or TypeCode.Char => Constant.Of((ushort)integer),
            _ => Constant.Of((int)integer),
        };
    }

    private static long FloatToInteger(double value, TypeCode target) => target switch
    {
        TypeCode.UInt64 => (long)(ulong)value,
        TypeCode.Int64 => (long)value,
        TypeCode.UInt32 => (uint)value,
        _ => (int)value,
    };

    /// <summary>a ∘ b on the evaluation stack.</summary>
    public Scalar Binary(BinaryOperation operation, Value left, Value right)
    {
        (Scalar a, Scalar b) = (ToScalar(left), ToScalar(right));
        if (operation is BinaryOperation.ShiftLeft or BinaryOperation.ShiftRight or BinaryOperation.ShiftRightUnsigned)
            return arithmetic.Binary(operation, a, Convert(b, TypeCode.Int32));
        (a, b) = Unify(a, b);
        return arithmetic.Binary(operation, a, b);
    }
}
