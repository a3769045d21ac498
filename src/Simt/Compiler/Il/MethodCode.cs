using System.Reflection;
using System.Reflection.Emit;

namespace BareBert.Simt;

/// <summary>A method body read and taken apart: instructions, basic blocks, dominators and loops.</summary>
internal sealed class MethodCode
{
    public MethodBase Method { get; }
    public List<IlInstruction> Instructions { get; }

    /// <summary>The reachable blocks in reverse postorder; the entry first.</summary>
    public List<IlBlock> Blocks { get; }

    /// <summary>Types of the local variables.</summary>
    public Type[] Locals { get; }

    /// <exception cref="SimtCompileException">The method has no IL, handles exceptions, or jumps into a loop's middle.</exception>
    public MethodCode(MethodBase method)
    {
        Method = method;
        MethodBody body = method.GetMethodBody()
            ?? throw new SimtCompileException(method, 0, "has no IL (native, abstract or runtime-provided)");
        if (body.ExceptionHandlingClauses.Count > 0)
            throw new SimtCompileException(method, body.ExceptionHandlingClauses[0].TryOffset,
                "try/catch/finally (using, lock and foreach over an IEnumerable have one): a GPU has no exceptions");
        Locals = [.. body.LocalVariables.OrderBy(local => local.LocalIndex).Select(local => local.LocalType)];
        Instructions = IlReader.Read(method, body.GetILAsByteArray()!);
        Blocks = Connect(Split());
        FindDominators();
        FindLoops();
    }

    private List<IlBlock> Split()
    {
        var leaders = new SortedSet<int> { 0 };
        var indexByOffset = Instructions.Select((instruction, index) => (instruction.Offset, index)).ToDictionary(p => p.Offset, p => p.index);
        for (int i = 0; i < Instructions.Count; i++)
        {
            if (!EndsBlock(Instructions[i].OpCode))
                continue;
            foreach (int target in Targets(Instructions[i]))
                leaders.Add(indexByOffset[target]);
            if (i + 1 < Instructions.Count)
                leaders.Add(i + 1);
        }
        int[] starts = [.. leaders];
        return [.. starts.Select((start, n) => new IlBlock(start, n + 1 < starts.Length ? starts[n + 1] : Instructions.Count))];
    }

    private static bool EndsBlock(OpCode code) =>
        code.FlowControl is FlowControl.Branch or FlowControl.Cond_Branch or FlowControl.Return or FlowControl.Throw;

    /// <summary>Offsets a branch names; empty for what falls through, returns or throws.</summary>
    public static IEnumerable<int> Targets(IlInstruction instruction) => instruction.OpCode.FlowControl switch
    {
        FlowControl.Branch or FlowControl.Cond_Branch when instruction.Operand is int target => [target],
        FlowControl.Cond_Branch => (int[])instruction.Operand!,
        _ => [],
    };

    /// <summary>Links blocks to their successors and orders those that can be reached.</summary>
    private List<IlBlock> Connect(List<IlBlock> blocks)
    {
        var blockByOffset = blocks.ToDictionary(block => Instructions[block.First].Offset);
        for (int i = 0; i < blocks.Count; i++)
        {
            IlInstruction last = Instructions[blocks[i].End - 1];
            if (EndsBlock(last.OpCode))
                foreach (int target in Targets(last))
                    blocks[i].Successors.Add(blockByOffset[target]);
            bool fallsThrough = last.OpCode.FlowControl is not (FlowControl.Branch or FlowControl.Return or FlowControl.Throw);
            if (fallsThrough && i + 1 < blocks.Count)
                blocks[i].Successors.Add(blocks[i + 1]);
        }
        return ReversePostorder(blocks[0]);
    }

    private static List<IlBlock> ReversePostorder(IlBlock entry)
    {
        var seen = new HashSet<IlBlock> { entry };
        var postorder = new List<IlBlock>();
        var path = new Stack<(IlBlock Block, int Next)>([(entry, 0)]);
        while (path.TryPop(out var top))
        {
            // Targets of branches are visited last-to-first so that falling through keeps the source's order.
            if (top.Next < top.Block.Successors.Count)
            {
                path.Push((top.Block, top.Next + 1));
                IlBlock successor = top.Block.Successors[top.Next];
                if (seen.Add(successor))
                    path.Push((successor, 0));
            }
            else
            {
                postorder.Add(top.Block);
            }
        }
        postorder.Reverse();
        for (int i = 0; i < postorder.Count; i++)
            postorder[i].Order = i;
        return postorder;
    }

    /// <summary>Cooper, Harvey and Kennedy 2001, "A simple, fast dominance algorithm".</summary>
    private void FindDominators()
    {
        for (bool changed = true; changed;)
        {
            changed = false;
            foreach (IlBlock block in Blocks.Skip(1))
            {
                IlBlock? closest = null;
                foreach (IlBlock predecessor in Blocks.Where(b => b.Successors.Contains(block) && (b.Dominator is not null || b.Order == 0)))
                    closest = closest is null ? predecessor : CommonDominator(closest, predecessor);
                changed |= block.Dominator != closest;
                block.Dominator = closest;
            }
        }
    }

    private static IlBlock CommonDominator(IlBlock a, IlBlock b)
    {
        while (a != b)
        {
            if (a.Order > b.Order)
                a = a.Dominator!;
            else
                b = b.Dominator!;
        }
        return a;
    }

    private void FindLoops()
    {
        foreach (IlBlock tail in Blocks)
        {
            foreach (IlBlock header in tail.Successors.Where(successor => successor.Order <= tail.Order))
            {
                if (!header.Dominates(tail))
                    throw new SimtCompileException(Method, Instructions[header.First].Offset, "a jump into the middle of a loop");
                header.Loop ??= new IlLoop(header);
                CollectLoop(header.Loop, tail);
            }
        }
    }

    /// <summary>Adds what reaches <paramref name="tail"/> without passing the header.</summary>
    private void CollectLoop(IlLoop loop, IlBlock tail)
    {
        var members = new HashSet<IlBlock>(loop.Blocks) { loop.Header };
        var pending = new Stack<IlBlock>([tail]);
        while (pending.TryPop(out IlBlock? block))
        {
            if (!members.Add(block))
                continue;
            foreach (IlBlock predecessor in Blocks.Where(b => b.Successors.Contains(block)))
                pending.Push(predecessor);
        }
        loop.Blocks.Clear();
        loop.Blocks.AddRange(members.OrderBy(block => block.Order));
    }
}
