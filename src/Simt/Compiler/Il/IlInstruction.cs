using System.Reflection.Emit;

namespace BareBert.Simt;

/// <summary>One instruction of a method body. <see cref="Operand"/> is an int, long, float, double, a branch target's offset (int),
/// a switch's targets (int[]), or the resolved Type, FieldInfo or MethodBase.</summary>
internal readonly record struct IlInstruction(int Offset, OpCode OpCode, object? Operand)
{
    /// <summary>The operand as a number: an argument or local index, a constant or a branch target.</summary>
    public int Int => (int)Operand!;

    public override string ToString() => $"IL_{Offset:x4} {OpCode.Name}";
}
