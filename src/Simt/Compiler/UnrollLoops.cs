using ILGPU.IR;
using ILGPU.IR.Analyses;
using ILGPU.IR.Analyses.ControlFlowDirection;
using ILGPU.IR.Analyses.TraversalOrders;
using ILGPU.IR.Construction;
using ILGPU.IR.Transformations;
using ILGPU.IR.Values;
using Loop = ILGPU.IR.Analyses.Loops<ILGPU.IR.Analyses.TraversalOrders.ReversePostOrder, ILGPU.IR.Analyses.ControlFlowDirection.Forwards>.Node;

namespace BareBert.Simt;

/// <summary>Writes out the rounds of a loop whose number is known, so that its counter becomes constants and arrays that it indexes become registers.</summary>
/// <remarks>
/// <para>In place of ILGPU 1.5.3's own unroller, which is switched off there and compiles one random program in thirty to something else (ILGPU #1330
/// among them): it looks at all loops once and then unrolls the inner ones, which makes what it found out about the outer ones untrue. This one unrolls
/// one innermost loop, and looks again.</para>
/// <para>A loop is unrolled if it is entered, left and begun anew in one place each, and if the test of each round can be decided: the number of
/// rounds is found by running what the test depends on, with ILGPU's own constant folding.</para>
/// </remarks>
/// <param name="maxRounds">Loops of more rounds stay.</param>
internal sealed class UnrollLoops(int maxRounds) : UnorderedTransformation
{
    // Instructions of all rounds together.
    private const int MaxValues = 32768;

    /// <summary>Whether a loop has gone since this was last reset.</summary>
    public bool Changed { get; set; }

    protected override bool PerformTransformation(Method.Builder builder)
    {
        var loops = builder.SourceBlocks.CreateCFG().CreateLoops();
        builder.AcceptControlFlowUpdates(accept: true);
        foreach (Loop loop in loops)
        {
            if (!loop.IsInnermostLoop || SimpleLoop.Of(loop) is not { } simple || simple.Rounds(builder, maxRounds) is not { } rounds || rounds * simple.Values > MaxValues)
                continue;
            simple.Unroll(builder, rounds);
            return Changed = true;
        }
        return false;
    }

    /// <summary>One entry, one way out, one back edge.</summary>
    private sealed class SimpleLoop
    {
        private readonly Loop loop;
        private readonly BasicBlock entry, header, breaker, latch, exit;
        private readonly IfBranch test;
        private readonly PhiValue[] phis;

        private SimpleLoop(Loop loop, IfBranch test)
        {
            (this.loop, this.test) = (loop, test);
            (entry, header, breaker, latch, exit) = (loop.Entries[0], loop.Headers[0], loop.Breakers[0], loop.BackEdges[0], loop.Exits[0]);
            phis = [.. ValuesOf(header).OfType<PhiValue>()];
        }

        public static SimpleLoop? Of(Loop loop) =>
            loop is { Entries.Length: 1, Headers.Length: 1, Breakers.Length: 1, BackEdges.Length: 1, Exits.Length: 1 }
            && loop.Breakers[0].Terminator?.Resolve() is IfBranch test && loop.BackEdges[0].Successors.Length == 1 | loop.BackEdges[0] == loop.Breakers[0]
                ? new SimpleLoop(loop, test) : null;

        /// <summary>Instructions of a round.</summary>
        public int Values => loop.AllMembers.Sum(block => block.Count);

        private static IEnumerable<Value> ValuesOf(BasicBlock block)
        {
            foreach (Value value in block)
                yield return value;
        }

        /// <summary>How often the test is made, the last time with the answer to leave; null where that cannot be told, or is more than <paramref name="most"/> + 1.</summary>
        public int? Rounds(Method.Builder builder, int most)
        {
            bool staysWhenTrue = loop.Contains(test.TrueTarget);
            var known = new Dictionary<PhiValue, PrimitiveValue>();
            foreach (PhiValue phi in phis)
                if (phi.GetValue(entry) is PrimitiveValue start)
                    known[phi] = start;
            for (int round = 1; round <= most + 1; round++)
            {
                var folded = new Dictionary<Value, PrimitiveValue?>();
                if (Folded(builder[entry], test.Condition.Resolve(), known, folded) is not { } answer)
                    return null;
                if (answer.Int1Value != staysWhenTrue)
                    return round;
                var next = new Dictionary<PhiValue, PrimitiveValue>();
                foreach (PhiValue phi in known.Keys)
                    if (Folded(builder[entry], phi.GetValue(latch)!, known, folded) is { } value)
                        next[phi] = value;
                known = next;
            }
            return null;
        }

