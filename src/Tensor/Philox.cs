namespace BareBert;

/// <summary>
/// Philox4x32-10, a counter-based random number generator: the numbers are a function of (key, counter), there is no state.
/// So a dropout mask is never stored: the backward pass, another device or a resumed run computes the same one again.
/// </summary>
/// <remarks>Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".</remarks>
public static class Philox
{
    /// <summary>Multiplier of counter words 0 and 1.</summary>
    public const uint M0 = 0xD2511F53;

    /// <summary>Multiplier of counter words 2 and 3.</summary>
    public const uint M1 = 0xCD9E8D57;

    /// <summary>Added to the low key word after every round (the golden ratio).</summary>
    public const uint W0 = 0x9E3779B9;

    /// <summary>Added to the high key word after every round (√3 − 1).</summary>
    public const uint W1 = 0xBB67AE85;

    /// <summary>Rounds after which the generator passes every known statistical test, with a margin.</summary>
    public const int Rounds = 10;

    /// <summary>Four random words for one counter.</summary>
    /// <param name="key">The seed.</param>
    /// <param name="c0">Counter word 0; the four words together say which draw this is.</param>
    /// <param name="c1">Counter word 1.</param>
    /// <param name="c2">Counter word 2.</param>
    /// <param name="c3">Counter word 3.</param>
    public static PhiloxBlock Block(ulong key, uint c0, uint c1 = 0, uint c2 = 0, uint c3 = 0)
    {
        uint k0 = (uint)key, k1 = (uint)(key >> 32);
        for (int round = 0; round < Rounds; round++)
        {
            ulong p0 = (ulong)M0 * c0, p1 = (ulong)M1 * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += W0;
            k1 += W1;
        }
        return new PhiloxBlock(c0, c1, c2, c3);
    }
}

/// <summary>The four 32-bit words of one Philox draw.</summary>
public readonly record struct PhiloxBlock(uint X0, uint X1, uint X2, uint X3)
{
    /// <summary>Word 0 to 3.</summary>
    public uint this[int word] => word switch { 0 => X0, 1 => X1, 2 => X2, 3 => X3, _ => throw new ArgumentOutOfRangeException(nameof(word)) };
}
