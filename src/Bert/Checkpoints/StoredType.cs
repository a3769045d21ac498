namespace BareBert.Bert.Checkpoints;

/// <summary>The element types a checkpoint file may hold, little-endian on disk.</summary>
public enum StoredType
{
    /// <summary>One byte, 0 or 1.</summary>
    Bool,
    /// <summary>Unsigned byte.</summary>
    U8,
    /// <summary>Signed byte.</summary>
    I8,
    /// <summary>16-bit integer.</summary>
    I16,
    /// <summary>IEEE half precision.</summary>
    F16,
    /// <summary>The upper half of a float32.</summary>
    BF16,
    /// <summary>32-bit integer.</summary>
    I32,
    /// <summary>IEEE single precision.</summary>
    F32,
    /// <summary>IEEE double precision.</summary>
    F64,
    /// <summary>64-bit integer.</summary>
    I64,
    /// <summary>Unsigned 16-bit integer.</summary>
    U16,
    /// <summary>Unsigned 32-bit integer.</summary>
    U32,
    /// <summary>Unsigned 64-bit integer.</summary>
    U64,
    /// <summary>Eight bits of floating point, four of them the exponent.</summary>
    F8_E4M3,
    /// <summary>Eight bits of floating point, five of them the exponent.</summary>
    F8_E5M2,
    /// <summary>Two F32: real and imaginary part.</summary>
    C64,
    /// <summary>Two F64: real and imaginary part.</summary>
    C128,
    /// <summary>A type that has come since: how large its elements are is not known.</summary>
    Unknown,
}
