namespace BareBert.Bert.Training;

/// <summary>
/// The order of an epoch: random, but with examples of similar length side by side, so that a batch's cost is even and
/// attention's blocks are of one size. Nothing is padded either way.
/// </summary>
internal static class LengthGroupedOrder
{
    // Batches that are sorted together: enough to find neighbours, few enough to stay random.
    private const int BatchesPerPool = 50;

    /// <summary>Orders the examples of an epoch; a function of its arguments.</summary>
    /// <param name="lengths">Tokens of each example.</param>
    /// <param name="batchSize">Examples of a batch.</param>
    /// <param name="seed">The run's.</param>
    /// <param name="epoch">From 0.</param>
    /// <returns>Every example once.</returns>
    public static int[] Of(IReadOnlyList<int> lengths, int batchSize, ulong seed, int epoch)
    {
        var random = new PhiloxStream(seed, RandomStreams.Order, (uint)epoch);
        int[] order = [.. Enumerable.Range(0, lengths.Count)];
        random.Shuffle(order.AsSpan());
        int pool = batchSize * BatchesPerPool;
        for (int start = 0; start < order.Length; start += pool)
        {
            Span<int> part = order.AsSpan(start, Math.Min(pool, order.Length - start));
            part.Sort((a, b) => lengths[a] != lengths[b] ? lengths[a].CompareTo(lengths[b]) : a.CompareTo(b));
        }

        // Whole batches change places; the last, which may be smaller, stays last.
        int[] batches = [.. Enumerable.Range(0, order.Length / batchSize)];
        random.Shuffle(batches.AsSpan());
        var shuffled = new int[order.Length];
        for (int i = 0; i < batches.Length; i++)
            order.AsSpan(batches[i] * batchSize, batchSize).CopyTo(shuffled.AsSpan(i * batchSize));
        order.AsSpan(batches.Length * batchSize).CopyTo(shuffled.AsSpan(batches.Length * batchSize));
        return shuffled;
    }
}
