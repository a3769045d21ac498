using ILGPU;
using ILGPU.Runtime;

namespace BareBert.Simt;

/// <summary>Two floats that are read and written in one 8-byte access: <c>view.AsFloat2()[i]</c>.</summary>
public struct Float2(float x, float y)
{
    public float X = x, Y = y;
}

/// <summary>Four floats that are read and written in one 16-byte access: <c>view.AsFloat4()[i]</c>. The address must be a
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

/// <summary>Views of the same memory in vectors, and the promise that they lie at multiples of their size: only with it does ILGPU load and
/// store one with a single instruction (its <c>Cast</c> alone gives one for each field).</summary>
public static class VectorViews
{
    /// <summary>Pairs; the view's address must be a multiple of 8.</summary>
    public static ArrayView<Float2> AsFloat2(this ArrayView<float> view) => view.Cast<Float2>().AsAligned(8);

    /// <summary>Fours; the view's address must be a multiple of 16.</summary>
    public static ArrayView<Float4> AsFloat4(this ArrayView<float> view) => view.Cast<Float4>().AsAligned(16);

    /// <inheritdoc cref="AsFloat2"/>
    public static ArrayView<UInt2> AsUInt2<T>(this ArrayView<T> view) where T : unmanaged => view.Cast<UInt2>().AsAligned(8);

    /// <inheritdoc cref="AsFloat4"/>
    public static ArrayView<UInt4> AsUInt4<T>(this ArrayView<T> view) where T : unmanaged => view.Cast<UInt4>().AsAligned(16);
}
