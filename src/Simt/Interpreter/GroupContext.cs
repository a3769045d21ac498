namespace BareBert.Simt;

/// <summary>A group being executed: its warps, its shared memory, and where it is in the grid. Used for one group after the other.</summary>
internal sealed class GroupContext : IDisposable
{
    private readonly List<(EmulatedWarp Warp, BarrierInstruction At)> arrived = [];
    private readonly EmulatedWarp[] warps;
    private int holding;

    public GroupContext(EmulatedProgram program, GlobalMemory memory, ulong[] parameters, Dim3 grid, Dim3 group, long dynamicShared, EmulatorOptions options)
    {
        (Program, Memory, Parameters, Grid, Size, Options, DynamicShared) = (program, memory, parameters, grid, group, options, (uint)dynamicShared);
        Shared = new SharedImage(program.SharedArrays(dynamicShared), program.SharedGrain, options.CheckRaces);
        warps = [.. Enumerable.Range(0, (group.Count + EmulatedWarp.Lanes - 1) / EmulatedWarp.Lanes).Select(i => new EmulatedWarp(this, i))];
    }

    public EmulatedProgram Program { get; }

    public GlobalMemory Memory { get; }

    public SharedImage Shared { get; }

    public ulong[] Parameters { get; }

    public Dim3 Grid { get; }

    public Dim3 Size { get; }

    public EmulatorOptions Options { get; }

    public uint DynamicShared { get; }

    public int IdxX { get; private set; }

    public int IdxY { get; private set; }

    public int IdxZ { get; private set; }

    public BankConflicts Conflicts { get; } = new();

    public long WarpInstructions { get; private set; }

    public long DivergentBranches { get; set; }

    /// <summary>Runs the group at the given place of the grid from beginning to end.</summary>
    public void Run(int x, int y, int z)
    {
        (IdxX, IdxY, IdxZ) = (x, y, z);
        Shared.Begin();
        for (int i = 0; i < warps.Length; i++)
            warps[i].Begin(Size.Count - i * EmulatedWarp.Lanes);
        while (true)
        {
            arrived.Clear();
            holding = 0;
            foreach (EmulatedWarp warp in warps)
                if (!warp.Finished)
                    RunToBarrier(warp);
            if (arrived.Count == 0)
                return;
            int present = arrived.Sum(arrival => System.Numerics.BitOperations.PopCount(arrival.Warp.Live));
            foreach (var (warp, at) in arrived)
                at.Release(warp, holding, present);
            Shared.Barrier();
        }
    }

    /// <summary>A warp has come to a barrier, <paramref name="votes"/> of its lanes with a predicate that holds.</summary>
    public void AtBarrier(EmulatedWarp warp, BarrierInstruction barrier, int votes)
    {
        arrived.Add((warp, barrier));
        holding += votes;
    }

    private void RunToBarrier(EmulatedWarp warp)
    {
        LaneInstruction[] code = Program.Code;
        int before = arrived.Count;
        long executed = 0;
        while (!warp.Finished && arrived.Count == before)
        {
            LaneInstruction instruction = code[warp.Pc];
            if (instruction.StartsBlock && warp.HasWaiting)
            {
                warp.Reconverge();
                instruction = code[warp.Pc];
            }
            instruction.Execute(warp);
            if (++executed > Options.MaxInstructions)
                throw warp.Fault(instruction, EmulatedWarp.First(warp.Active), $"the warp hangs: {executed} instructions without a barrier or an end");
        }
        WarpInstructions += executed;
    }

    public void Dispose()
    {
        foreach (EmulatedWarp warp in warps)
            warp.Dispose();
        Shared.Dispose();
    }
}
