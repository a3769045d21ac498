using System.Text;

namespace BareBert.Simt;

/// <summary>One instruction: PTX text with <c>$0 $1 …</c> for results first, operands after.</summary>
/// <param name="Template">For instance <c>add.s32 $0, $1, $2</c>.</param>
/// <param name="Results">Registers it writes.</param>
/// <param name="Operands">Registers and constants it reads.</param>
/// <param name="HasEffect">It does something beyond writing its results: it stays even if nobody reads them.</param>
internal sealed record PtxInstruction(string Template, Register[] Results, Scalar[] Operands, bool HasEffect)
{
    /// <summary>The text up to the first blank, as in <c>add.s32</c>.</summary>
    public string Opcode => Template[..(Template.IndexOf(' ') is var at and >= 0 ? at : Template.Length)];

    /// <summary>The text with the registers' names filled in.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Template.Length + 16);
        for (int i = 0; i < Template.Length; i++)
        {
            if (Template[i] != '$')
            {
                text.Append(Template[i]);
                continue;
            }
            int index = 0;
            while (i + 1 < Template.Length && char.IsAsciiDigit(Template[i + 1]))
                index = index * 10 + (Template[++i] - '0');
            text.Append(index < Results.Length ? Results[index] : Operands[index - Results.Length]);
        }
        return text.ToString();
    }
}
