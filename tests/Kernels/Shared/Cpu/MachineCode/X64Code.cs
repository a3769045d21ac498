using System.Globalization;
using BareBert.Kernels;
using Iced.Intel;
using Xunit;
using Assembler = BareBert.Kernels.Assembler;

namespace BareBert.Tests;

/// <summary>Machine code read back.</summary>
internal static class X64Code
{
    /// <summary>The instructions.</summary>
    public static List<Instruction> Decode(Assembler code)
    {
        var decoder = Decoder.Create(64, code.Code.ToArray());
        var instructions = new List<Instruction>();
        while (decoder.IP < (ulong)code.Position)
            instructions.Add(decoder.Decode());
        Assert.DoesNotContain(instructions, i => i.IsInvalid);
        return instructions;
    }

    /// <summary>Their text, numbers in tens, without the sizes of places in memory.</summary>
    public static IEnumerable<string> Read(Assembler code)
    {
        var formatter = new NasmFormatter { Options = { MemorySizeOptions = MemorySizeOptions.Never, NumberBase = NumberBase.Decimal, ShowBranchSize = false, SignedImmediateOperands = true, SpaceAfterOperandSeparator = false } };
        var output = new StringOutput();
        foreach (Instruction instruction in Decode(code))
        {
            formatter.Format(instruction, output);
            yield return output.ToStringAndReset();
        }
    }

    /// <summary>A place in memory as <see cref="Read"/> writes it.</summary>
    public static string Text(Address place)
    {
        string index = place.Index is { } i ? $"+{i}{(place.Scale == 1 ? "" : $"*{place.Scale}")}" : "";
        string displacement = place.Displacement == 0 ? "" : place.Displacement.ToString("+0;-0", CultureInfo.InvariantCulture);
        return $"[{place.Base}{index}{displacement}]".ToLowerInvariant();
    }
}
