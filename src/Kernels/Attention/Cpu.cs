using System.Runtime.Intrinsics;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    private ScratchMemory[]? _attentionScratch;

    void IKernel<AttentionForward>.Run(in AttentionForward call)
    {
        var operands = new AttentionCall(call.Shape, call.Offsets, call.Qkv, call.Y, call.LogSumExp, call.Dropout, call.IsCausal, AttentionScratch());
        switch (VectorWidth.Floats)
        {
            case 16: Forward<Simd512, Vector512<float>>(operands); break;
            case 8: Forward<Simd256, Vector256<float>>(operands); break;
            default: Forward<Simd128, Vector128<float>>(operands); break;
        }
    }

    void IKernel<AttentionBackward>.Run(in AttentionBackward call)
    {
        var operands = new AttentionCall(call.Shape, call.Offsets, call.Qkv, call.Y, call.LogSumExp, call.Dropout, call.IsCausal, AttentionScratch());
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
        int parts = split ? AttentionBlock.Count(call.LongestSequence) : 1;
        _team.RunTiles(call.Items * parts, new AttentionForwardJob<TSimd, V> { Call = call, Parts = parts });
    }

    private void Backward<TSimd, V>(AttentionCall operands, in AttentionBackward call) where TSimd : ISimd<V> where V : struct =>
        _team.RunTiles(operands.Items, new AttentionBackwardJob<TSimd, V>
        {
            Call = operands, DQkv = call.DQkv.Floats(), Overwrite = call.OverwriteDQkv, Dy = call.DY.Floats(),
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
    private readonly int* _offsets;
    private readonly ScratchMemory[] _scratch;

    public AttentionCall(
        AttentionShape shape, Tensor offsets, Tensor qkv, Tensor y, Tensor logSumExp, DropoutMask dropout, bool isCausal, ScratchMemory[] scratch)
    {
        (Shape, Dropout, IsCausal, _scratch) = (shape, new DropoutScales(dropout), isCausal, scratch);
        _offsets = offsets.Ints();
        Qkv = qkv.Floats();
        Y = y.Floats();
        LogSumExp = logSumExp.IsNone ? null : logSumExp.Floats();
        for (int i = 0; i < shape.Sequences; i++)
            LongestSequence = Math.Max(LongestSequence, _offsets[i + 1] - _offsets[i]);
    }

    public AttentionShape Shape { get; }
    public DropoutScales Dropout { get; }
    public bool IsCausal { get; }
    public int LongestSequence { get; }

    /// <summary>[tokens, 3C].</summary>
    public float* Qkv { get; }

    /// <summary>[tokens, C].</summary>
    public float* Y { get; }

    /// <summary>[tokens, heads]; null where the forward pass is all there is.</summary>
    public float* LogSumExp { get; }

    /// <summary>Heads of all sequences.</summary>
    public int Items => Shape.Sequences * Shape.Heads;

    /// <summary>Blocks that hold one row of a head: one, but for heads of more than 128 elements.</summary>
    public int Slabs => AttentionBlock.Count(Shape.HeadSize);

    /// <summary>Which tokens and head an item is.</summary>
    public AttentionItem Item(int index)
    {
        int sequence = index / Shape.Heads;
        return new AttentionItem(_offsets[sequence], _offsets[sequence + 1] - _offsets[sequence], index % Shape.Heads);
    }

    /// <summary>
    /// Asks for what a token has of the head after <paramref name="head"/>, the same thread's next work: it lies beside what it has of this one,
    /// in runs of one or two lines, which are too short for the processor's own prefetching.
    /// </summary>
    /// <param name="dy">[tokens, C], read too by the backward pass; null in the forward pass.</param>
    public void FetchNextHead(int token, int head, float* dy = null)
    {
        if (Shape.HeadSize > 2 * Prefetch.Line)
            return;
        nint output = OutputAt(token, head + 1);
        Prefetch.ToLevel1(Qkv + At(token, 0, head + 1), Shape.C, 3, Shape.HeadSize); // q, k and v are C apart.
        Prefetch.ToLevel1(Y + output, 0, 1, Shape.HeadSize);
        if (dy != null)
            Prefetch.ToLevel1(dy + output, 0, 1, Shape.HeadSize);
    }

    /// <summary>A worker's scratch memory.</summary>
    public float* Scratch(int worker, nint floats) => _scratch[worker].Floats(floats);

    /// <summary>Offset in [tokens, 3C] of a slab of a token's q (part 0), k (1) or v (2).</summary>
    public nint At(int token, int part, int head, int slab = 0) =>
        (nint)token * 3 * Shape.C + (nint)part * Shape.C + (nint)head * Shape.HeadSize + (nint)slab * AttentionBlock.Size;

    /// <summary>Offset in [tokens, C] of a slab of a token's head.</summary>
    public nint OutputAt(int token, int head, int slab = 0) =>
        (nint)token * Shape.C + (nint)head * Shape.HeadSize + (nint)slab * AttentionBlock.Size;
}

/// <summary>One head of one sequence.</summary>
/// <param name="Start">The sequence's first token.</param>
/// <param name="Length">Its tokens.</param>
/// <param name="Head">The head.</param>
internal readonly record struct AttentionItem(int Start, int Length, int Head);
