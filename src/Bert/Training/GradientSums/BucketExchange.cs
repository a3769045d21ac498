using System.Runtime.InteropServices;
using BareBert.Kernels;

namespace BareBert.Bert.Training.GradientSums;

/// <summary>
/// Adds up what processes hold of a tree's nodes, bucket by bucket: all send each chunk's owner their nodes' part of it, the owner adds them in
/// the tree's order.
/// </summary>
/// <remarks>
/// As a ring's all-reduce (Patarasuk and Yuan 2009), each process sends 2·(N − 1)/N of the gradient where its leaves are one node and the sums are
/// gathered; only that here the owner holds all summands at once, so the order of the additions is the tree's and not the ring's.
/// </remarks>
/// <param name="group">The processes.</param>
/// <param name="layout">How buckets and chunks are cut.</param>
internal sealed class BucketExchange(IProcessGroup group, BucketLayout layout) : IDisposable
{
    private readonly Arena _host = new(new HostMemory());
    private readonly List<Transfer> _sends = [], _receives = [];
    private readonly List<TreeNode> _nodes = [];
    private readonly List<nint> _places = [];

    /// <summary>How buckets and chunks are cut.</summary>
    public BucketLayout Layout => layout;

    /// <summary>Bytes that this process has sent.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Adds up all processes' nodes of one bucket.</summary>
    /// <param name="tree">The order.</param>
    /// <param name="bucket">The bucket.</param>
    /// <param name="flat">Where the sum is to be.</param>
    /// <param name="own">[nodes], flat ranges with this process's sums; the last of them is <paramref name="flat"/>; they are changed.</param>
    /// <param name="gathers">Whether every process gets the whole sum; else each gets its chunk, and the rest is undefined.</param>
    public void Sum(SumTree tree, FlatRange bucket, Tensor flat, Tensor[] own, bool gathers)
    {
        int bytes = flat.DType.Size();
        nint[] nodes = [.. own.Select(node => AtHost(node, bucket))];
        nint result = nodes.Length > 0 ? nodes[^1] : AtHost(flat, bucket);
        FlatRange chunk = layout.ChunkOf(bucket, group.Rank);
        Scatter(tree, bucket, chunk, nodes, bytes);
        nint sum = Add(tree, chunk.Count, flat.DType), place = result + (nint)((chunk.Start - bucket.Start) * bytes);
        if (sum != place)
            Copy(place, sum, chunk.Count * bytes);
        if (gathers)
            Gather(bucket, result, bytes);
        if (!flat.IsOnHost)
            Upload(flat.Slice(bucket.Start, new Shape((int)bucket.Count)), result);
        _host.Reset();
    }

    /// <summary>Every process sends its chunks to all.</summary>
    /// <param name="flat">On the host; each process's chunks are right before, and all afterwards.</param>
    public void Gather(Tensor flat)
    {
        int bytes = flat.DType.Size();
        foreach (FlatRange bucket in layout.Of(flat.Count))
            Gather(bucket, flat.Address + (nint)(bucket.Start * bytes), bytes);
    }

    /// <inheritdoc/>
    public void Dispose() => _host.Dispose();

    // Every process gets its chunk of all others' nodes, and has the places of all nodes side by side, in the tree's order.
    private void Scatter(SumTree tree, FlatRange bucket, FlatRange chunk, nint[] nodes, int bytes)
    {
        _sends.Clear();
        _receives.Clear();
        _nodes.Clear();
        _places.Clear();
        for (int rank = 0; rank < group.Size; rank++)
        {
            (int first, int end) = new Share(rank, group.Size).Of(tree.Leaves);
            TreeNode[] theirs = tree.NodesOf(first, end);
            FlatRange wanted = layout.ChunkOf(bucket, rank);
            for (int i = 0; i < theirs.Length; i++)
            {
                nint place = rank == group.Rank ? At(nodes[i], bucket, chunk, bytes) : _host.Allocate(new Shape((int)Math.Max(1, chunk.Count * bytes / sizeof(float)))).Address;
                _nodes.Add(theirs[i]);
                _places.Add(place);
                if (rank != group.Rank && chunk.Count > 0)
                    _receives.Add(new Transfer(rank, place, chunk.Count * bytes));
            }
            if (rank != group.Rank && wanted.Count > 0)
                _sends.AddRange(nodes.Select(node => new Transfer(rank, At(node, bucket, wanted, bytes), wanted.Count * bytes)));
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
                HostSum.Add(places[left], places[right], count, type);
                places.RemoveAt(right);
            });
        }
        return places[0];
    }

    private void Gather(FlatRange bucket, nint at, int bytes)
    {
        _sends.Clear();
        _receives.Clear();
        FlatRange chunk = layout.ChunkOf(bucket, group.Rank);
        for (int rank = 0; rank < group.Size; rank++)
        {
            if (rank == group.Rank)
                continue;
            FlatRange theirs = layout.ChunkOf(bucket, rank);
            if (chunk.Count > 0)
                _sends.Add(new Transfer(rank, At(at, bucket, chunk, bytes), chunk.Count * bytes));
            if (theirs.Count > 0)
                _receives.Add(new Transfer(rank, At(at, bucket, theirs, bytes), theirs.Count * bytes));
        }
        Exchange();
    }

    private void Exchange()
    {
        group.Exchange(CollectionsMarshal.AsSpan(_sends), CollectionsMarshal.AsSpan(_receives));
        BytesSent += _sends.Sum(send => send.Bytes);
    }

    // Where a chunk lies whose bucket begins at an address.
    private static nint At(nint address, FlatRange bucket, FlatRange chunk, int bytes) => address + (nint)((chunk.Start - bucket.Start) * bytes);

    private nint AtHost(Tensor flat, FlatRange range)
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
}
