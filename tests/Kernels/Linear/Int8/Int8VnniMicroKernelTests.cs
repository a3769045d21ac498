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
        List<Instruction> saved = [.. code.TakeWhile(i => !Written(i).IsVectorRegister()).Where(i => i.Mnemonic == Mnemonic.Vmovups)];
        List<Instruction> restored = [.. code.Where(i => i.Mnemonic == Mnemonic.Vmovups && i.Op0Register.IsXMM())];
        Register[] vectors = windows ? [.. Enumerable.Range(6, 10).Select(i => Register.XMM0 + i)] : [];
        Assert.Equal(vectors, saved.Select(i => i.Op1Register));
        Assert.Equal(vectors, restored.Select(i => i.Op0Register));
        Assert.Equal(saved.Select(i => (i.MemoryBase, i.MemoryDisplacement64)), restored.Select(i => (i.MemoryBase, i.MemoryDisplacement64)));
    }

    [Theory]
    [MemberData(nameof(Tiles))]
    public void ItMultipliesEachRowOnceAGroup(int rows, bool windows)
    {
        List<Instruction> code = X64Code.Decode(Int8VnniMicroKernel.Assemble(rows, windows));
        // An odd group, and two in the loop, each by two vectors; what has no sign stands before what has one.
        List<Instruction> products = [.. code.Where(i => i.Mnemonic == Mnemonic.Vpdpbusd)];
        Assert.Equal(3 * 2 * rows, products.Count);
        Assert.All(products, i => Assert.True(i.Op1Register is Register.ZMM30 or Register.ZMM31 && i.Op2Register is Register.ZMM28 or Register.ZMM29));
        // And before them what the codes of zero are too much.
        Assert.Equal(Enumerable.Range(0, 2 * rows).Select(i => Register.ZMM0 + i), code.Where(i => i.Mnemonic == Mnemonic.Vpmulld).Select(i => i.Op0Register));
        // And between two passes all of them are shifted.
        Assert.Equal(Enumerable.Range(0, 2 * rows).Select(i => Register.ZMM0 + i), code.Where(i => i.Mnemonic == Mnemonic.Vpslld).Select(i => i.Op0Register));
        Assert.Equal(4 * rows, code.Count(i => i.Mnemonic == Mnemonic.Vpbroadcastd));
        Assert.Equal(Enumerable.Range(0, 2 * rows).Select(i => Register.ZMM0 + i), code.Where(i => i.Mnemonic == Mnemonic.Vmovups && i.Op1Register.IsZMM()).Select(i => i.Op1Register));
    }

    private static Register Written(Instruction instruction) =>
        instruction.Op0Kind == OpKind.Register && instruction.Mnemonic != Mnemonic.Cmp ? instruction.Op0Register.GetFullRegister() : Register.None;
}
