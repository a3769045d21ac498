using System.Numerics;
using System.Runtime.InteropServices;

namespace BareBert.Bert.Training.GradientSums;

/// <summary>
/// Adds up what processes hold of a tree's nodes, bucket by bucket. Every bucket is cut into a chunk for each process: all send it their nodes'
/// part of its chunk, it adds them in the tree's order, and sends the sum to all.
/// </summary>
/// <remarks>
/// As a ring's all-reduce (Patarasuk and Yuan 2009), each process sends 2·(N − 1)/N of the gradient where its leaves are one node; only that here
/// the owner holds all summands at once, so the order of the additions is the tree's and not the ring's.
/// </remarks>
internal sealed class BucketExchange : IDisposable
{
    /// <summary>Elements of a bucket: 4 MiB of float32.</summary>
    private const int BucketSize = 1 << 20;

    // Chunks start on a cache line.
    private const int Granule = 16;

    private readonly IProcessGroup _group;
    private readonly Arena _host = new(new HostMemory());
    private readonly List<Transfer> _sends = [], _receives = [];
    private readonly List<TreeNode> _nodes = [];
    private readonly List<nint> _places = [];

    /// <param name="group">The processes.</param>
    /// <param name="flats">What is summed: flat ranges of the device's memory.</param>
    public BucketExchange(IProcessGroup group, Tensor[] flats) => (_group, Flats) = (group, flats);

    /// <summary>What is summed.</summary>
    public Tensor[] Flats { get; }

    /// <summary>Bytes that a step sends from one process.</summary>
    /// <param name="elements">Of the flat ranges.</param>
    /// <param name="elementBytes">Of one of them.</param>
    /// <param name="leaves">Of the tree.</param>
    /// <param name="rank">The process.</param>
    /// <param name="size">Of how many.</param>
    public static long BytesSent(IEnumerable<long> elements, int elementBytes, int leaves, int rank, int size)
    {
        (int first, int end) = new Share(rank, size).Of(leaves);
        long nodes = new SumTree(leaves).NodesOf(first, end).Length;
        return elements.SelectMany(Buckets).Sum(bucket =>
        {
            long own = ChunkOf(bucket, rank, size).Count;
            return (nodes * (bucket.Count - own) + (size - 1) * own) * elementBytes;
        });
    }