        // The number that a value is when these are the header's.
        private PrimitiveValue? Folded(IRBuilder builder, Value value, Dictionary<PhiValue, PrimitiveValue> known, Dictionary<Value, PrimitiveValue?> folded)
        {
            if (value is PrimitiveValue constant)
                return constant;
            if (value is PhiValue phi)
                return known.GetValueOrDefault(phi);
            if (folded.TryGetValue(value, out PrimitiveValue? before))
                return before;
            PrimitiveValue? Of(ValueReference operand) => Folded(builder, operand.Resolve(), known, folded);
            ValueReference? result = value switch
            {
                BinaryArithmeticValue binary when Of(binary.Left) is { } left && Of(binary.Right) is { } right =>
                    builder.CreateArithmetic(value.Location, left, right, binary.Kind, binary.Flags),
                CompareValue compare when Of(compare.Left) is { } left && Of(compare.Right) is { } right =>
                    builder.CreateCompare(value.Location, left, right, compare.Kind, compare.Flags),
                ConvertValue convert when Of(convert.Value) is { } from =>
                    builder.CreateConvert(value.Location, from, convert.Type, convert.Flags),
                _ => default(ValueReference?),
            };
            return folded[value] = result?.Resolve() as PrimitiveValue;
        }

        /// <summary>Puts <paramref name="rounds"/> copies of all blocks in the loop's place, one behind the other.</summary>
        public void Unroll(Method.Builder builder, int rounds)
        {
            var blocks = new ReversePostOrder().TraverseToCollection<ReversePostOrder, Members, Forwards>(loop.Count, header, new Members(loop));
            BasicBlock stay = loop.Contains(test.TrueTarget) ? test.TrueTarget : test.FalseTarget;
            Dictionary<Value, Value> now = phis.ToDictionary(phi => (Value)phi, phi => phi.GetValue(entry)!);
            BasicBlock.Builder? previousLatch = default;
            for (int round = 1; round <= rounds; round++)
            {
                IRRebuilder copy = IRRebuilder.Create(builder, now, blocks);
                copy.Rebuild();
                BasicBlock first = copy[header].BasicBlock;
                if (round == 1)
                    ((TerminatorValue)entry.Terminator!).RemapTargets(builder, new Retarget(header, first));
                else
                    previousLatch!.CreateBranch(latch.Terminator!.Location, first);
                if (round == rounds)
                {
                    copy[breaker].CreateBranch(test.Location, exit);
                    Finish(builder, blocks, copy);
                    return;
                }
                if (breaker != latch)
                    copy[breaker].CreateBranch(test.Location, copy[stay].BasicBlock);
                now = phis.ToDictionary(phi => (Value)phi, phi => copy[phi.GetValue(latch)!]);
                previousLatch = copy[latch];
            }
        }

        // What comes behind the loop sees the last round's values.
        private void Finish(Method.Builder builder, BasicBlockCollection<ReversePostOrder, Forwards> blocks, IRRebuilder last)
        {
            foreach (Value value in ValuesOf(exit).ToArray())
                if (value is PhiValue phi)
                    phi.RemapArguments(builder, new PhiValue.BlockRemapper(breaker, last[breaker].BasicBlock));
            foreach (BasicBlock block in blocks)
                foreach (Value value in ValuesOf(block).ToArray())
                    if (last[value] is var replacement && replacement != value && !replacement.Type.IsVoidType)
                        value.Replace(replacement);
            foreach (BasicBlock block in blocks)
                builder[block].Clear();
        }
    }

    private readonly struct Members(Loop loop) : ITraversalSuccessorsProvider<Forwards>
    {
        public ReadOnlySpan<BasicBlock> GetSuccessors(BasicBlock block)
        {
            var inside = new List<BasicBlock>(block.Successors.Length);
            foreach (BasicBlock successor in block.Successors)
                if (loop.Contains(successor))
                    inside.Add(successor);
            return inside.ToArray();
        }
    }

    private readonly struct Retarget(BasicBlock from, BasicBlock to) : TerminatorValue.ITargetRemapper
    {
        public bool CanRemap(in ReadOnlySpan<BasicBlock> blocks)
        {
            foreach (BasicBlock block in blocks)
                if (block == from)
                    return true;
            return false;
        }

        public BasicBlock Remap(BasicBlock block) => block == from ? to : block;
    }
}
