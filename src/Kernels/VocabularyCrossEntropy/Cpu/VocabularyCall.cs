namespace BareBert.Kernels;

/// <summary>What a block of words found in a row: combined over the blocks, in order, they give the row's softmax.</summary>
internal struct RowPart
{
    /// <summary>The largest logit.</summary>
    public float Max;

    /// <summary>Σ exp(logit − Max); where Max is −∞, 0.</summary>
    public float Sum;

    /// <summary>The first word that has the largest logit; not given where another block has a larger one.</summary>
    public int Best;
}

/// <summary>What a row's softmax turned out to be.</summary>
internal struct RowSoftmax
{
    /// <summary>The largest logit.</summary>
    public float Max;

    /// <summary>scale / Σ exp(logit − Max): what such an exponential is multiplied by to give the gradient of a logit.</summary>
    public float Factor;
}

/// <summary>One chunk of rows of the vocabulary loss, for all its work items. A block is 256 words of the vocabulary.</summary>
/// <remarks>A block's logits, and what becomes of them, lie as [rows, 256], one block after the other.</remarks>
internal unsafe struct VocabularyCall
{
    /// <summary>Words of a block.</summary>
    public const int BlockWords = 256;

    // Into how many groups the blocks are dealt, at most: each adds up its part of dx alone, whoever computes it.
    private const int MaxGroups = 24;

    public int Rows, V, C;
    public double Scale;
    public Gemm Gemm;
    public float* X, Weight, Bias, Losses, DX, DWeight, DBias;
    public int* Labels, Predictions;

    /// <summary>Of every block the exponentials of the logits, relative to a row's largest in the block, where gradients follow; else null.</summary>
    public float* Exponentials;

    /// <summary>[rows], the label's logit.</summary>
    public float* LabelLogits;

    /// <summary>[blocks, rows].</summary>
    public RowPart* Parts;

    /// <summary>[rows].</summary>
    public RowSoftmax* Softmax;

    /// <summary>[groups, rows, C]: each group's part of dx; null where dx is not wanted.</summary>
    public float* DXParts;

    /// <summary>Scratch of every worker, one block of logits each.</summary>
    public ScratchMemory[] Workers;

    /// <summary>[workers, rows]: of each row the largest logit that a worker has met.</summary>
    public float* Best;

    public readonly bool HasGradients => DX != null || DWeight != null || DBias != null;

    public readonly int Blocks => (V + BlockWords - 1) / BlockWords;

    public readonly int BlocksInGroup => (Blocks + MaxGroups - 1) / MaxGroups;

    public readonly int Groups => (Blocks + BlocksInGroup - 1) / BlocksInGroup;

    public readonly int WordsOf(int block) => Math.Min(BlockWords, V - block * BlockWords);

    public readonly float* GroupDX(int group) => DXParts + (nint)group * Rows * C;

    public readonly float* BlockExponentials(int block) => Exponentials + (nint)block * Rows * BlockWords;

    public readonly float* WorkerBest(int worker) => Best + (nint)worker * Rows;

    public readonly float* WorkerBlock(int worker) => Workers[worker].Floats((nint)Rows * BlockWords);
}

/// <summary>Memory of the vocabulary loss that stays between calls.</summary>
internal sealed unsafe class VocabularyScratch(int workers) : IDisposable
{
    private readonly ScratchMemory _exponentials = new(), _parts = new(), _rows = new(), _best = new(), _dx = new();
    private readonly ScratchMemory[] _workers = [.. Enumerable.Range(0, workers).Select(_ => new ScratchMemory())];

    /// <summary>Gives a call what memory it needs.</summary>
    public void Fit(ref VocabularyCall call)
    {
        nint rows = call.Rows, partFloats = sizeof(RowPart) / sizeof(float), softmaxFloats = sizeof(RowSoftmax) / sizeof(float);
        call.Workers = _workers;
        call.Parts = (RowPart*)_parts.Floats(call.Blocks * rows * partFloats);
        call.LabelLogits = _rows.Floats(rows * (1 + softmaxFloats));
        call.Softmax = (RowSoftmax*)(call.LabelLogits + rows);
        call.Best = _best.Floats(_workers.Length * rows);
        new Span<float>(call.Best, _workers.Length * call.Rows).Fill(float.NegativeInfinity);
        if (call.HasGradients)
            call.Exponentials = _exponentials.Floats(call.Blocks * rows * VocabularyCall.BlockWords);
        if (call.DX != null)
            call.DXParts = _dx.Floats(call.Groups * rows * call.C);
    }

    public void Dispose()
    {
        foreach (ScratchMemory memory in (ReadOnlySpan<ScratchMemory>)[_exponentials, _parts, _rows, _best, _dx, .. _workers])
            memory.Dispose();
    }
}
