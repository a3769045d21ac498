using System.Text;

namespace BareBert.Simt;

/// <summary>Writes a kernel down as PTX text.</summary>
internal sealed class PtxPrinter
{
    private readonly PtxFunction function;
    private readonly List<string> code = [];
    private readonly Dictionary<PtxBlock, string> labels = [];
    private readonly HashSet<string> used = [];
    private int nextTemporary;

    private PtxPrinter(PtxFunction function) => this.function = function;

    /// <summary>The module's text for PTX ISA 7.8.</summary>
    /// <param name="target">For instance <c>sm_80</c>.</param>
    public static string Print(PtxFunction function, string target)
    {
        var printer = new PtxPrinter(function);
        printer.PrintBlocks();
        return printer.Module(target);
    }

    private void PrintBlocks()
    {
        List<PtxBlock> blocks = function.Blocks;
        nextTemporary = 1 + blocks.SelectMany(Registers).Select(register => register.Id).DefaultIfEmpty(0).Max();
        for (int i = 0; i < blocks.Count; i++)
            labels[blocks[i]] = $"L{i}";
        for (int i = 0; i < blocks.Count; i++)
            PrintBlock(blocks[i], i + 1 < blocks.Count ? blocks[i + 1] : null);
    }

    private string Module(string target)
    {
        var text = new StringBuilder($".version 7.8\n.target {target}\n.address_size 64\n\n");
        if (function.UsesDynamicShared)
            text.Append(".extern .shared .align 16 .b8 dynamic_shared[];\n");
        text.Append($".visible .entry {function.Name}(\n");
        text.AppendJoin(",\n", function.Parameters.Select((type, i) => $"    .param .{type.Suffix()} {function.ParameterName(i)}"));
        text.Append("\n)\n{\n");
        foreach (PtxArray array in function.Arrays)
            text.Append($"    .{Memory.Name(array.Space)} .align {array.Alignment} .b8 {array.Name}[{array.Bytes}];\n");
        foreach (PtxType type in Enum.GetValues<PtxType>())
            text.Append($"    .reg .{type.Suffix()} {type.Prefix()}<{nextTemporary}>;\n");
        // Labels nobody jumps to are left out: they would only end the reader's (and the interpreter's) basic block.
        foreach (string line in code.Where(line => !line.EndsWith(':') || used.Contains(line[..^1])))
            text.Append(line).Append('\n');
        return text.Append("}\n").ToString();
    }

    private static IEnumerable<Register> Registers(PtxBlock block) =>
        block.Instructions.SelectMany(i => i.Results).Concat(block.Terminator!.Edges.SelectMany(e => e.Moves).Select(m => m.Target));

    private void Statement(string statement) => code.Add($"    {statement};");

    private void PrintBlock(PtxBlock block, PtxBlock? next)
    {
        code.Add(labels[block] + ":");
        foreach (PtxInstruction instruction in block.Instructions)
            Statement(instruction.ToString());
        switch (block.Terminator)
        {
            case Jump(var edge):
                PrintEdge(edge, next);
                break;
            case Branch branch:
                PrintBranch(block, branch, next);
                break;
            case Trap:
                Statement("trap");
                Statement("exit");
                break;
            default:
                Statement("ret");
                break;
        }
    }

    /// <summary>An edge with moves cannot be the taken side of a branch: the moves would run on both sides.</summary>
    private void PrintBranch(PtxBlock block, Branch branch, PtxBlock? next)
    {
        (Condition when, PtxEdge then, PtxEdge otherwise) = branch;
        bool invert = otherwise.Moves.Count == 0 && (then.Moves.Count > 0 || then.Target == next);
        if (invert)
            (when, then, otherwise) = (when.Invert(), otherwise, then);
        string guard = $"@{(when.Negated ? "!" : "")}{when.Predicate} bra";
        if (then.Moves.Count == 0)
        {
            Statement($"{guard} {Use(labels[then.Target!])}");
            PrintEdge(otherwise, next);
        }
        else
        {
            string detour = $"E{labels[block][1..]}";
            Statement($"{guard} {Use(detour)}");
            PrintEdge(otherwise, null);
            code.Add(detour + ":");
            PrintEdge(then, next);
        }
    }

    private void PrintEdge(PtxEdge edge, PtxBlock? next)
    {
        foreach (var (target, source) in ParallelMoves.InOrder(edge.Moves, type => new Register(type, nextTemporary++)))
            Statement($"mov.{target.Type.Suffix()} {target}, {source}");
        if (edge.Target != next)
            Statement($"bra {Use(labels[edge.Target!])}");
    }

    private string Use(string label)
    {
        used.Add(label);
        return label;
    }
}