    /// <summary>Adds up all processes' nodes: the sums are in <see cref="Flats"/>.</summary>
    /// <param name="tree">The order.</param>
    /// <param name="own">[nodes][flat ranges], this process's nodes; the last of them is <see cref="Flats"/>.</param>
    public void Run(SumTree tree, Tensor[][] own)
    {
        for (int flat = 0; flat < Flats.Length; flat++)
        {
            foreach (Range bucket in Buckets(Flats[flat].Count))
                Run(tree, bucket, Flats[flat], [.. own.Select(node => node[flat])]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _host.Dispose();

    private static IEnumerable<Range> Buckets(long count)
    {
        for (long start = 0; start < count; start += BucketSize)
            yield return new Range(start, Math.Min(BucketSize, count - start));
    }

    private static Range ChunkOf(Range bucket, int rank, int size)
    {
        long granules = (bucket.Count + Granule - 1) / Granule;
        long first = Math.Min(bucket.Count, granules * rank / size * Granule), end = Math.Min(bucket.Count, granules * (rank + 1) / size * Granule);
        return new Range(bucket.Start + first, end - first);
    }

    private void Run(SumTree tree, Range bucket, Tensor flat, Tensor[] own)
    {
        int bytes = flat.DType.Size();
        nint[] nodes = [.. own.Select(node => AtHost(node, bucket))];
        nint result = nodes.Length > 0 ? nodes[^1] : AtHost(flat, bucket);
        Range chunk = ChunkOf(bucket, _group.Rank, _group.Size);
        Scatter(tree, bucket, chunk, nodes, bytes);
        nint sum = Add(tree, chunk.Count, flat.DType);
        nint place = result + (nint)((chunk.Start - bucket.Start) * bytes);
        if (sum != place)
            Copy(place, sum, chunk.Count * bytes);
        Gather(bucket, chunk, result, bytes);
        if (!flat.IsOnHost)
            Upload(flat.Slice(bucket.Start, new Shape((int)bucket.Count)), result);
        _host.Reset();
    }

    // Every process gets its chunk of all others' nodes, and has the places of all nodes side by side, in the tree's order.
    private void Scatter(SumTree tree, Range bucket, Range chunk, nint[] nodes, int bytes)
    {
        _sends.Clear();
        _receives.Clear();
        _nodes.Clear();
        _places.Clear();
        for (int rank = 0; rank < _group.Size; rank++)
        {
            (int first, int end) = new Share(rank, _group.Size).Of(tree.Leaves);
            TreeNode[] theirs = tree.NodesOf(first, end);
            Range wanted = ChunkOf(bucket, rank, _group.Size);
            for (int i = 0; i < theirs.Length; i++)
            {
                nint place = rank == _group.Rank ? nodes[i] + (nint)((chunk.Start - bucket.Start) * bytes) : _host.Allocate(new Shape((int)Math.Max(1, chunk.Count * bytes / sizeof(float)))).Address;
                _nodes.Add(theirs[i]);
                _places.Add(place);
                if (rank != _group.Rank && chunk.Count > 0)
                    _receives.Add(new Transfer(rank, place, chunk.Count * bytes));
            }
            if (rank != _group.Rank && wanted.Count > 0)
            {
                foreach (nint node in nodes)
                    _sends.Add(new Transfer(rank, node + (nint)((wanted.Start - bucket.Start) * bytes), wanted.Count * bytes));
            }
        }
        Exchange();
    }

    // The chunk's sum: where the leftmost node was.
    private nint Add(SumTree tree, long count, DType type)
    {
        var stack = new List<TreeNode>();
        var places = new List<nint>();
        for (int i = 0; i < _nodes.Count; i++)
        {
            places.Add(_places[i]);
            tree.Push(stack, _nodes[i], (left, right) =>
            {
                Add(places[left], places[right], count, type);
                places.RemoveAt(right);
            });
        }
        return places[0];
    }

    private void Gather(Range bucket, Range chunk, nint result, int bytes)
    {
        _sends.Clear();
        _receives.Clear();
        for (int rank = 0; rank < _group.Size; rank++)
        {
            if (rank == _group.Rank)
                continue;
            Range theirs = ChunkOf(bucket, rank, _group.Size);
            if (chunk.Count > 0)
                _sends.Add(new Transfer(rank, result + (nint)((chunk.Start - bucket.Start) * bytes), chunk.Count * bytes));
            if (theirs.Count > 0)
                _receives.Add(new Transfer(rank, result + (nint)((theirs.Start - bucket.Start) * bytes), theirs.Count * bytes));
        }
        Exchange();
    }

    private void Exchange() => _group.Exchange(CollectionsMarshal.AsSpan(_sends), CollectionsMarshal.AsSpan(_receives));

    private unsafe nint AtHost(Tensor flat, Range range)
    {
        Tensor part = flat.Slice(range.Start, new Shape((int)range.Count));
        if (flat.IsOnHost)
            return part.Address;
        Tensor copy = _host.Allocate(part.Shape, part.DType);
        if (part.DType == DType.Float64)
            part.Download(copy.Span<double>());
        else
            part.Download(copy.Span<float>());
        return copy.Address;
    }

    private static unsafe void Upload(Tensor part, nint from)
    {
        if (part.DType == DType.Float64)
            part.Upload<double>(new ReadOnlySpan<double>((void*)from, (int)part.Count));
        else
            part.Upload<float>(new ReadOnlySpan<float>((void*)from, (int)part.Count));
    }

    private static unsafe void Copy(nint to, nint from, long bytes) => NativeMemory.Copy((void*)from, (void*)to, (nuint)bytes);

    private static unsafe void Add(nint y, nint x, long count, DType type)
    {
        if (type == DType.Float64)
            Add(new Span<double>((void*)y, (int)count), new ReadOnlySpan<double>((void*)x, (int)count));
        else
            Add(new Span<float>((void*)y, (int)count), new ReadOnlySpan<float>((void*)x, (int)count));
    }

    private static void Add<T>(Span<T> y, ReadOnlySpan<T> x) where T : unmanaged, INumber<T>
    {
        Span<Vector<T>> ys = MemoryMarshal.Cast<T, Vector<T>>(y);
        ReadOnlySpan<Vector<T>> xs = MemoryMarshal.Cast<T, Vector<T>>(x);
        for (int i = 0; i < ys.Length; i++)
            ys[i] += xs[i];
        for (int i = ys.Length * Vector<T>.Count; i < y.Length; i++)
            y[i] += x[i];
    }

    /// <summary>Elements of a flat range.</summary>
    private readonly record struct Range(long Start, long Count);
}
