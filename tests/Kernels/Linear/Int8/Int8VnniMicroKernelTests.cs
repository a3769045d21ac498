using BareBert.Kernels;
using Iced.Intel;
using Xunit;
using Register = Iced.Intel.Register;

namespace BareBert.Tests;

/// <summary>The tile that is written instruction by instruction: it keeps its callers' conventions, also those of systems where this does not run.</summary>
public sealed class Int8VnniMicroKernelTests
{
    public static TheoryData<int, bool> Tiles => [.. from rows in Enumerable.Range(1, Int8VnniMicroKernel.Rows) from windows in (bool[])[false, true] select new TheoryDataRow<int, bool>(rows, windows)];

    [Theory]
    [MemberData(nameof(Tiles))]
    public void ItChangesOnlyWhatACalleeMay(int rows, bool windows)
    {
        Register[] kept = windows
            ? [Register.RBX, Register.RBP, Register.RDI, Register.RSI, Register.R12, Register.R13, Register.R14, Register.R15]
            : [Register.RBX, Register.RBP, Register.R12, Register.R13, Register.R14, Register.R15];
        List<Instruction> code = X64Code.Decode(Int8VnniMicroKernel.Assemble(rows, windows));
        Assert.DoesNotContain(code, i => kept.Contains(Written(i)));
        Assert.Single(code, i => i.Mnemonic == Mnemonic.Ret);

        // On Windows the lower quarters of vectors 6 to 15 are written down before anything changes them, and read back after.
        List<Instruction> saved = [.. code.TakeWhile(i => i.Mnemonic != Mnemonic.Vpxord).Where(i => i.Mnemonic == Mnemonic.Vmovups)];
        List<Instruction> restored = [.. code.Where(i => i.Mnemonic == Mnemonic.Vmovups && i.Op0Register.IsXMM())];
        Register[] vectors = windows ? [.. Enumerable.Range(6, 10).Select(i => Register.XMM0 + i)] : [];
        Assert.Equal(vectors, saved.Select(i => i.Op1Register));
        Assert.Equal(vectors, restored.Select(i => i.Op0Register));
        Assert.Equal(saved.Select(i => (i.MemoryBase, i.MemoryDisplacement64)), restored.Select(i => (i.MemoryBase, i.MemoryDisplacement64)));
    }

    [Theory]
    [MemberData(nameof(Tiles))]
    public void ItMultipliesEachRowOnceAPair(int rows, bool windows)
    {
        List<Instruction> code = X64Code.Decode(Int8VnniMicroKernel.Assemble(rows, windows));
        // An odd pair, and two in the loop, each by two vectors.
        Assert.Equal(3 * 2 * rows, code.Count(i => i.Mnemonic == Mnemonic.Vpdpwssd));
        Assert.Equal(3 * rows, code.Count(i => i.Mnemonic == Mnemonic.Vpbroadcastd));
        Assert.Equal(3 * 2, code.Count(i => i.Mnemonic == Mnemonic.Vpmovsxbw));
        Assert.Equal(Enumerable.Range(0, 2 * rows).Select(i => Register.ZMM0 + i), code.Where(i => i.Mnemonic == Mnemonic.Vmovups && i.Op1Register.IsZMM()).Select(i => i.Op1Register));
    }

    private static Register Written(Instruction instruction) =>
        instruction.Op0Kind == OpKind.Register && instruction.Mnemonic != Mnemonic.Cmp ? instruction.Op0Register.GetFullRegister() : Register.None;
}
