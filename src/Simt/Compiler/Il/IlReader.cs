using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Reflection;
using System.Reflection.Emit;

namespace BareBert.Simt;

/// <summary>Turns a method body's bytes into instructions with resolved operands (ECMA-335, partition III).</summary>
internal static class IlReader
{
    private static readonly FrozenDictionary<short, OpCode> OpCodeByValue =
        typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => (OpCode)field.GetValue(null)!)
            .ToFrozenDictionary(code => code.Value);

    /// <summary>The instructions of <paramref name="method"/>, generic arguments filled in.</summary>
    public static List<IlInstruction> Read(MethodBase method, byte[] il)
    {
        var tokens = new TokenResolver(method);
        var instructions = new List<IlInstruction>();
        for (int at = 0; at < il.Length;)
        {
            int offset = at;
            short value = il[at++];
            if (value == 0xFE)
                value = unchecked((short)(0xFE00 | il[at++]));
            OpCode code = OpCodeByValue[value];
            object? operand = ReadOperand(il.AsSpan(at), code, tokens, ref at);
            instructions.Add(Shorten(new IlInstruction(offset, code, operand)));
        }
        return instructions;
    }

    private static object? ReadOperand(ReadOnlySpan<byte> rest, OpCode code, TokenResolver tokens, ref int at)
    {
        switch (code.OperandType)
        {
            case OperandType.InlineNone:
                return null;
            case OperandType.ShortInlineBrTarget:
                at += 1;
                return at + (sbyte)rest[0];
            case OperandType.InlineBrTarget:
                at += 4;
                return at + BinaryPrimitives.ReadInt32LittleEndian(rest);
            case OperandType.ShortInlineI:
                at += 1;
                return code == OpCodes.Ldc_I4_S ? (int)(sbyte)rest[0] : rest[0];
            case OperandType.ShortInlineVar:
                at += 1;
                return (int)rest[0];
            case OperandType.InlineVar:
                at += 2;
                return (int)BinaryPrimitives.ReadUInt16LittleEndian(rest);
            case OperandType.InlineI:
                at += 4;
                return BinaryPrimitives.ReadInt32LittleEndian(rest);
            case OperandType.InlineI8:
                at += 8;
                return BinaryPrimitives.ReadInt64LittleEndian(rest);
            case OperandType.ShortInlineR:
                at += 4;
                return BinaryPrimitives.ReadSingleLittleEndian(rest);
            case OperandType.InlineR:
                at += 8;
                return BinaryPrimitives.ReadDoubleLittleEndian(rest);
            case OperandType.InlineSwitch:
                return ReadSwitch(rest, ref at);
            default:
                at += 4;
                return tokens.Resolve(code.OperandType, BinaryPrimitives.ReadInt32LittleEndian(rest));
        }
    }

    private static int[] ReadSwitch(ReadOnlySpan<byte> rest, ref int at)
    {
        int count = BinaryPrimitives.ReadInt32LittleEndian(rest);
        int next = at + 4 + 4 * count;
        var targets = new int[count];
        for (int i = 0; i < count; i++)
            targets[i] = next + BinaryPrimitives.ReadInt32LittleEndian(rest[(4 + 4 * i)..]);
        at = next;
        return targets;
    }

    /// <summary>One spelling for each meaning: ldloc.0 and ldloc.s become ldloc, blt.s becomes blt, and so on.</summary>
    private static IlInstruction Shorten(IlInstruction instruction)
    {
        string name = instruction.OpCode.Name!;
        if (instruction.OpCode.OperandType == OperandType.InlineNone)
        {
            (string family, string index) = (name[..^Math.Min(2, name.Length)], name[^1..]);
            if (name == "ldc.i4.m1")
                return instruction with { OpCode = OpCodes.Ldc_I4, Operand = -1 };
            if (char.IsDigit(index[0]) && name[^2] == '.' && family is "ldarg" or "ldloc" or "stloc" or "ldc.i4")
                return instruction with { OpCode = ByName[family], Operand = index[0] - '0' };
        }
        return name.EndsWith(".s", StringComparison.Ordinal) ? instruction with { OpCode = ByName[name[..^2]] } : instruction;
    }

    private static readonly FrozenDictionary<string, OpCode> ByName = OpCodeByValue.Values.ToFrozenDictionary(code => code.Name!);

    /// <summary>Metadata tokens mean something only with the generic arguments of the method they stand in.</summary>
    private sealed class TokenResolver(MethodBase method)
    {
        private readonly Type[] typeArguments = method.DeclaringType?.GetGenericArguments() ?? [];
        private readonly Type[] methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : [];

        public object Resolve(OperandType kind, int token) => kind switch
        {
            OperandType.InlineMethod => method.Module.ResolveMethod(token, typeArguments, methodArguments)!,
            OperandType.InlineField => method.Module.ResolveField(token, typeArguments, methodArguments)!,
            OperandType.InlineType => method.Module.ResolveType(token, typeArguments, methodArguments),
            OperandType.InlineTok => method.Module.ResolveMember(token, typeArguments, methodArguments)!,
            OperandType.InlineString => method.Module.ResolveString(token),
            _ => token,
        };
    }
}
