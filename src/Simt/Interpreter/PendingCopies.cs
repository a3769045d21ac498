namespace BareBert.Simt;

/// <summary>A <c>cp.async</c> under way.</summary>
internal readonly record struct PendingCopy(int Lane, int Group, uint To, ulong From, int Bytes, int Valid, LaneInstruction Instruction);

/// <summary>The asynchronous copies of a warp's lanes, in the groups in which they were committed.</summary>
internal sealed class PendingCopies
{
    private readonly List<PendingCopy> copies = [];
    private readonly int[] committed = new int[EmulatedWarp.Lanes];

    public void Clear()
    {
        copies.Clear();
        Array.Clear(committed);
    }

    public void Add(int lane, uint to, ulong from, int bytes, int valid, LaneInstruction instruction) =>
        copies.Add(new PendingCopy(lane, committed[lane], to, from, bytes, valid, instruction));

    public void Commit(uint lanes)
    {
        for (; lanes != 0; lanes &= lanes - 1)
            committed[EmulatedWarp.First(lanes)]++;
    }

    /// <summary>Takes out the copies of <paramref name="lanes"/> in all committed groups but the latest <paramref name="inFlight"/>.</summary>
    public List<PendingCopy> Finish(uint lanes, int inFlight)
    {
        bool IsDone(PendingCopy copy) => (lanes >> copy.Lane & 1) != 0 && copy.Group < committed[copy.Lane] - inFlight;
        List<PendingCopy> done = copies.FindAll(IsDone);
        copies.RemoveAll(IsDone);
        return done;
    }
}
