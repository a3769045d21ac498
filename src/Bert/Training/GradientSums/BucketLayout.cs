namespace BareBert.Bert.Training.GradientSums;

/// <summary>A part of a flat range.</summary>
/// <param name="Start">Its first element.</param>
/// <param name="Count">How many.</param>
internal readonly record struct FlatRange(long Start, long Count)
{
    /// <summary>The element behind the last.</summary>
    public long End => Start + Count;

    /// <summary>Where a slice of flat memory lies in it.</summary>
    public static FlatRange Of(Tensor slice, Tensor flat) => new((slice.Address - flat.Address) / flat.DType.Size(), slice.Count);

    /// <summary>What two ranges have in common; of no elements where that is nothing.</summary>
    public FlatRange Intersect(FlatRange other)
    {
        long start = Math.Max(Start, other.Start);
        return new FlatRange(start, Math.Max(0, Math.Min(End, other.End) - start));
    }
}

/// <summary>How flat memory is cut: into buckets, which travel one by one, and each of these into a chunk for each process, which owns it.</summary>
/// <param name="Least">The fewest elements of a bucket.</param>
/// <param name="Granule">Chunks begin at multiples of it.</param>
/// <param name="Processes">How many.</param>
internal sealed record BucketLayout(long Least, int Granule, int Processes)
{
    // 4 MiB of float32 are enough for a link's bandwidth; a small model's gradient is cut into so many buckets too, for the first to be under way early.
    private const long Most = 1 << 20, Few = 1 << 16;
    private const int Buckets = 16, CacheLine = 16;

    /// <summary>For gradients that all processes need.</summary>
    public static BucketLayout Usual(int processes) => new(Few, CacheLine, processes);

    /// <summary>For gradients that each process needs its own chunks of: these are whole blocks of <see cref="Kernels.SquareBlocks"/>, a few at least of each bucket.</summary>
    public static BucketLayout Sharded(int processes) => new(4L * Kernels.SquareBlocks.Length * processes, Kernels.SquareBlocks.Length, processes);

    /// <summary>The buckets of so many elements.</summary>
    public FlatRange[] Of(long count)
    {
        long size = Math.Max(Least, Math.Min(Most, count / Buckets / Few * Few));
        var buckets = new FlatRange[(count + size - 1) / size];
        for (int i = 0; i < buckets.Length; i++)
            buckets[i] = new FlatRange(i * size, Math.Min(size, count - i * size));
        return buckets;
    }

    /// <summary>A process's chunk of a bucket; may be of no elements.</summary>
    public FlatRange ChunkOf(FlatRange bucket, int rank)
    {
        long granules = (bucket.Count + Granule - 1) / Granule;
        long first = Math.Min(bucket.Count, granules * rank / Processes * Granule), end = Math.Min(bucket.Count, granules * (rank + 1) / Processes * Granule);
        return new FlatRange(bucket.Start + first, end - first);
    }

    /// <summary>Bytes that a step sends from one process: for sums that are then gathered, be it as gradients or as the weights that became of them.</summary>
    /// <param name="counts">Elements of the flat ranges.</param>
    /// <param name="elementBytes">Of one of them.</param>
    /// <param name="leaves">Of the tree.</param>
    /// <param name="rank">The process.</param>
    public long BytesSent(IEnumerable<long> counts, int elementBytes, int leaves, int rank)
    {
        (int first, int end) = new Share(rank, Processes).Of(leaves);
        long nodes = new SumTree(leaves).NodesOf(first, end).Length;
        return counts.SelectMany(Of).Sum(bucket =>
        {
            long own = ChunkOf(bucket, rank).Count;
            return (nodes * (bucket.Count - own) + (Processes - 1) * own) * elementBytes;
        });
    }
}
