namespace BareBert.Simt;

/// <summary>An instruction decoded once and executed for many warps.</summary>
internal abstract class LaneInstruction
{
    /// <summary>Line in the PTX, from 1.</summary>
    public int Line { get; set; }

    /// <summary>As it stands in the PTX.</summary>
    public string Text { get; set; } = "";

    /// <summary>Whether lanes may come together here.</summary>
    public bool StartsBlock { get; set; }

    /// <summary>Does it for the warp's active lanes and moves the warp's program counter on.</summary>
    public abstract void Execute(EmulatedWarp warp);
}

/// <summary>What all but branches and barriers are: something done in each active lane, then the next instruction.</summary>
internal abstract class StraightInstruction : LaneInstruction
{
    public sealed override void Execute(EmulatedWarp warp)
    {
        Apply(warp, warp.Active);
        warp.Pc++;
    }

    protected abstract void Apply(EmulatedWarp warp, uint mask);
}
