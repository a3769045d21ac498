using System.Runtime.Intrinsics;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    private ScratchMemory[]? _attentionScratch;

    void IKernel<AttentionForward>.Run(in AttentionForward call)
    {
        var operands = new AttentionCall(call.Shape, call.Queries, call.KeysValues, call.Y, call.LogSumExp, call.Dropout, call.IsCausal, AttentionScratch());
        switch (VectorWidth.Floats)
        {
            case 16: Forward<Simd512, Vector512<float>>(operands); break;
            case 8: Forward<Simd256, Vector256<float>>(operands); break;
            default: Forward<Simd128, Vector128<float>>(operands); break;
        }
    }

    void IKernel<AttentionBackward>.Run(in AttentionBackward call)
    {
        var operands = new AttentionCall(call.Shape, call.Queries, call.KeysValues, call.Y, call.LogSumExp, call.Dropout, call.IsCausal, AttentionScratch());
        switch (VectorWidth.Floats)
        {
            case 16: Backward<Simd512, Vector512<float>>(operands, call); break;
            case 8: Backward<Simd256, Vector256<float>>(operands, call); break;
            default: Backward<Simd128, Vector128<float>>(operands, call); break;
        }
    }

    private void Forward<TSimd, V>(AttentionCall call) where TSimd : ISimd<V> where V : struct
    {
        // A sequence's head is the unit of work; where there are too few for all threads, its query blocks are.
        bool split = call.Items < 2 * _team.Count;
        int parts = split ? AttentionBlock.Count(call.MostQueries) : 1;
        if (parts > 0)
            _team.RunTiles(call.Items * parts, new AttentionForwardJob<TSimd, V> { Call = call, Parts = parts });
    }

    private void Backward<TSimd, V>(AttentionCall operands, in AttentionBackward call) where TSimd : ISimd<V> where V : struct =>
        _team.RunTiles(operands.Items, new AttentionBackwardJob<TSimd, V>
        {
            Call = operands, Dy = call.DY.Floats(),
            DQueries = call.DQueries.Floats(), OverwritesDQueries = call.OverwriteDQueries,
            DKeysValues = call.DKeysValues.Floats() + call.Shape.FirstKeyColumn, OverwritesDKeysValues = call.OverwriteDKeysValues,
        });

    private ScratchMemory[] AttentionScratch() =>
        _attentionScratch ??= [.. Enumerable.Range(0, _team.Count).Select(_ => new ScratchMemory())];

    partial void DisposeAttention()
    {
        foreach (ScratchMemory scratch in _attentionScratch ?? [])
            scratch.Dispose();
    }
}

