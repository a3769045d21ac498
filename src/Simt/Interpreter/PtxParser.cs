using System.Globalization;

namespace BareBert.Simt;

/// <summary>Reads the PTX that the compiler writes: one statement a line, one kernel a module.</summary>
internal static class PtxParser
{
    /// <exception cref="FormatException">A line that is none of the compiler's.</exception>
    public static ParsedKernel Parse(string ptx)
    {
        ParsedKernel? kernel = null;
        bool dynamicShared = false;
        int number = 0;
        foreach (ReadOnlySpan<char> raw in ptx.AsSpan().EnumerateLines())
        {
            number++;
            string line = raw.Trim().ToString();
            if (line.StartsWith(".extern .shared", StringComparison.Ordinal))
                dynamicShared = true;
            else if (line.StartsWith(".visible .entry", StringComparison.Ordinal))
                kernel = new ParsedKernel(line[".visible .entry ".Length..].TrimEnd('(').Trim()) { UsesDynamicShared = dynamicShared };
            else if (line.StartsWith(".param", StringComparison.Ordinal))
                AddParameter(Expect(kernel, number), line);
            else if (line.StartsWith(".shared", StringComparison.Ordinal) || line.StartsWith(".local", StringComparison.Ordinal))
                AddArray(Expect(kernel, number), line);
            else if (line.EndsWith(':'))
                Expect(kernel, number).Labels.Add(line[..^1], kernel!.Instructions.Count);
            else if (line.EndsWith(';') && !line.StartsWith('.'))
                Expect(kernel, number).Instructions.Add(ParseInstruction(line[..^1], number));
            else if (line.Length > 0 && line[0] != '.' && line is not ("{" or "}" or ")"))
                throw new FormatException($"PTX line {number}: cannot read \"{line}\"");
        }
        return kernel ?? throw new FormatException("PTX without a .visible .entry");
    }

    private static ParsedKernel Expect(ParsedKernel? kernel, int line) =>
        kernel ?? throw new FormatException($"PTX line {line}: a statement before .visible .entry");

    private static void AddParameter(ParsedKernel kernel, string line)
    {
        string[] words = line.TrimEnd(',').Split(' ', StringSplitOptions.RemoveEmptyEntries);
        kernel.Parameters.Add((words[^1], words[1].EndsWith("64", StringComparison.Ordinal) ? 8 : 4));
    }

    /// <summary><c>.shared .align 16 .b8 name[bytes];</c></summary>
    private static void AddArray(ParsedKernel kernel, string line)
    {
        string[] words = line.TrimEnd(';').Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] name = words[4].Split('[', ']');
        AddressSpace space = words[0] == ".shared" ? AddressSpace.Shared : AddressSpace.Local;
        kernel.Arrays.Add(new PtxArray(space, name[0], long.Parse(name[1], CultureInfo.InvariantCulture),
            int.Parse(words[2], CultureInfo.InvariantCulture)));
    }

    private static ParsedInstruction ParseInstruction(string text, int line)
    {
        (string? guard, bool negated) = (null, false);
        if (text[0] == '@')
        {
            int blank = text.IndexOf(' ');
            negated = text[1] == '!';
            guard = text[(negated ? 2 : 1)..blank];
            text = text[(blank + 1)..];
        }
        int space = text.IndexOf(' ');
        string opcode = space < 0 ? text : text[..space];
        string rest = space < 0 ? "" : text[space..];
        int firstGroup = rest.TrimStart().StartsWith('{') ? rest[..rest.IndexOf('}')].Split(',').Length : 1;
        string[] operands = rest.Split(['{', '}', ',', ' '], StringSplitOptions.RemoveEmptyEntries);
        return new ParsedInstruction(line, opcode, operands, guard, negated, HasResult(opcode) ? firstGroup : 0);
    }

    private static bool HasResult(string opcode) =>
        !(opcode is "bra" or "ret" or "exit" or "trap" or "bar.sync" or "bar.warp.sync"
            || opcode.StartsWith("st.", StringComparison.Ordinal)
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
