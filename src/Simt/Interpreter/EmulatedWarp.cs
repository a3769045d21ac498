using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BareBert.Simt;

/// <summary>Where an instruction finds an operand: in the warp's registers or in the program's constants, 32 lanes side by side.</summary>
internal readonly record struct Source(int Offset, bool IsConstant, bool IsWide = false);

/// <summary>32 threads in step: their registers, and where each of them is in the program.</summary>
/// <remarks>Lanes that part at a branch become fragments. Always the fragment with the smallest program counter runs, and takes
/// in the others when it comes to where they wait. Code is laid out so that this is where the branches meet.</remarks>
internal sealed unsafe class EmulatedWarp : IDisposable
{
    public const int Lanes = 32;

    private readonly byte* registers;
    private readonly List<(int Pc, uint Mask)> waiting = [];

    public EmulatedWarp(GroupContext group, int index)
    {
        (Group, Index) = (group, index);
        EmulatedProgram program = group.Program;
        registers = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(64, program.RegisterBytes), 64);
        NativeMemory.Clear(registers, (nuint)program.RegisterBytes);
        Predicates = new uint[program.PredicateCount];
        Local = new LocalMemoryImage(program.LocalBytes);
    }

    public GroupContext Group { get; }

    /// <summary>Number in the group.</summary>
    public int Index { get; }

    /// <summary>Predicate registers, a bit a lane.</summary>
    public uint[] Predicates { get; }

    public LocalMemoryImage Local { get; }

    public PendingCopies Copies { get; } = new();

    /// <summary>Lanes that have not returned.</summary>
    public uint Live { get; private set; }

    /// <summary>Lanes of the running fragment.</summary>
    public uint Active { get; private set; }

    public int Pc { get; set; }

    /// <summary>Counts warp-wide barriers, which order what the lanes do among themselves.</summary>
    public int SyncEpoch { get; set; }

    public bool Finished => Live == 0;

    /// <summary>The operand's 32 lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* At(Source source) => (source.IsConstant ? Group.Program.Constants : registers) + source.Offset;

    /// <summary>A register's 32 lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* At(int register) => registers + register;

    /// <summary>Starts the program with the first <paramref name="lanes"/> lanes.</summary>
    public void Begin(int lanes)
    {
        Live = Active = lanes >= Lanes ? uint.MaxValue : (1u << lanes) - 1;
        Pc = 0;
        waiting.Clear();
        Local.Forget();
        Copies.Clear();
    }

    /// <summary>Lets the lanes of <paramref name="taken"/> go on at <paramref name="target"/>, the others behind the branch.</summary>
    public void Branch(uint taken, int target)
    {
        if (taken == Active)
        {
            Pc = target;
        }
        else if (taken == 0)
        {
            Pc++;
        }
        else
        {
            waiting.Add((target, taken));
            waiting.Add((Pc + 1, Active & ~taken));
            Group.DivergentBranches++;
            RunSmallest();
        }
    }

    /// <summary>Ends the running lanes.</summary>
    public void Exit()
    {
        Live &= ~Active;
        RunSmallest();
    }

    /// <summary>At the start of a basic block: takes in those who wait here, or lets those go first who are behind.</summary>
    public void Reconverge()
    {
        bool behind = false;
        foreach (var (pc, _) in waiting)
            behind |= pc <= Pc;
        if (!behind)
            return;
        waiting.Add((Pc, Active));
        RunSmallest();
    }

    public bool HasWaiting => waiting.Count > 0;

    private void RunSmallest()
    {
        Active = 0;
        if (waiting.Count == 0)
            return;
        int smallest = waiting.Min(fragment => fragment.Pc);
        Pc = smallest;
        for (int i = waiting.Count - 1; i >= 0; i--)
        {
            if (waiting[i].Pc != smallest)
                continue;
            Active |= waiting[i].Mask;
            waiting.RemoveAt(i);
        }
    }

    /// <summary>The number of a lane's thread in its group.</summary>
    public int Thread(int lane) => Index * Lanes + lane;

    public SimtFaultException Fault(LaneInstruction instruction, int lane, string reason)
    {
        string thread = $"group ({Group.IdxX}, {Group.IdxY}, {Group.IdxZ}), thread {Thread(Math.Max(lane, 0))}";
        return new SimtFaultException(Group.Program.Name, instruction.Line, instruction.Text, lane, thread, reason);
    }

    /// <summary>The lowest lane of a mask.</summary>
    public static int First(uint mask) => BitOperations.TrailingZeroCount(mask);

    public void Dispose()
    {
        NativeMemory.AlignedFree(registers);
        Local.Dispose();
    }
}
