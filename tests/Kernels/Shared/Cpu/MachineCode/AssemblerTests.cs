using BareBert.Kernels;
using FsCheck.Fluent;
using Iced.Intel;
using Xunit;
using Assembler = BareBert.Kernels.Assembler;
using Register = BareBert.Kernels.Register;

namespace BareBert.Tests;

/// <summary>What the assembler writes, as another's decoder reads it.</summary>
public sealed class AssemblerTests
{
    [Fact]
    public void EachInstructionReadsAsItWasMeant()
    {
        var at = new Address(Register.R8, 0x40, Register.R9, 4);
        var code = new Assembler();
        code.Move(Register.Rcx, Register.Rdi);
        code.Load(Register.R10, new Address(Register.Rcx, 8));
        code.LoadAddress(Register.R11, new Address(Register.R8, 0, Register.R9, 2));
        code.Add(Register.Rax, -3);
        code.Compare(Register.R11, new Address(Register.Rdx, 300));
        code.MultiplyAddBytes(17, 3, 31);
        code.Multiply(12, 30, 5);
        code.ShiftLeft(20, 9, 7);
        code.Broadcast(30, at);
        code.Load(24, at);
        code.ToFloats(31, 2);
        code.Store(at, 8);
        code.LoadQuarter(6, at);
        code.StoreQuarter(at, 15);
        code.Return();
        Assert.Equal(
            [
                "mov rcx,rdi", "mov r10,[rcx+8]", "lea r11,[r8+r9*2]", "add rax,-3", "cmp r11,[rdx+300]", "vpdpbusd zmm17,zmm3,zmm31", "vpmulld zmm12,zmm30,zmm5", "vpslld zmm20,zmm9,7",
                "vpbroadcastd zmm30,[r8+r9*4+64]", "vmovups zmm24,[r8+r9*4+64]", "vcvtdq2ps zmm31,zmm2", "vmovups [r8+r9*4+64],zmm8",
                "vmovups xmm6,[r8+r9*4+64]", "vmovups [r8+r9*4+64],xmm15", "vzeroupper", "ret",
            ],
            X64Code.Read(code));
    }

    [Fact]
    public void JumpsLandWhereTheyShould()
    {
        var code = new Assembler();
        int start = code.Position;
        code.Compare(Register.Rax, new Address(Register.Rcx));
        int end = code.JumpIfEqual();
        code.Add(Register.Rax, 1);
        code.JumpIfNotEqual(start);
        code.Land(end);
        int last = code.Position;
        code.Return();
        Assert.Equal([(ulong)last, (ulong)start], X64Code.Decode(code).Where(i => i.FlowControl == FlowControl.ConditionalBranch).Select(i => i.NearBranchTarget));
    }

    [Fact]
    public void EveryOperandReadsAsItWasMeant()
    {
        Register[] registers = [.. Enum.GetValues<Register>().Where(r => r != Register.Rdi)];
        var operands = from vector in Gen.Choose(0, 31)
                       from second in Gen.Choose(0, 31)
                       from third in Gen.Choose(0, 31)
                       from first in Gen.Elements(registers)
                       from index in Gen.Elements((Register?[])[null, .. registers])
                       from scale in Gen.Elements(1, 2, 4, 8)
                       from displacement in Gen.OneOf(Gen.Choose(-10, 10).Select(i => i * 32), Gen.Choose(-100_000, 100_000))
                       select (vector, second, third, Place: new Address(first, displacement, index, index is null ? 1 : scale));
        Prop.ForAll(operands.ToArbitrary(), o =>
        {
            var code = new Assembler();
            code.MultiplyAddBytes(o.vector, o.second, o.third);
            code.ShiftLeft(o.vector, o.second, o.third);
            code.Broadcast(o.vector, o.Place);
            code.Load(o.vector, o.Place);
            code.Store(o.Place, o.vector);
            code.LoadQuarter(o.vector, o.Place);
            code.Load(o.Place.Base, o.Place);
            string place = X64Code.Text(o.Place), general = o.Place.Base.ToString().ToLowerInvariant();
            Assert.Equal(
                [
                    $"vpdpbusd zmm{o.vector},zmm{o.second},zmm{o.third}", $"vpslld zmm{o.vector},zmm{o.second},{o.third}", $"vpbroadcastd zmm{o.vector},{place}", $"vmovups zmm{o.vector},{place}", $"vmovups {place},zmm{o.vector}",
                    $"vmovups xmm{o.vector},{place}", $"mov {general},{place}",
                ],
                X64Code.Read(code));
        }).HoldsFor();
    }
}
