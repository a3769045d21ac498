namespace BareBert.Simt;

/// <summary>One line of PTX, taken apart but not yet understood.</summary>
/// <param name="Line">Its number in the text, from 1.</param>
/// <param name="Opcode">For instance <c>ld.global.f32</c>.</param>
/// <param name="Operands">As written, vectors flattened: <c>{%r1, %r2}</c> is two.</param>
/// <param name="Guard">The predicate register of <c>@%p</c>; null without.</param>
/// <param name="GuardNegated">Whether it was <c>@!%p</c>.</param>
/// <param name="Results">How many of the operands, from the first, are written.</param>
internal sealed record ParsedInstruction(int Line, string Opcode, string[] Operands, string? Guard, bool GuardNegated, int Results)
{
    /// <summary>Registers read, the guard's and addresses' too.</summary>
    public IEnumerable<string> Reads
    {
        get
        {
            foreach (string operand in Operands.Skip(Results))
                if (RegisterIn(operand) is { } register)
                    yield return register;
            if (Guard is not null)
                yield return Guard;
        }
    }

    /// <summary>Registers written.</summary>
    public IEnumerable<string> Writes => Operands.Take(Results);

    /// <summary>Whether a new basic block begins behind it.</summary>
    public bool EndsBlock => Opcode is "bra" or "ret" or "exit";

    /// <summary>Whether control may go on behind it.</summary>
    public bool FallsThrough => Opcode is not ("ret" or "exit") && (Opcode != "bra" || Guard is not null);

    /// <summary>The register in an operand: itself, negated, or as the base of an address.</summary>
    public static string? RegisterIn(string operand)
    {
        ReadOnlySpan<char> text = operand.AsSpan().TrimStart("![");
        if (text.Length < 3 || text[0] != '%' || !PtxParser.IsVirtualRegister(text))
            return null;
        int end = text.IndexOfAny(']', '+');
        return (end < 0 ? text : text[..end]).ToString();
    }

    public override string ToString() => $"{Opcode} {string.Join(", ", Operands)}";
}

/// <summary>A kernel's text taken apart.</summary>
internal sealed class ParsedKernel(string name)
{
    public string Name { get; } = name;

    public List<(string Name, int Bytes)> Parameters { get; } = [];

    public List<PtxArray> Arrays { get; } = [];

    public bool UsesDynamicShared { get; set; }

    public List<ParsedInstruction> Instructions { get; } = [];

    /// <summary>Label to index of the instruction behind it.</summary>
    public Dictionary<string, int> Labels { get; } = [];
}
