using BareBert.Autograd;
using BareBert.Bert.Training.GradientSums;
using BareBert.Kernels;

namespace BareBert.Bert.Training;

/// <summary>What processes share an optimizer among them: nothing, or its moments.</summary>
public enum Sharding
{
    /// <summary>Each has all of it.</summary>
    None,

    /// <summary>Each has the moments of the part of the parameters that it updates.</summary>
    Optimizer,
}

/// <summary>
/// The part of the parameters that one of several processes updates: its chunk of each bucket, with the moments of these alone.
/// </summary>
/// <remarks>ZeRO, stage 1: Rajbhandari et al. 2020, arXiv:1910.02054.</remarks>
internal sealed class OptimizerShards : IDisposable
{
    private readonly IProcessGroup _group;
    private readonly ParameterSet _parameters;
    private readonly BucketExchange _exchange;
    private readonly Arena _arena;
    private readonly FlatRange[] _chunks; // this process's, one of each bucket
    private readonly long[] _starts; // of each of them in the moments
    private readonly Tensor _first, _second;

    /// <param name="kernels">The device: the host's.</param>
    /// <param name="parameters">What is updated.</param>
    /// <param name="group">The processes.</param>
    public OptimizerShards(IKernels kernels, ParameterSet parameters, IProcessGroup group)
    {
        if (!kernels.Memory.IsHost || kernels.ElementType != DType.Float32)
            throw new InputException($"`{nameof(TrainingOptions.Shard)}` is for processors: {kernels.Name} is none; leave it out");
        (_group, _parameters) = (group, parameters);
        _exchange = new BucketExchange(group, BucketLayout.Sharded(group.Size));
        _chunks = [.. ChunksOf(group.Rank)];
        _starts = new long[_chunks.Length];
        for (int i = 1; i < _chunks.Length; i++)
            _starts[i] = _starts[i - 1] + _chunks[i - 1].Count;
        _arena = new Arena(kernels.Memory);
        var own = new Shape((int)Math.Max(1, _chunks.Sum(chunk => chunk.Count)));
        (_first, _second) = (_arena.Zeros(own), _arena.Zeros(own));
    }

    /// <summary>Bytes of weights that this process has sent to others.</summary>
    public long BytesSent => _exchange.BytesSent;

    /// <summary>Bytes of this process's moments.</summary>
    public long MomentBytes => _first.Bytes + _second.Bytes;

    /// <summary>The sum of squares of the whole gradient, of which each process has the sum over its chunks: the bits of one process.</summary>
    public double SumOfSquares()
    {
        double[][] all = _group.GatherLists(_chunks.SelectMany(chunk => chunk.Count == 0 ? [] : SquareBlocks.Of(Slice(_parameters.Grads, chunk))).ToArray());
        var next = new int[_group.Size];
        double sum = 0;
        foreach (FlatRange bucket in _exchange.Layout.Of(_parameters.Grads.Count))
        {
            for (int rank = 0; rank < _group.Size; rank++)
            {
                long blocks = (_exchange.Layout.ChunkOf(bucket, rank).Count + SquareBlocks.Length - 1) / SquareBlocks.Length;
                for (long block = 0; block < blocks; block++)
                    sum += all[rank][next[rank]++];
            }
        }
        return sum;
    }

    /// <summary>The pieces of a range that are this process's, with their moments.</summary>
    public IEnumerable<(FlatRange Piece, Tensor First, Tensor Second)> Of(FlatRange range)
    {
        for (int i = 0; i < _chunks.Length; i++)
        {
            FlatRange piece = _chunks[i].Intersect(range);
            if (piece.Count == 0)
                continue;
            var place = new FlatRange(_starts[i] + piece.Start - _chunks[i].Start, piece.Count);
            yield return (piece, Slice(_first, place), Slice(_second, place));
        }
    }

    /// <summary>After each process has updated its part: all get all weights, and gradients are zero.</summary>
    public void Finish()
    {
        _exchange.Gather(_parameters.Values);
        _parameters.Grads.Zero();
    }

    /// <summary>The pieces of a range that are a process's.</summary>
    public IEnumerable<FlatRange> PiecesOf(int rank, FlatRange range) => ChunksOf(rank).Select(chunk => chunk.Intersect(range)).Where(piece => piece.Count > 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        _exchange.Dispose();
        _arena.Dispose();
    }

    private IEnumerable<FlatRange> ChunksOf(int rank) => _exchange.Layout.Of(_parameters.Values.Count).Select(bucket => _exchange.Layout.ChunkOf(bucket, rank));

    private static Tensor Slice(Tensor flat, FlatRange range) => flat.Slice(range.Start, new Shape((int)range.Count));
}
