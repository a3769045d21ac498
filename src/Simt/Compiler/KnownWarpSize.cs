using ILGPU.IR;
using ILGPU.IR.Transformations;
using ILGPU.IR.Values;

namespace BareBert.Simt;

/// <summary>Puts 32 in the place of <c>Warp.WarpSize</c>, and what follows from it, before loops are unrolled: ILGPU does so when the code is written, which is too
/// late for loops that halve it and for divisions by it that could be shifts.</summary>
internal sealed class KnownWarpSize : UnorderedTransformation
{
    private const int Lanes = 32;

    protected override bool PerformTransformation(Method.Builder builder)
    {
        var found = new List<Value>();
        var follows = new HashSet<Value>();
        foreach (BasicBlock block in builder.SourceBlocks)
            foreach (Value value in block)
                if (value is WarpSizeValue || value is BinaryArithmeticValue && AnyOf(value, follows))
                {
                    found.Add(value);
                    follows.Add(value);
                }
        foreach (Value value in found)
        {
            BasicBlock.Builder block = builder[value.BasicBlock];
            block.SetupInsertPosition(value);
            Value known = value is BinaryArithmeticValue binary
                ? block.CreateArithmetic(value.Location, binary.Left, binary.Right, binary.Kind, binary.Flags) : block.CreatePrimitiveValue(value.Location, Lanes);
            value.Replace(known);
            block.Remove(value);
        }
        return found.Count > 0;
    }

    // Blocks come in an order in which operands are seen before what uses them, but for loops' own.
    private static bool AnyOf(Value value, HashSet<Value> values)
    {
        foreach (ValueReference operand in value.Nodes)
            if (values.Contains(operand.Resolve()))
                return true;
        return false;
    }
}
