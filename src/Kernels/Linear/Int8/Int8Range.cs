namespace BareBert.Kernels;

/// <summary>The codes of what is multiplied by weights: whole numbers from 0 to the largest, among them the code of 0.</summary>
/// <param name="Largest">255: 8 bits. Or what sums of k products leave: 15 bits, fewer where K is more than 516.</param>
/// <param name="Step">The code of 0 is a multiple of it.</param>
/// <remarks>More than 8 bits are multiplied as <see cref="FineBits"/> upper and lower ones (<see cref="Int8Tile.Stride"/>): then the code of 0 should have no lower ones.</remarks>
internal readonly record struct Int8Range(int Largest, int Step)
{
    /// <summary>How many bits a fine code has beyond those of a byte.</summary>
    public const int FineBits = 7;

    private const int MostFine = (1 << 8 + FineBits) - 1;

    /// <summary>The range of 8 bits, or the fine one.</summary>
    public static Int8Range Of(bool isFine, int k) =>
        isFine ? new Int8Range(Math.Min(MostFine, int.MaxValue / (Int8.LargestWeight * Math.Max(1, k))), 1 << FineBits) : new Int8Range(byte.MaxValue, 1);

    /// <summary>How far from both ends values stay, so that the code of 0 can be rounded.</summary>
    public int Margin => Step / 2;
}
