namespace BareBert.Simt;

/// <summary>What a PTX register holds. Integers carry no sign: the instruction says how to read the bits.</summary>
internal enum PtxType
{
    /// <summary>One bit: the outcome of a comparison.</summary>
    Predicate,
    Int32,
    Int64,
    Float32,
    Float64,
}

internal static class PtxTypes
{
    public static bool IsFloat(this PtxType type) => type is PtxType.Float32 or PtxType.Float64;

    public static bool IsInteger(this PtxType type) => type is PtxType.Int32 or PtxType.Int64;

    public static bool IsWide(this PtxType type) => type is PtxType.Int64 or PtxType.Float64;

    /// <summary>Prefix of the register's name.</summary>
    public static string Prefix(this PtxType type) => type switch
    {
        PtxType.Predicate => "%p",
        PtxType.Int32 => "%r",
        PtxType.Int64 => "%rd",
        PtxType.Float32 => "%f",
        _ => "%fd",
    };

    /// <summary>The untyped spelling, as in <c>mov.b32</c>, or the float one.</summary>
    public static string Suffix(this PtxType type) => type switch
    {
        PtxType.Predicate => "pred",
        PtxType.Int32 => "b32",
        PtxType.Int64 => "b64",
        PtxType.Float32 => "f32",
        _ => "f64",
    };
}
