using System.Globalization;

namespace BareBert.Simt;

/// <summary>Reads the PTX that ILGPU writes, one kernel a module, as instructions in the interpreter's spelling and order.</summary>
/// <remarks>What PTX says in one instruction and the interpreter in several is taken apart here: a jump table, a comparison that is joined with a
/// predicate.</remarks>
internal sealed class PtxParser
{
    private ParsedKernel? kernel;
    private string[] branchTargets = [];
    private bool dynamicShared;
    private int lineNumber, freshPredicates;

    private PtxParser() { }

    /// <exception cref="FormatException">A line that is none of ILGPU's.</exception>
    public static ParsedKernel Parse(string ptx)
    {
        var parser = new PtxParser();
        foreach (ReadOnlySpan<char> raw in ptx.AsSpan().EnumerateLines())
        {
            parser.lineNumber++;
            parser.Line(raw.Trim().ToString().Replace('\t', ' '));
        }
        return BlockOrder.Arrange(parser.kernel ?? throw new FormatException("PTX without a .visible .entry"));
    }

    private void Line(string line)
    {
        if (line.Length == 0 || line.StartsWith("//", StringComparison.Ordinal) || line is "{" or "}" or ")")
            return;
        if (line[0] == '.')
            Directive(line);
        else if (line.EndsWith(':'))
            Kernel(line).Labels.Add(line[..^1], kernel!.Instructions.Count);
        else if (line[0] == '{')
            foreach (string statement in line[1..^1].Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                Statement(statement);
        else if (line.EndsWith(';'))
            Statement(line[..^1]);
        else
            throw new FormatException($"PTX line {lineNumber}: cannot read \"{line}\"");
    }

    private ParsedKernel Kernel(string line) => kernel ?? throw new FormatException($"PTX line {lineNumber}: \"{line}\" before .visible .entry");

    private void Directive(string line)
    {
        string[] words = line.TrimEnd(',', ';').Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (words[0])
        {
            case ".extern":
                dynamicShared = true;
                break;
            case ".visible":
                kernel = new ParsedKernel(words[2].TrimEnd('(')) { UsesDynamicShared = dynamicShared };
                break;
            case ".param":
                AddParameter(Kernel(line), words);
                break;
            case ".shared" or ".local":
                AddArray(Kernel(line), words);
                break;
            case ".branchtargets":
                branchTargets = [.. words.Skip(1).Select(word => word.TrimEnd(','))];
                break;
            case not (".version" or ".target" or ".address_size" or ".reg"):
                throw new FormatException($"PTX line {lineNumber}: cannot read \"{line}\"");
        }
    }

    // A view is 16 bytes, an address and a length: two parameters here, since that is how they are loaded.
    private static void AddParameter(ParsedKernel kernel, string[] words)
    {
        string[] name = words[^1].Split('[');
        int bytes = words[1].EndsWith("64", StringComparison.Ordinal) ? 8 : 4;
        if (name.Length == 1)
        {
            kernel.Parameters.Add((name[0], bytes));
            return;
        }
        kernel.Parameters.Add((name[0], 8));
        kernel.Parameters.Add((name[0] + "+8", 8));
    }

    // .shared .align 16 .b8 name[bytes]
    private static void AddArray(ParsedKernel kernel, string[] words)
    {
        string[] name = words[4].Split('[', ']');
        AddressSpace space = words[0] == ".shared" ? AddressSpace.Shared : AddressSpace.Local;
        kernel.Arrays.Add(new PtxArray(space, name[0], long.Parse(name[1], CultureInfo.InvariantCulture), int.Parse(words[2], CultureInfo.InvariantCulture)));
    }

    private void Statement(string text)
    {
        if (text.StartsWith(".reg", StringComparison.Ordinal))
            return;
        (string? guard, bool negated) = (null, false);
        if (text[0] == '@')
        {
            int blank = text.IndexOf(' ');
            negated = text[1] == '!';
            guard = text[(negated ? 2 : 1)..blank];
            text = text[blank..].TrimStart();
            if (!text.StartsWith("bra", StringComparison.Ordinal))
                throw new FormatException($"PTX line {lineNumber}: a predicate on what is no branch: {text}");
        }
        int space = text.IndexOf(' ');
        string opcode = space < 0 ? text : text[..space], rest = space < 0 ? "" : text[space..].TrimStart();
        int firstGroup = rest.StartsWith('{') ? rest[..rest.IndexOf('}')].Split(',').Length : 1;
        string[] operands = [.. rest.Split(['{', '}', ',', ' '], StringSplitOptions.RemoveEmptyEntries).Select(Operand)];
        if (opcode == "brx.idx")
            JumpTable(operands[0]);
        else if (opcode.StartsWith("setp.", StringComparison.Ordinal) && opcode.Split('.') is [_, var comparison, var join, var type])
            JoinedComparison($"setp.{comparison}.{type}", $"{join}.pred", operands);
        else
            Add(opcode, operands, firstGroup, guard, negated);
    }

    private static string Operand(string text) => text.StartsWith("0x", StringComparison.Ordinal)
        ? uint.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture) : text;

    // To the target with the number that the register holds.
    private void JumpTable(string index)
    {
        for (int i = 0; i < branchTargets.Length - 1; i++)
        {
            string taken = FreshPredicate();
            Add("setp.eq.s32", [taken, index, $"{i}"], 1);
            Add("bra", [branchTargets[i]], 0, taken);
        }
        Add("bra", [branchTargets[^1]], 0);
    }

    private void JoinedComparison(string comparison, string join, string[] operands)
    {
        string outcome = FreshPredicate();
        Add(comparison, [outcome, operands[1], operands[2]], 1);
        Add(join, [operands[0], outcome, operands[3]], 1);
    }

    private string FreshPredicate() => $"%pb{freshPredicates++}";

    private void Add(string opcode, string[] operands, int firstGroup, string? guard = null, bool negated = false)
    {
        if (opcode.StartsWith("ld.param", StringComparison.Ordinal))
            operands[1] = operands[1].Trim('[', ']').Replace("+0", "", StringComparison.Ordinal);
        else if (opcode.StartsWith("testp.", StringComparison.Ordinal))
            (opcode, operands) = ("setp." + opcode["testp.".Length..], [operands[0], operands[1], operands[1]]);
        else if (opcode.StartsWith("mov.b", StringComparison.Ordinal) && operands[1][0] == '%' && !IsVirtualRegister(operands[1]))
            opcode = "mov.u32";
        opcode = PtxSpelling.Of(opcode);
        Kernel(opcode).Instructions.Add(new ParsedInstruction(lineNumber, opcode, operands, guard, negated, HasResult(opcode) ? firstGroup : 0));
    }

    private static bool HasResult(string opcode) =>
        !(opcode is "bra" or "ret" or "exit" or "bar.sync" or "bar.warp.sync"
            || opcode.StartsWith("st.", StringComparison.Ordinal)
            || opcode.StartsWith("red.", StringComparison.Ordinal)
            || opcode.StartsWith("membar", StringComparison.Ordinal)
            || opcode.StartsWith("cp.async", StringComparison.Ordinal));

    /// <summary>%r12 and the like, in contrast to %tid.x.</summary>
    public static bool IsVirtualRegister(ReadOnlySpan<char> text)
    {
        int at = 1;
        while (at < text.Length && char.IsAsciiLetter(text[at]))
            at++;
        return at > 1 && at < text.Length && char.IsAsciiDigit(text[at]);
    }
}
