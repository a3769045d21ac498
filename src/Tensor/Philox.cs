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

/// <summary>A sequence of random numbers over <see cref="Philox"/> for host-side work: shuffles, weights, examples.</summary>
/// <remarks>Two streams of different (seed, stream, substream) share no draw. A value type: copying it copies the position.</remarks>
public struct PhiloxStream(ulong seed, uint stream, uint substream = 0, uint index = 0)
{
    private PhiloxBlock _block;
    private uint _drawn;

    /// <summary>The next 32 random bits.</summary>
    public uint NextUInt()
    {
        uint word = _drawn & 3;
        if (word == 0)
            _block = Philox.Block(seed, _drawn >> 2, index, substream, stream);
        _drawn++;
        return _block[(int)word];
    }

    /// <summary>A uniform integer in [0, <paramref name="bound"/>), without bias.</summary>
    /// <remarks>Lemire 2019, arXiv:1805.10941: multiply and reject.</remarks>
    public int NextInt(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        ulong product = (ulong)NextUInt() * (uint)bound;
        if ((uint)product < (uint)bound)
        {
            uint threshold = (uint)-bound % (uint)bound;
            while ((uint)product < threshold)
                product = (ulong)NextUInt() * (uint)bound;
        }
        return (int)(product >> 32);
    }

    /// <summary>A uniform number in [0, 1) with 53 random bits.</summary>
    public double NextDouble() => (((ulong)NextUInt() << 21) ^ (NextUInt() >> 11)) * (1.0 / (1UL << 53));

    /// <summary>A draw from N(0, 1).</summary>
    /// <remarks>Box–Muller: one of the pair is used, so that every call takes the same number of draws.</remarks>
    public double NextNormal()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        return radius * Math.Cos(2 * Math.PI * NextDouble());
    }

    /// <summary>Puts the items into a uniformly random order (Fisher–Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
