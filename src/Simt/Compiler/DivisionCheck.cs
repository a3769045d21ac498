using System.Reflection;
using ILGPU;
using ILGPU.IR;
using ILGPU.IR.Values;

namespace BareBert.Simt;

/// <summary>Refuses divisions by powers of two of what may be negative. ILGPU 1.5.3 writes them as arithmetic shifts, for <c>uint</c> too: -1 / 4 becomes -1, and
/// a number of 2³¹ or more a negative one. Of numbers that cannot be negative both are the same.</summary>
/// <remarks>
/// <para>Negative can be what is loaded, subtracted, inverted, or came from a float. Sums and products of indices, sizes and constants are taken not to overflow.
/// A kernel's own <c>int</c> parameters are promised not to be negative where it divides one: <see cref="Parameters"/> names them, and each launch is held to it.</para>
/// <para>An arithmetic shift in the source looks the same here and is refused with it; <see cref="DeviceMath.Divide(int, int)"/> and
/// <see cref="DeviceMath.ShiftRight(int, int)"/> say which is meant.</para>
/// </remarks>
internal sealed class DivisionCheck
{
    private readonly MethodInfo kernel;
    private readonly List<Value> values = [];
    private readonly HashSet<Value> maybeNegative = [];

    /// <exception cref="SimtCompileException">It divides what may be negative.</exception>
    public DivisionCheck(MethodInfo kernel, Method compiled)
    {
        this.kernel = kernel;
        foreach (BasicBlock block in compiled.Blocks)
            foreach (Value value in block)
                values.Add(value);
        // What is not shown to be possibly negative is not: the greatest fixed point, so that a loop's counter may rest on itself.
        while (values.Count(value => IsInteger(value) && !maybeNegative.Contains(value) && MayBeNegative(value) && maybeNegative.Add(value)) > 0)
        {
        }
        foreach (Value value in values)
            if (value is BinaryArithmeticValue { Kind: BinaryArithmeticKind.Shr, IsUnsigned: false } shift && shift.Right.Resolve() is PrimitiveValue by)
                Check(shift, (int)by.RawValue);
    }

    /// <summary>Places of parameters that must not be negative.</summary>
    public SortedSet<int> Parameters { get; } = [];

    private void Check(BinaryArithmeticValue shift, int bits)
    {
        Value dividend = shift.Left.Resolve();
        if (IsNegative(dividend))
        {
            string place = shift.Location.FormatErrorMessage("").Trim();
            throw new SimtCompileException(kernel, $"{(place.Length > 0 ? place + ": " : "")}a division by {1L << bits} (or a shift by {bits}) of what may be negative, which ILGPU "
                + $"compiles to a shift that rounds down; use {nameof(DeviceMath)}.{nameof(DeviceMath.Divide)} or {nameof(DeviceMath)}.{nameof(DeviceMath.ShiftRight)}");
        }
        AddParameters(dividend, []);
    }

    private void AddParameters(Value value, HashSet<Value> seen)
    {
        if (!seen.Add(value) || value is Load or MethodCall)
            return;
        if (value is Parameter parameter)
        {
            if (IsInteger(parameter))
                Parameters.Add(parameter.Index);
            return;
        }
        foreach (ValueReference operand in value.Nodes)
            AddParameters(operand.Resolve(), seen);
    }

    private static bool IsInteger(Value value) => value.BasicValueType is BasicValueType.Int8 or BasicValueType.Int16 or BasicValueType.Int32 or BasicValueType.Int64;

    private bool IsNegative(Value value) => value switch
    {
        PrimitiveValue constant => constant.RawValue < 0,
        Parameter parameter => IsUnsigned(parameter),
        _ => maybeNegative.Contains(value),
    };

    private bool IsUnsigned(Parameter parameter) =>
        kernel.GetParameters() is var all && parameter.Index < all.Length && (all[parameter.Index].ParameterType == typeof(uint) || all[parameter.Index].ParameterType == typeof(ulong));

    private bool Any(Value value) => Any(value.Nodes);

    private bool Any(ReadOnlySpan<ValueReference> operands)
    {
        foreach (ValueReference operand in operands)
            if (IsNegative(operand.Resolve()))
                return true;
        return false;
    }

    private bool MayBeNegative(Value value) => value switch
    {
        DeviceConstantValue => false,
        // A view's length: the fields of other parameters are addresses.
        GetField field => field.ObjectValue.Resolve() is not Parameter,
        PhiValue or Broadcast or ShuffleOperation => Any(value),
        Predicate choice => Any(choice.Values),
        ConvertValue convert => convert.Value.Resolve() is var from && (!IsInteger(from)
            ? from.BasicValueType != BasicValueType.Int1 : IsNegative(from) && !(convert.IsSourceUnsigned && convert.BasicValueType > from.BasicValueType)),
        UnaryArithmeticValue unary => unary.Kind is not (UnaryArithmeticKind.PopC or UnaryArithmeticKind.CLZ or UnaryArithmeticKind.CTZ or UnaryArithmeticKind.Abs),
        BinaryArithmeticValue binary => MayBeNegative(binary),
        TernaryArithmeticValue => Any(value),
        _ => true,
    };

    private bool MayBeNegative(BinaryArithmeticValue value)
    {
        bool left = IsNegative(value.Left.Resolve()), right = IsNegative(value.Right.Resolve());
        return value.Kind switch
        {
            BinaryArithmeticKind.And or BinaryArithmeticKind.Max => left && right,
            BinaryArithmeticKind.Rem or BinaryArithmeticKind.Shl => left,
            BinaryArithmeticKind.Shr => left && !value.IsUnsigned,
            BinaryArithmeticKind.Add or BinaryArithmeticKind.Mul or BinaryArithmeticKind.Div or BinaryArithmeticKind.Min or BinaryArithmeticKind.Or or BinaryArithmeticKind.Xor => left || right,
            _ => true,
        };
    }
}