/// <summary>What one attention reads and where, for all its work items: an item is one head of one sequence.</summary>
internal readonly unsafe struct AttentionCall
{
    private readonly int* _offsets, _queryOffsets;
    private readonly float* _queries, _keys;
    private readonly ScratchMemory[] _scratch;
    private readonly bool _everyTokenAsks;

    public AttentionCall(
        AttentionShape shape, Tensor queries, Tensor keysValues, Tensor y, Tensor logSumExp, DropoutMask dropout, bool isCausal, ScratchMemory[] scratch)
    {
        (C, Heads, HeadSize, Sequences, _everyTokenAsks) = (shape.C, shape.Heads, shape.HeadSize, shape.Sequences, shape.EveryTokenAsks);
        (QueryStride, KeyStride) = (shape.QueryStride, shape.KeyStride);
        (Dropout, IsCausal, _scratch) = (new DropoutScales(dropout), isCausal, scratch);
        _offsets = shape.Offsets.Ints();
        _queryOffsets = shape.QueryOffsets.Ints();
        _queries = queries.Floats();
        _keys = keysValues.Floats() + shape.FirstKeyColumn;
        Y = y.Floats();
        LogSumExp = logSumExp.IsNone ? null : logSumExp.Floats();
        for (int i = 0; i < Sequences; i++)
        {
            LongestSequence = Math.Max(LongestSequence, _offsets[i + 1] - _offsets[i]);
            MostQueries = Math.Max(MostQueries, _queryOffsets[i + 1] - _queryOffsets[i]);
        }
    }

    public int C { get; }
    public int Heads { get; }
    public int HeadSize { get; }
    public int Sequences { get; }
    public DropoutScales Dropout { get; }
    public bool IsCausal { get; }
    public int LongestSequence { get; }

    /// <summary>Of a sequence.</summary>
    public int MostQueries { get; }

    /// <summary>Floats from one query to the next.</summary>
    public nint QueryStride { get; }

    /// <summary>Floats from one key to the next, and from one value to the next.</summary>
    public nint KeyStride { get; }

    /// <summary>[queries, C].</summary>
    public float* Y { get; }

    /// <summary>[queries, heads]; null where the forward pass is all there is.</summary>
    public float* LogSumExp { get; }

    /// <summary>Heads of all sequences.</summary>
    public int Items => Sequences * Heads;

    /// <summary>Blocks that hold one row of a head: one, but for heads of more than 128 elements.</summary>
    public int Slabs => AttentionBlock.Count(HeadSize);

    /// <summary>Which tokens, queries and head an item is.</summary>
    public AttentionItem Item(int index)
    {
        int sequence = index / Heads;
        return new AttentionItem(
            _offsets[sequence], _offsets[sequence + 1] - _offsets[sequence], _queryOffsets[sequence], _queryOffsets[sequence + 1] - _queryOffsets[sequence], index % Heads);
    }

    /// <summary>
    /// Asks for what a query has of the head after <paramref name="head"/>, the same thread's next work: it lies beside what it has of this one,
    /// in runs of one or two lines, which are too short for the processor's own prefetching.
    /// </summary>
    /// <param name="dy">[queries, C], read too by the backward pass; null in the forward pass.</param>
    public void FetchNextHead(int query, int head, float* dy = null)
    {
        if (HeadSize > 2 * Prefetch.Line)
            return;
        nint output = OutputAt(query, head + 1);
        Prefetch.ToLevel1(_queries + QueryAt(query, head + 1), C, _everyTokenAsks ? 3 : 1, HeadSize); // q, k and v are C apart.
        Prefetch.ToLevel1(Y + output, 0, 1, HeadSize);
        if (dy != null)
            Prefetch.ToLevel1(dy + output, 0, 1, HeadSize);
    }

    /// <summary>A worker's scratch memory.</summary>
    public float* Scratch(int worker, nint floats) => _scratch[worker].Floats(floats);

    /// <summary>A slab of a query.</summary>
    public float* Query(int query, int head, int slab) => _queries + QueryAt(query, head, slab);

    /// <summary>A slab of a token's key; its value lies C behind it.</summary>
    public float* Key(int token, int head, int slab) => _keys + KeyAt(token, head, slab);

    /// <summary>Where a slab of a query lies behind the first one.</summary>
    public nint QueryAt(int query, int head, int slab = 0) => query * QueryStride + InRow(head, slab);

    /// <summary>Where a slab of a key lies behind the first one.</summary>
    public nint KeyAt(int token, int head, int slab) => token * KeyStride + InRow(head, slab);

    /// <summary>Offset in [queries, C] of a slab of a query's head.</summary>
    public nint OutputAt(int query, int head, int slab = 0) => (nint)query * C + InRow(head, slab);

    private nint InRow(int head, int slab) => (nint)head * HeadSize + (nint)slab * AttentionBlock.Size;
}

/// <summary>One head of one sequence.</summary>
/// <param name="FirstKey">The sequence's first token.</param>
/// <param name="Keys">Its tokens.</param>
/// <param name="FirstQuery">Its first query.</param>
/// <param name="Queries">Its queries.</param>
/// <param name="Head">The head.</param>
internal readonly record struct AttentionItem(int FirstKey, int Keys, int FirstQuery, int Queries, int Head);
