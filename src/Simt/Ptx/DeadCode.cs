namespace BareBert.Simt;

/// <summary>Drops instructions and moves whose results nobody needs.</summary>
/// <remarks>Marks from what has an effect (stores, barriers, branches) back to what it reads. Registers that only feed each other
/// around a loop are never marked, so they go too.</remarks>
internal static class DeadCode
{
    public static void Remove(PtxFunction function)
    {
        HashSet<int> live = Mark(function);
        foreach (PtxBlock block in function.Blocks)
        {
            block.Instructions.RemoveAll(i => !i.HasEffect && !i.Results.Any(result => live.Contains(result.Id)));
            foreach (PtxEdge edge in block.Terminator!.Edges)
                edge.Moves.RemoveAll(move => !live.Contains(move.Target.Id));
        }
        // Arrays of attempts that were thrown away.
        HashSet<string> addresses = [.. function.Blocks.SelectMany(block => block.Instructions)
            .Where(i => i.Opcode == "mov.u32" && i.Operands.Length == 0).Select(i => i.Template[(i.Template.LastIndexOf(' ') + 1)..])];
        function.Arrays.RemoveAll(array => !addresses.Contains(array.Name));
    }

    private static HashSet<int> Mark(PtxFunction function)
    {
        var sources = new Dictionary<int, List<Scalar[]>>();
        var pending = new Stack<Scalar>();
        foreach (PtxBlock block in function.Blocks)
        {
            foreach (PtxInstruction instruction in block.Instructions)
            {
                foreach (Register result in instruction.Results)
                    Sources(sources, result).Add(instruction.Operands);
                if (instruction.HasEffect)
                    Push(pending, instruction.Operands);
            }
            if (block.Terminator is Branch branch)
                pending.Push(branch.When.Predicate);
            foreach (var (target, source) in block.Terminator!.Edges.SelectMany(edge => edge.Moves))
                Sources(sources, target).Add([source]);
        }

        var live = new HashSet<int>();
        while (pending.TryPop(out Scalar? scalar))
            if (scalar is Register register && live.Add(register.Id) && sources.TryGetValue(register.Id, out var lists))
                lists.ForEach(list => Push(pending, list));
        return live;
    }

    private static List<Scalar[]> Sources(Dictionary<int, List<Scalar[]>> sources, Register register) =>
        sources.TryGetValue(register.Id, out var list) ? list : sources[register.Id] = [];

    private static void Push(Stack<Scalar> pending, Scalar[] operands)
    {
        foreach (Scalar operand in operands)
            pending.Push(operand);
    }
}
