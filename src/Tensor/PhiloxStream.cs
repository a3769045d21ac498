namespace BareBert;

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
