namespace BareBert.Simt;

/// <summary>Gives virtual registers places in a warp's register file, the same place to several whose lives do not overlap: unrolled
/// kernels have thousands of registers, of which few are alive at once, and the file should fit the processor's cache.</summary>
/// <remarks>Lives are intervals of instruction numbers, found by the usual backward data flow over basic blocks and handed out in
/// order of their beginnings (Poletto and Sarkar 1999, "Linear scan register allocation").</remarks>
internal sealed class RegisterAllocation
{
    private readonly Dictionary<string, int> slots = [];

    private RegisterAllocation() { }

    /// <summary>Number of 32-lane places for predicates, 32-bit and 64-bit registers.</summary>
    public (int Predicates, int Narrow, int Wide) Counts { get; private set; }

    /// <summary>The register's place among those of its kind.</summary>
    public int this[string register] => slots[register];

    /// <summary>0 predicates, 1 registers of 32 bits, 2 of 64.</summary>
    public static int Kind(string register) => register[1] switch
    {
        'p' => 0,
        _ when register[2] == 'd' => 2,
        _ => 1,
    };

    public static RegisterAllocation Of(ParsedKernel kernel)
    {
        var intervals = Intervals(kernel).OrderBy(pair => pair.Value.First).ToList();
        var allocation = new RegisterAllocation();
        Stack<int>[] free = [new(), new(), new()];
        int[] count = new int[3];
        var active = new PriorityQueue<string, int>();
        foreach (var (register, (first, last)) in intervals)
        {
            while (active.TryPeek(out string? ended, out int end) && end < first)
                free[Kind(active.Dequeue())].Push(allocation.slots[ended]);
            int kind = Kind(register);
            allocation.slots[register] = free[kind].TryPop(out int slot) ? slot : count[kind]++;
            active.Enqueue(register, last);
        }
        allocation.Counts = (count[0], count[1], count[2]);
        return allocation;
    }

    private static Dictionary<string, (int First, int Last)> Intervals(ParsedKernel kernel)
    {
        List<ParsedInstruction> code = kernel.Instructions;
        int[] starts = BlockStarts(kernel);
        var liveIn = LiveAtStart(kernel, starts);
        var intervals = new Dictionary<string, (int First, int Last)>();
        void Extend(string register, int at) => intervals[register] = intervals.TryGetValue(register, out var old)
            ? (Math.Min(old.First, at), Math.Max(old.Last, at)) : (at, at);

        for (int i = 0; i < code.Count; i++)
        {
            foreach (string register in code[i].Writes.Concat(code[i].Reads))
                Extend(register, i);
        }
        for (int b = 0; b < starts.Length; b++)
        {
            int end = b + 1 < starts.Length ? starts[b + 1] : code.Count;
            foreach (string register in liveIn[b])
                Extend(register, starts[b]);
            foreach (int successor in Successors(kernel, starts, b, end))
                foreach (string register in liveIn[successor])
                    Extend(register, end - 1);
        }
        return intervals;
    }

    private static int[] BlockStarts(ParsedKernel kernel)
    {
        var starts = new SortedSet<int>(kernel.Labels.Values.Where(index => index < kernel.Instructions.Count)) { 0 };
        for (int i = 0; i + 1 < kernel.Instructions.Count; i++)
            if (kernel.Instructions[i].EndsBlock)
                starts.Add(i + 1);
        return [.. starts];
    }

    private static IEnumerable<int> Successors(ParsedKernel kernel, int[] starts, int block, int end)
    {
        ParsedInstruction last = kernel.Instructions[end - 1];
        if (last.Opcode == "bra")
            yield return Array.BinarySearch(starts, kernel.Labels[last.Operands[0]]);
        if (last.FallsThrough && block + 1 < starts.Length)
            yield return block + 1;
    }

    private static HashSet<string>[] LiveAtStart(ParsedKernel kernel, int[] starts)
    {
        var (uses, defines) = (new HashSet<string>[starts.Length], new HashSet<string>[starts.Length]);
        var live = new HashSet<string>[starts.Length];
        int End(int block) => block + 1 < starts.Length ? starts[block + 1] : kernel.Instructions.Count;
        for (int b = 0; b < starts.Length; b++)
        {
            (uses[b], defines[b]) = ([], []);
            for (int i = starts[b]; i < End(b); i++)
            {
                uses[b].UnionWith(kernel.Instructions[i].Reads.Where(register => !defines[b].Contains(register)));
                defines[b].UnionWith(kernel.Instructions[i].Writes);
            }
            live[b] = [.. uses[b]];
        }
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int b = starts.Length - 1; b >= 0; b--)
            {
                int before = live[b].Count;
                foreach (int successor in Successors(kernel, starts, b, End(b)))
                    live[b].UnionWith(live[successor].Where(register => !defines[b].Contains(register)));
                changed |= live[b].Count != before;
            }
        }
        return live;
    }
}
