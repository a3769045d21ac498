namespace BareBert.Simt;

/// <summary>One name for instructions that do the same to the bits: PTX writes a sum of integers with and without a sign, and comparisons of
/// integers without one by words of their own.</summary>
internal static class PtxSpelling
{
    public static string Of(string opcode) => opcode.StartsWith("setp.", StringComparison.Ordinal) ? Comparison(opcode) : opcode switch
    {
        "bra.uni" => "bra",
        "add.u32" => "add.s32",
        "add.u64" => "add.s64",
        "sub.u32" => "sub.s32",
        "sub.u64" => "sub.s64",
        "mul.lo.u32" => "mul.lo.s32",
        "mul.lo.u64" => "mul.lo.s64",
        "mad.lo.u32" => "mad.lo.s32",
        "mad.lo.u64" => "mad.lo.s64",
        "add.f32" => "add.rn.f32",
        "sub.f32" => "sub.rn.f32",
        "mul.f32" => "mul.rn.f32",
        "add.f64" => "add.rn.f64",
        "sub.f64" => "sub.rn.f64",
        "mul.f64" => "mul.rn.f64",
        // Generic addresses are those of global memory here; ILGPU has none of the other kinds in generic form.
        "cvta.to.global.u64" or "cvta.global.u64" => "mov.b64",
        _ => opcode,
    };

    private static string Comparison(string opcode)
    {
        string[] parts = opcode.Split('.');
        if (parts[2][0] != 'u')
            return opcode;
        string comparison = parts[1] switch
        {
            "lo" => "lt",
            "ls" => "le",
            "hi" => "gt",
            "hs" => "ge",
            _ => parts[1],
        };
        return $"setp.{comparison}.{parts[2]}";
    }
}
