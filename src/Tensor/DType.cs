namespace BareBert;

/// <summary>The type of a tensor's elements.</summary>
public enum DType
{
    /// <summary>IEEE 754 single precision: the default everywhere.</summary>
    Float32,

    /// <summary>IEEE 754 double precision: the Reference kernels' type for gradient checks.</summary>
    Float64,

    /// <summary>bfloat16, stored as <see cref="ushort"/>: matrix operands on the GPU.</summary>
    BFloat16,

    /// <summary>Token ids, labels, offsets.</summary>
    Int32,
}
