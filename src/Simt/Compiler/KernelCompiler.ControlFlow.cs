namespace BareBert.Simt;

internal sealed partial class KernelCompiler
{
    /// <summary>Compiles a method from its entry; what leaves it is in <see cref="Frame.Returns"/>.</summary>
    private void CompileFrame(Frame frame)
    {
        frame.Send(frame.Code.Blocks[0], Depart([]));
        CompileRegion(frame, frame.Code.Blocks);
    }

    /// <summary>An edge away from the current block, carrying the current state.</summary>
    private PendingEdge Depart(Value[] carried) => new(emitter.Current, emitter.JumpAway(), state, carried);

    /// <summary>Compiles those of <paramref name="blocks"/> (in reverse postorder) that control comes to.</summary>
    private void CompileRegion(Frame frame, IReadOnlyList<IlBlock> blocks)
    {
        foreach (IlBlock block in blocks)
        {
            List<PendingEdge> edges = frame.Take(block);
            if (edges.Count == 0)
                continue;
            frame.Offset = frame.Code.Instructions[block.First].Offset;
            (state, Value[] carried) = Guarded(frame, () => joiner.Join(edges));
            if (block.Loop is not null)
                CompileLoop(frame, block.Loop, carried);
            else
                CompileBlock(frame, block, carried);
        }
    }

    private void CompileLoop(Frame frame, IlLoop loop, Value[] carried)
    {
        if (carried.Length > 0)
            throw new SimtCompileException(frame.Code.Method, frame.Offset, "a loop that starts with values on the evaluation stack");
        Snapshot before = TakeSnapshot(frame);
        if (TryUnroll(frame, loop))
            return;
        Restore(before, frame);
        CompileDynamicLoop(frame, loop);
    }

    /// <summary>Compiles round after round for as long as each decides, while compiling, to go on.</summary>
    /// <returns>False if a round's test needs the GPU, or there are too many rounds: then nothing emitted here may stay.</returns>
    private bool TryUnroll(Frame frame, IlLoop loop)
    {
        int budget = emitter.Emitted + options.MaxUnrolledInstructions;
        var context = new LoopContext(loop);
        frame.Loops.Add(context);
        try
        {
            for (int round = 0; ; round++)
            {
                context.DecidedToStay = false;
                CompileBlock(frame, loop.Header, []);
                CompileRegion(frame, LoopBody(loop));
                List<PendingEdge> back = frame.Take(loop.Header);
                if (back.Count == 0)
                    return true;
                if (!context.DecidedToStay || round >= options.MaxUnrolledRounds || emitter.Emitted > budget)
                    return false;
                (state, _) = joiner.Join(back);
            }
        }
        finally
        {
            frame.Loops.Remove(context);
        }
    }

    private static List<IlBlock> LoopBody(IlLoop loop) => loop.Blocks.GetRange(1, loop.Blocks.Count - 1);

    /// <summary>Compiles a loop that stays one. Variables that change from round to round get registers.</summary>
    /// <remarks>Which ones change is found by trying: all are taken to stay the same at first, and those that come back different
    /// are given a register in the next attempt.</remarks>
    private void CompileDynamicLoop(Frame frame, IlLoop loop)
    {
        LoopVariables changing = loopVariables.TryGetValue((frame.Id, loop.Header.First), out LoopVariables? known)
            ? known : loopVariables[(frame.Id, loop.Header.First)] = new LoopVariables(AssignedLocals(frame, loop), []);
        IlBlock? body = RotatedBody(frame, loop);
        while (true)
        {
            Snapshot before = TakeSnapshot(frame);
            if (body is null ? TryLoop(frame, loop, changing) : TryRotatedLoop(frame, loop, body, changing))
                return;
            Restore(before, frame);
        }
    }

    /// <summary>What changes in each loop, by frame and header: kept between attempts, since outer loops' attempts repeat inner ones.</summary>
    private readonly Dictionary<(int Frame, int Header), LoopVariables> loopVariables = [];

    /// <summary>The places that a loop changes.</summary>
    /// <param name="Registers">Those that have registers, set again at the end of each round.</param>
    /// <param name="Lost">Those that mean one thing in one round and another in the next, such as a view of other memory. No register can say
    /// that; but a round that writes them before it reads them does not need to know.</param>
    private sealed record LoopVariables(HashSet<int> Registers, HashSet<int> Lost);

    /// <summary>A first guess at what the loop changes: locals and arguments it assigns by name.</summary>
    private static HashSet<int> AssignedLocals(Frame frame, IlLoop loop)
    {
        var assigned = new HashSet<int>();
        foreach (IlBlock block in loop.Blocks)
        {
            for (int i = block.First; i < block.End; i++)
            {
                IlInstruction instruction = frame.Code.Instructions[i];
                if (instruction.OpCode.Name == "stloc" && !frame.Locals[instruction.Int].Type.IsByRef)
                    assigned.Add(frame.Locals[instruction.Int].Id);
                else if (instruction.OpCode.Name == "starg")
                    assigned.Add(frame.Arguments[instruction.Int].Id);
            }
        }
        return assigned;
    }

