using System.Globalization;

namespace BareBert.Simt;

/// <summary>Something the compiler knows at some point of a kernel: a register, a constant, an address, a struct of these.</summary>
internal abstract record Value;

/// <summary>An operand of a PTX instruction.</summary>
internal abstract record Scalar(PtxType Type) : Value;

/// <summary>A virtual register. PTX has as many as one likes; all but those at joins are written once.</summary>
/// <param name="Type">What it holds.</param>
/// <param name="Id">Its number among all registers of the kernel.</param>
internal sealed record Register(PtxType Type, int Id) : Scalar(Type)
{
    /// <summary>The small integer type whose range the value is known to fit, so that narrowing it again costs nothing.</summary>
    public TypeCode Range { get; init; } = TypeCode.Empty;

    public override string ToString() => Type.Prefix() + Id.ToString(CultureInfo.InvariantCulture);

    public bool Equals(Register? other) => other is not null && other.Id == Id;

    public override int GetHashCode() => Id;
}

/// <summary>A number known when the kernel is compiled; <paramref name="Bits"/> is its memory image (integers sign-extended).</summary>
internal sealed record Constant(PtxType Type, long Bits) : Scalar(Type)
{
    public static Constant Of(int value) => new(PtxType.Int32, value);

    public static Constant Of(long value) => new(PtxType.Int64, value);

    public static Constant Of(float value) => new(PtxType.Float32, BitConverter.SingleToInt32Bits(value));

    public static Constant Of(double value) => new(PtxType.Float64, BitConverter.DoubleToInt64Bits(value));

    public static Constant Zero(PtxType type) => new(type, 0);

    public int AsInt => (int)Bits;

    public float AsFloat => BitConverter.Int32BitsToSingle((int)Bits);

    public double AsDouble => BitConverter.Int64BitsToDouble(Bits);

    /// <summary>Whether the number is what its type calls zero (both zeros of a float).</summary>
    public bool IsZero => Type switch
    {
        PtxType.Float32 => AsFloat == 0,
        PtxType.Float64 => AsDouble == 0,
        _ => Bits == 0,
    };

    public override string ToString() => Type switch
    {
        PtxType.Float32 => "0f" + ((uint)Bits).ToString("X8", CultureInfo.InvariantCulture),
        PtxType.Float64 => "0d" + ((ulong)Bits).ToString("X16", CultureInfo.InvariantCulture),
        _ => Bits.ToString(CultureInfo.InvariantCulture),
    };
}

/// <summary>A comparison's outcome that nobody has yet asked to be a number: a predicate register, maybe inverted.</summary>
internal sealed record Condition(Register Predicate, bool Negated) : Value
{
    public Condition Invert() => this with { Negated = !Negated };
}
