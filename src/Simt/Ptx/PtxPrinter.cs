using System.Text;

namespace BareBert.Simt;

/// <summary>Writes a kernel down as PTX text.</summary>
internal sealed class PtxPrinter
{
    private readonly PtxFunction function;
    private readonly StringBuilder text = new();
    private readonly Dictionary<PtxBlock, string> labels = [];
    private readonly HashSet<PtxBlock> needsLabel = [];
    private int nextTemporary;

    private PtxPrinter(PtxFunction function) => this.function = function;

    /// <summary>The module's text for PTX ISA 7.8.</summary>
    /// <param name="function">The kernel.</param>
    /// <param name="target">For instance <c>sm_80</c>.</param>
    public static string Print(PtxFunction function, string target)
    {
        var printer = new PtxPrinter(function);
        printer.PrintModule(target);
        return printer.text.ToString();
    }

    private void PrintModule(string target)
    {
        for (int i = 0; i < function.Blocks.Count; i++)
            labels[function.Blocks[i]] = $"L{i}";
        var body = new StringBuilder();
        nextTemporary = 1 + function.Blocks.SelectMany(Registers).Select(register => register.Id).DefaultIfEmpty(0).Max();
        for (int i = 0; i < function.Blocks.Count; i++)
            PrintBlock(function.Blocks[i], i + 1 < function.Blocks.Count ? function.Blocks[i + 1] : null);
        string blocks = text.ToString();
        text.Clear();

        text.Append(".version 7.8\n.target ").Append(target).Append("\n.address_size 64\n\n");
        if (function.UsesDynamicShared)
            text.Append(".extern .shared .align 16 .b8 dynamic_shared[];\n");
        text.Append(".visible .entry ").Append(function.Name).Append("(\n");
        text.AppendJoin(",\n", function.Parameters.Select((type, i) => $"    .param .{type.Suffix()} {function.ParameterName(i)}"));
        text.Append("\n)\n{\n");
        foreach (PtxArray array in function.Arrays)
            text.Append($"    .{array.Space.ToString().ToLowerInvariant()} .align {array.Alignment} .b8 {array.Name}[{array.Bytes}];\n");
        foreach (PtxType type in Enum.GetValues<PtxType>())
            text.Append($"    .reg .{type.Suffix()} {type.Prefix()}<{nextTemporary}>;\n");
        AppendBlocks(blocks);
        text.Append("}\n");
    }

    /// <summary>Labels nobody jumps to are left out: they would only end the reader's (and the interpreter's) basic block.</summary>
    private void AppendBlocks(string blocks)
    {
        HashSet<string> used = [.. needsLabel.Select(block => labels[block] + ":")];
        foreach (ReadOnlySpan<char> line in blocks.EnumerateLines())
        {
            if (line.Length > 0 && (line[^1] != ':' || line[0] == 'E' || used.Contains(line.ToString())))
                text.Append(line).Append('\n');
        }
    }

    private static IEnumerable<Register> Registers(PtxBlock block) =>
        block.Instructions.SelectMany(i => i.Results).Concat(block.Terminator!.Edges.SelectMany(e => e.Moves).Select(m => m.Target));

    private void PrintBlock(PtxBlock block, PtxBlock? next)
    {
        text.Append(labels[block]).Append(":\n");
        foreach (PtxInstruction instruction in block.Instructions)
        {
            text.Append("    ");
            instruction.Print(text);
            text.Append('\n');
        }
        switch (block.Terminator)
        {
            case Jump(var edge):
                PrintEdge(edge, next);
                break;
            case Branch branch:
                PrintBranch(block, branch, next);
                break;
            case Trap:
                text.Append("    trap;\n    exit;\n");
                break;
            default:
                text.Append("    ret;\n");
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
        string guard = $"    @{(when.Negated ? "!" : "")}{when.Predicate} bra ";
        if (then.Moves.Count == 0)
        {
            text.Append(guard).Append(Label(then.Target!)).Append(";\n");
            PrintEdge(otherwise, next);
        }
        else
        {
            string detour = $"E{labels[block][1..]}";
            text.Append(guard).Append(detour).Append(";\n");
            PrintEdge(otherwise, null);
            text.Append(detour).Append(":\n");
            PrintEdge(then, next);
        }
    }

    private void PrintEdge(PtxEdge edge, PtxBlock? next)
    {
        foreach (var (target, source) in ParallelMoves.InOrder(edge.Moves, type => new Register(type, nextTemporary++)))
            text.Append($"    mov.{target.Type.Suffix()} {target}, {source};\n");
        if (edge.Target != next)
            text.Append("    bra ").Append(Label(edge.Target!)).Append(";\n");
    }

    private string Label(PtxBlock block)
    {
        needsLabel.Add(block);
        return labels[block];
    }
}
