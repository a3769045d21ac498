namespace BareBert.Simt;

/// <summary>Instructions that run one after the other, and where control goes then.</summary>
internal sealed class PtxBlock
{
    public List<PtxInstruction> Instructions { get; } = [];

    public PtxTerminator? Terminator { get; set; }

    /// <summary>Pure instructions already here by text and operands, so that none is written twice.</summary>
    public Dictionary<string, Register> Known { get; } = [];

    /// <summary>Forgets everything from instruction <paramref name="count"/> on, and how the block ended.</summary>
    public void TruncateTo(int count)
    {
        Instructions.RemoveRange(count, Instructions.Count - count);
        Known.Clear();
        Terminator = null;
    }
}

/// <summary>Control passing to a block, and the registers that get a value on the way (what SSA calls phi).</summary>
internal sealed class PtxEdge
{
    /// <summary>Null until the compiler has come to the block.</summary>
    public PtxBlock? Target { get; set; }

    /// <summary>All done at once: sources are read before any target is written.</summary>
    public List<(Register Target, Scalar Source)> Moves { get; } = [];
}

/// <summary>How a block ends.</summary>
internal abstract record PtxTerminator
{
    public abstract IEnumerable<PtxEdge> Edges { get; }
}

internal sealed record Jump(PtxEdge Edge) : PtxTerminator
{
    public override IEnumerable<PtxEdge> Edges => [Edge];
}

/// <summary>To <paramref name="Then"/> in the lanes where <paramref name="When"/> holds, to <paramref name="Else"/> in the others.</summary>
internal sealed record Branch(Condition When, PtxEdge Then, PtxEdge Else) : PtxTerminator
{
    public override IEnumerable<PtxEdge> Edges => [Then, Else];
}

/// <summary>The thread ends.</summary>
internal sealed record Return : PtxTerminator
{
    public override IEnumerable<PtxEdge> Edges => [];
}

/// <summary>The kernel stops with an error (a C# <c>throw</c>).</summary>
internal sealed record Trap : PtxTerminator
{
    public override IEnumerable<PtxEdge> Edges => [];
}
