namespace BareBert;

/// <summary>Fills memory with draws from a normal distribution: how weights start.</summary>
public static class NormalFill
{
    private const int Chunk = 1 << 16;

    /// <summary>Overwrites <paramref name="values"/> with draws from N(0, <paramref name="deviation"/>²).</summary>
    /// <param name="values">Any number.</param>
    /// <param name="deviation">Standard deviation.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="stream">Which tensor this is.</param>
    /// <remarks>
    /// Value i is a function of (seed, stream, i), so it does not matter that several threads fill. Each Philox block gives
    /// four uniform numbers, and so two Box–Muller pairs.
    /// </remarks>
    public static void Fill(Memory<float> values, double deviation, ulong seed, uint stream) =>
        Parallel.For(0, (values.Length + Chunk - 1) / Chunk, chunk =>
        {
            Span<float> part = values.Span.Slice(chunk * Chunk, Math.Min(Chunk, values.Length - chunk * Chunk));
            Span<float> four = stackalloc float[4];
            for (int i = 0; i < part.Length; i += 4)
            {
                PhiloxBlock block = Philox.Block(seed, (uint)((chunk * Chunk + i) / 4), 0, 0, stream);
                (four[0], four[1]) = Pair(block.X0, block.X1, deviation);
                (four[2], four[3]) = Pair(block.X2, block.X3, deviation);
                four[..Math.Min(4, part.Length - i)].CopyTo(part[i..]);
            }
        });

    private static (float, float) Pair(uint a, uint b, double deviation)
    {
        const double Unit = 1.0 / (1L << 32);
        double radius = deviation * Math.Sqrt(-2 * Math.Log((a + 0.5) * Unit));
        (double sin, double cos) = Math.SinCos(2 * Math.PI * (b + 0.5) * Unit);
        return ((float)(radius * cos), (float)(radius * sin));
    }
}