    /// <summary>The block behind the test of a <c>while</c> or <c>for</c>, if the test is short: then it is written once before
    /// the loop and once at its end, and each round takes one branch instead of two.</summary>
    private static IlBlock? RotatedBody(Frame frame, IlLoop loop)
    {
        const int shortTest = 16;
        IlBlock header = loop.Header;
        if (header.Successors.Count != 2 || header.End - header.First > shortTest || loop.Blocks.Count < 2)
            return null;
        IlBlock[] inside = [.. header.Successors.Where(loop.Contains)];
        return inside is [var body] && body != header ? body : null;
    }

    private bool TryLoop(Frame frame, IlLoop loop, LoopVariables changing)
    {
        State atHeader = BeginRounds(changing);
        PtxBlock header = emitter.Current;
        CompileBlock(frame, loop.Header, []);
        CompileRegion(frame, LoopBody(loop));
        return EndRounds(frame.Take(loop.Header), header, atHeader, changing);
    }

    private bool TryRotatedLoop(Frame frame, IlLoop loop, IlBlock body, LoopVariables changing)
    {
        CompileBlock(frame, loop.Header, []);
        List<PendingEdge> enter = frame.Take(body);
        if (enter.Count == 0)
            return true;
        (state, _) = joiner.Join(enter);
        State atBody = BeginRounds(changing);
        PtxBlock start = emitter.Current;
        frame.Send(body, Depart([]));
        CompileRegion(frame, LoopBody(loop));

        List<PendingEdge> atTest = frame.Take(loop.Header);
        if (atTest.Count == 0)
            return true;
        (state, _) = joiner.Join(atTest);
        CompileBlock(frame, loop.Header, []);
        return EndRounds(frame.Take(body), start, atBody, changing);
    }

    /// <summary>Starts the block that rounds come back to, with a register for each variable that changes.</summary>
    /// <returns>The state at its start.</returns>
    private State BeginRounds(LoopVariables changing)
    {
        State before = state;
        PendingEdge enter = Depart([]);
        state = before.Copy();
        foreach (int id in changing.Registers)
        {
            if (before[id] is not { } value)
                continue;
            if (changing.Lost.Contains(id))
            {
                state[id] = new Unusable($"a variable of type {places[id].Type.Name} that means one thing in the first "
                    + "round of a loop and another in later ones (other memory, another variable)");
                continue;
            }
            Value registers = joiner.LoopRegisters(value, places[id].Type);
            joiner.TrySet(enter, registers, value);
            state[id] = registers;
        }
        emitter.Current = emitter.NewBlock();
        enter.Edge.Target = emitter.Current;
        return state.Copy();
    }

    /// <summary>Leads the edges back to the loop's start, setting what changes; false if more changes than was known.</summary>
    private bool EndRounds(List<PendingEdge> back, PtxBlock start, State atStart, LoopVariables changing)
    {
        bool complete = true;
        foreach (PendingEdge edge in back)
        {
            edge.Edge.Target = start;
            for (int id = 0; id < atStart.Count; id++)
            {
                if (atStart[id] is not { } expected || edge.State[id] is not { } actual)
                    continue;
                if (changing.Registers.Contains(id))
                {
                    if (!joiner.TrySet(edge, expected, actual))
                    {
                        changing.Lost.Add(id);
                        complete = false;
                    }
                }
                else if (!expected.Equals(actual))
                {
                    changing.Registers.Add(id);
                    complete = false;
                }
            }
        }
        return complete;
    }

    /// <summary>Where emission stood, to come back to.</summary>
    private sealed record Snapshot(int Blocks, PtxBlock Current, int Instructions, State State, Dictionary<IlBlock, int> Pending, int Returns);

    private Snapshot TakeSnapshot(Frame frame) => new(
        emitter.Function.Blocks.Count, emitter.Current, emitter.Current.Instructions.Count, state.Copy(),
        frame.Pending.ToDictionary(pair => pair.Key, pair => pair.Value.Count), frame.Returns.Count);

    private void Restore(Snapshot snapshot, Frame frame)
    {
        List<PtxBlock> blocks = emitter.Function.Blocks;
        blocks.RemoveRange(snapshot.Blocks, blocks.Count - snapshot.Blocks);
        emitter.Current = snapshot.Current;
        emitter.Current.TruncateTo(snapshot.Instructions);
        state = snapshot.State.Copy();
        stack = [];
        foreach (var (block, edges) in frame.Pending)
            edges.RemoveRange(snapshot.Pending.GetValueOrDefault(block), edges.Count - snapshot.Pending.GetValueOrDefault(block));
        frame.Returns.RemoveRange(snapshot.Returns, frame.Returns.Count - snapshot.Returns);
    }

    /// <summary>Gives errors found in <paramref name="action"/> the place where they were found.</summary>
    private static T Guarded<T>(Frame frame, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (NotSupportedException error)
        {
            throw new SimtCompileException(frame.Code.Method, frame.Offset, error.Message);
        }
    }
}
