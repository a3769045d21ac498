namespace BareBert.Kernels;

/// <summary>How a weight's codes lie in memory, and how large they may be.</summary>
/// <param name="Group">Neighbours in k that one instruction multiplies and adds: 2, or 4.</param>
/// <param name="IsNarrow">Whether products with eight neighbours, in pairs and two pairs of them together, fit 16 bits (<see cref="Int8.ScaleOfNarrowWeight"/>).</param>
internal readonly record struct Int8Layout(int Group, bool IsNarrow = false)
{
    /// <summary>Pairs, widened to 16 bits as they are loaded.</summary>
    public static Int8Layout Pairs => new(2);

    /// <summary>Bytes, whose products are added in 32 bits.</summary>
    public static Int8Layout Bytes => new(4);

    /// <summary>Bytes, whose products are added in 16 bits first.</summary>
    public static Int8Layout NarrowBytes => new(4, IsNarrow: true);
}
