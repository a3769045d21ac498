namespace BareBert.Simt;

/// <summary>A basic block of a method body: instructions [First, End) that are always executed together.</summary>
internal sealed class IlBlock(int first, int end)
{
    /// <summary>Index of the first instruction.</summary>
    public int First { get; } = first;

    /// <summary>Index past the last instruction.</summary>
    public int End { get; } = end;

    /// <summary>The blocks control can go to, in the order of the branch instruction: targets first, then falling through.</summary>
    public List<IlBlock> Successors { get; } = [];

    /// <summary>Position in reverse postorder: smaller than that of every block it leads to, back edges aside. −1: unreachable.</summary>
    public int Order { get; set; } = -1;

    /// <summary>The closest block that every path from the entry passes before this one.</summary>
    public IlBlock? Dominator { get; set; }

    /// <summary>The loop this block is the header of.</summary>
    public IlLoop? Loop { get; set; }

    /// <summary>Whether every path from the entry to <paramref name="other"/> passes this block.</summary>
    public bool Dominates(IlBlock other)
    {
        IlBlock? at = other;
        while (at is not null && at.Order > Order)
            at = at.Dominator;
        return at == this;
    }
}

/// <summary>A natural loop: a header that dominates the blocks, from which control comes back to it.</summary>
internal sealed class IlLoop(IlBlock header)
{
    public IlBlock Header { get; } = header;

    /// <summary>All blocks of the loop, inner loops' too, in reverse postorder; the header first.</summary>
    public List<IlBlock> Blocks { get; } = [];

    public bool Contains(IlBlock block) => Blocks.Contains(block);
}
