namespace BareBert.Simt;

/// <summary>Two floats that are read and written in one 8-byte access: <c>view.Cast&lt;Float2&gt;()[i]</c>.</summary>
public struct Float2(float x, float y)
{
    public float X = x, Y = y;
}

/// <summary>Four floats that are read and written in one 16-byte access: <c>view.Cast&lt;Float4&gt;()[i]</c>. The address must be a
/// multiple of 16. Also the accumulator fragment of <see cref="TensorCore"/>.</summary>
public struct Float4(float x, float y, float z, float w)
{
    public float X = x, Y = y, Z = z, W = w;
}

/// <summary>Two 32-bit words in one 8-byte access; four bf16 numbers, or a B fragment of <see cref="TensorCore"/>.</summary>
public struct UInt2(uint x, uint y)
{
    public uint X = x, Y = y;
}

/// <summary>Four 32-bit words in one 16-byte access; eight bf16 numbers, or an A fragment of <see cref="TensorCore"/>.</summary>
public struct UInt4(uint x, uint y, uint z, uint w)
{
    public uint X = x, Y = y, Z = z, W = w;
}
