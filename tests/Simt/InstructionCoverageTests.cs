using System.Reflection;
using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>Whether each IL instruction that the compiler takes is among those of the methods and kernels that are held against .NET.</summary>
public sealed class InstructionCoverageTests
{
    // Short forms count as their long ones. Left out: prefixes and nop, which mean nothing on a GPU.
    private static readonly string[] Taken =
    [
        "br", "brtrue", "brfalse", "switch", "beq", "bne.un", "blt", "blt.un", "ble", "ble.un", "bgt", "bgt.un", "bge", "bge.un", "ret", "call", "newobj", "throw", "constrained.",
        "ldc.i4", "ldc.i8", "ldc.r4", "ldc.r8", "ldarg", "ldarga", "starg", "ldloc", "ldloca", "stloc", "dup", "pop",
        "add", "sub", "mul", "div", "div.un", "rem", "rem.un", "and", "or", "xor", "shl", "shr", "shr.un", "neg", "not", "ceq", "cgt", "cgt.un", "clt", "clt.un",
        "conv.i1", "conv.u1", "conv.i2", "conv.u2", "conv.i4", "conv.u4", "conv.i8", "conv.u8", "conv.r4", "conv.r8", "conv.r.un",
        "ldind.i1", "ldind.u1", "ldind.i2", "ldind.u2", "ldind.i4", "ldind.u4", "ldind.i8", "ldind.r4", "ldind.r8",
        "stind.i1", "stind.i2", "stind.i4", "stind.i8", "stind.r4", "stind.r8", "ldfld", "ldflda", "stfld", "ldobj", "stobj", "initobj", "sizeof",
    ];

    [Fact]
    public void EveryInstructionIsTried()
    {
        var seen = new HashSet<string>();
        var read = new HashSet<MethodBase>();
        foreach (Type type in (Type[])[typeof(ScalarMethods), typeof(SampleKernels), typeof(SimtKernels)])
        {
            foreach (MethodInfo method in type.GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.DeclaredOnly))
                Collect(method, read, seen);
        }
        string[] missing = [.. Taken.Where(name => !seen.Contains(name))];
        Assert.True(missing.Length == 0, $"no tested method has {string.Join(", ", missing)}");
    }

    // The instructions of a method and of what it calls in this assembly.
    private static void Collect(MethodBase method, HashSet<MethodBase> read, HashSet<string> seen)
    {
        if (method.ContainsGenericParameters || method.Module != typeof(InstructionCoverageTests).Module || !read.Add(method)
            || method.GetMethodBody()?.GetILAsByteArray() is not { } il)
            return;
        foreach (IlInstruction instruction in IlReader.Read(method, il))
        {
            seen.Add(instruction.OpCode.Name!);
            if (instruction.Operand is MethodBase called)
                Collect(called, read, seen);
        }
    }
}
