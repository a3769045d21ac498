namespace BareBert.Simt;

/// <summary>Puts basic blocks into an order in which lanes that parted meet again where the smallest program counter waits: each block after those that
/// lead to it, a loop's blocks together behind its header.</summary>
internal sealed class BlockOrder
{
    private readonly ParsedKernel kernel;
    private readonly int[] starts;
    private readonly int[][] next;
    private readonly List<int>[] previous;
    private readonly int[] rank, dominator;

    private BlockOrder(ParsedKernel kernel)
    {
        this.kernel = kernel;
        starts = Starts();
        next = [.. Enumerable.Range(0, starts.Length).Select(Successors)];
        previous = [.. next.Select(_ => new List<int>())];
        Order = ReversePostorder();
        rank = new int[starts.Length];
        for (int i = 0; i < Order.Count; i++)
        {
            rank[Order[i]] = i;
            foreach (int successor in next[Order[i]])
                previous[successor].Add(Order[i]);
        }
        dominator = Dominators();
        foreach (var (header, body) in Loops().OrderByDescending(loop => loop.Value.Count))
            DrawTogether(header, body);
    }

    private List<int> Order { get; set; }

    /// <summary>The kernel with its blocks in order. What cannot be reached is left out.</summary>
    /// <exception cref="FormatException">A loop that can be entered in two places, which C# does not make.</exception>
    public static ParsedKernel Arrange(ParsedKernel kernel) => new BlockOrder(kernel).Written();

    private List<ParsedInstruction> Code => kernel.Instructions;

    private int[] Starts()
    {
        var found = new SortedSet<int>(kernel.Labels.Values.Where(at => at < Code.Count)) { 0 };
        for (int i = 0; i + 1 < Code.Count; i++)
            if (Code[i].EndsBlock)
                found.Add(i + 1);
        return [.. found];
    }

    private int End(int block) => block + 1 < starts.Length ? starts[block + 1] : Code.Count;

    private int BlockAt(string label) => Array.BinarySearch(starts, kernel.Labels[label]);

    private int[] Successors(int block)
    {
        ParsedInstruction last = Code[End(block) - 1];
        int[] jump = last.Opcode == "bra" ? [BlockAt(last.Operands[0])] : [];
        return last.FallsThrough && block + 1 < starts.Length ? [.. jump, block + 1] : jump;
    }

    private List<int> ReversePostorder()
    {
        var seen = new bool[starts.Length];
        var order = new List<int>();
        var path = new Stack<(int Block, int Child)>([(0, 0)]);
        seen[0] = true;
        while (path.TryPop(out var at))
        {
            if (at.Child == next[at.Block].Length)
            {
                order.Add(at.Block);
                continue;
            }
            path.Push((at.Block, at.Child + 1));
            int successor = next[at.Block][at.Child];
            if (!seen[successor])
                path.Push((successor, 0));
            seen[successor] = true;
        }
        order.Reverse();
        return order;
    }

    // Cooper, Harvey and Kennedy 2001, "A Simple, Fast Dominance Algorithm".
    private int[] Dominators()
    {
        var found = new int[starts.Length];
        Array.Fill(found, -1);
        found[0] = 0;
        for (bool changed = true; changed;)
        {
            changed = false;
            foreach (int block in Order.Skip(1))
            {
                int common = -1;
                foreach (int from in previous[block].Where(from => found[from] >= 0))
                    common = common < 0 ? from : Common(found, from, common);
                changed |= found[block] != common;
                found[block] = common;
            }
        }
        return found;
    }

    private int Common(int[] dominators, int a, int b)
    {
        while (a != b)
        {
            while (rank[a] > rank[b])
                a = dominators[a];
            while (rank[b] > rank[a])
                b = dominators[b];
        }
        return a;
    }

    private Dictionary<int, HashSet<int>> Loops()
    {
        var loops = new Dictionary<int, HashSet<int>>();
        foreach (int block in Order)
        {
            foreach (int header in next[block].Where(successor => rank[successor] <= rank[block]))
            {
                if (Common(dominator, header, block) != header)
                    throw new FormatException($"{kernel.Name}: a loop with two entries");
                if (!loops.TryGetValue(header, out HashSet<int>? body))
                    loops[header] = body = [header];
                AddBody(body, block);
            }
        }
        return loops;
    }

    // Everything that leads to the loop's end without passing its header.
    private void AddBody(HashSet<int> body, int end)
    {
        var open = new Stack<int>([end]);
        while (open.TryPop(out int block))
            if (body.Add(block))
                previous[block].ForEach(open.Push);
    }

    private void DrawTogether(int header, HashSet<int> body)
    {
        int at = Order.IndexOf(header);
        Order = [.. Order.Take(at), .. Order.Skip(at).Where(body.Contains), .. Order.Skip(at).Where(block => !body.Contains(block))];
    }

    private ParsedKernel Written()
    {
        var result = new ParsedKernel(kernel.Name) { UsesDynamicShared = kernel.UsesDynamicShared };
        result.Parameters.AddRange(kernel.Parameters);
        result.Arrays.AddRange(kernel.Arrays);
        for (int i = 0; i < Order.Count; i++)
        {
            int block = Order[i];
            result.Labels[$"B{block}"] = result.Instructions.Count;
            for (int at = starts[block]; at < End(block); at++)
                result.Instructions.Add(Code[at].Opcode == "bra" ? Code[at] with { Operands = [$"B{BlockAt(Code[at].Operands[0])}"] } : Code[at]);
            ParsedInstruction last = Code[End(block) - 1];
            if (last.FallsThrough && (i + 1 == Order.Count || Order[i + 1] != block + 1))
                result.Instructions.Add(new ParsedInstruction(last.Line, "bra", [$"B{block + 1}"], null, false, 0));
        }
        return result;
    }
}
