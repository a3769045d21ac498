using System.Numerics;

namespace BareBert.Simt;

/// <summary>bra, with or without a predicate.</summary>
internal sealed class BranchInstruction(int predicate, bool negated, int target) : LaneInstruction
{
    public override void Execute(EmulatedWarp warp)
    {
        uint holds = predicate < 0 ? uint.MaxValue : negated ? ~warp.Predicates[predicate] : warp.Predicates[predicate];
        warp.Branch(holds & warp.Active, target);
    }
}

/// <summary>ret</summary>
internal sealed class ExitInstruction : LaneInstruction
{
    public override void Execute(EmulatedWarp warp) => warp.Exit();
}

/// <summary>How a barrier sums up the predicates of a group.</summary>
internal enum BarrierReduction
{
    None, Count, And, Or,
}

/// <summary>bar.sync and bar.red: the warp stops here until <see cref="Release"/>.</summary>
internal sealed unsafe class BarrierInstruction(BarrierReduction reduction, int target, int predicate, bool negated) : LaneInstruction
{
    public override void Execute(EmulatedWarp warp)
    {
        if (warp.Active != warp.Live)
        {
            uint missing = warp.Live & ~warp.Active;
            throw warp.Fault(this, EmulatedWarp.First(warp.Active), $"a divergent barrier: {BitOperations.PopCount(missing)} lanes of the warp are elsewhere "
                + $"(lane {EmulatedWarp.First(missing)} first)");
        }
        warp.Group.AtBarrier(warp, this, reduction == BarrierReduction.None ? 0
            : BitOperations.PopCount((negated ? ~warp.Predicates[predicate] : warp.Predicates[predicate]) & warp.Active));
    }

    /// <summary>All are here: goes on, with the count of lanes whose predicate held.</summary>
    public void Release(EmulatedWarp warp, int holding, int present)
    {
        bool outcome = reduction == BarrierReduction.And ? holding == present : holding > 0;
        if (reduction == BarrierReduction.Count)
            for (uint lanes = warp.Active; lanes != 0; lanes &= lanes - 1)
                ((int*)warp.At(target))[EmulatedWarp.First(lanes)] = holding;
        else if (reduction != BarrierReduction.None)
            warp.Predicates[target] = outcome ? uint.MaxValue : 0;
        warp.SyncEpoch++;
        warp.Pc++;
    }
}

/// <summary>bar.warp.sync</summary>
internal sealed class WarpBarrierInstruction : StraightInstruction
{
    protected override void Apply(EmulatedWarp warp, uint mask)
    {
        if (mask != warp.Live)
            throw warp.Fault(this, EmulatedWarp.First(mask), "a warp barrier that some lanes of the warp do not come to");
        warp.SyncEpoch++;
    }
}

/// <summary>membar: memory is in order here anyway.</summary>
internal sealed class FenceInstruction : StraightInstruction
{
    protected override void Apply(EmulatedWarp warp, uint mask) { }
}
