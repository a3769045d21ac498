using System.Reflection;
using System.Reflection.Emit;

namespace BareBert.Simt;

/// <summary>Follows values through the stack and the locals of a basic block, and refuses what ILGPU 1.5.3 does to some of them:</summary>
/// <remarks>
/// <para>Of an integer that is converted twice, the second time with another idea of its sign, it makes one conversion with the first one's sign: (ushort)(sbyte)-1 stays -1.
/// A constant that is converted to a small type stays as it is, or gets a sign: (byte)601 stays 601, (byte)200 becomes -56.</para>
/// <para>Where a choice gives a small integer or another one, it cuts the other one off to the small one's size: x > 0 ? 1000 : (byte)x becomes -24.</para>
/// <para>A comparison with a float constant on its left is turned round, and then holds for NaN where it should not: 1 &lt; NaN.</para>
/// </remarks>
internal sealed class ValueTracker(MethodBase method)
{
    private enum Sign { None, Signed, Unsigned }

    private readonly record struct Known(Sign Sign, int Bits, bool IsFloatConstant = false, int? Constant = null);

    private readonly Stack<Known> stack = [];
    private readonly Dictionary<int, Known> locals = [];

    public void Next(IlInstruction instruction)
    {
        OpCode code = instruction.OpCode;
        if (Converted(code.Name!) is var (sign, bits))
        {
            CheckConversion(instruction, Pop(), sign, bits);
            stack.Push(new Known(sign, bits));
            return;
        }
        if (Comparisons.Contains(code.Name!))
            CheckComparison(instruction);
        switch (code.Name)
        {
            case "ldloc":
                stack.Push(locals.GetValueOrDefault(instruction.Int));
                return;
            case "stloc":
                locals[instruction.Int] = Pop();
                return;
            case "ldc.i4":
                stack.Push(new Known(Sign.None, 32, Constant: instruction.Int));
                return;
            case "ldc.r4" or "ldc.r8":
                stack.Push(new Known(Sign.None, 64, IsFloatConstant: true));
                return;
            case "dup":
                stack.Push(stack.TryPeek(out var top) ? top : default);
                return;
        }
        if (code.FlowControl is not (FlowControl.Next or FlowControl.Call or FlowControl.Meta))
        {
            // Another block follows, to which other ways may lead.
            for (int popped = Pops(instruction); popped > 0; popped--)
                Pop();
            if (stack.Any(value => value.Sign != Sign.None && value.Bits < 32))
                SourceCheck.Refuse(method, instruction.Offset, "a choice between a small integer and another: ILGPU cuts the other one off to the small one's size; give both the same type first");
            stack.Clear();
            locals.Clear();
            return;
        }
        for (int popped = Pops(instruction); popped > 0; popped--)
            Pop();
        for (int pushed = Pushes(instruction); pushed > 0; pushed--)
            stack.Push(default);
    }

    private void CheckConversion(IlInstruction instruction, Known before, Sign sign, int bits)
    {
        if (before.Sign == Sign.Signed && sign == Sign.Unsigned && bits >= before.Bits && bits != 32
            || before.Sign == Sign.Unsigned && sign == Sign.Signed && (bits <= before.Bits || before.Bits == 32))
            SourceCheck.Refuse(method, instruction.Offset, $"{instruction.OpCode.Name} of what was converted to {before.Bits} bits {(before.Sign == Sign.Signed ? "with" : "without")} a sign: "
                + "ILGPU makes one conversion of the two, with the first one's sign; mask or shift instead");
        if (before.Bits >= 32 && before.Sign != Sign.None && bits < 32)
            SourceCheck.Refuse(method, instruction.Offset, $"{instruction.OpCode.Name} of what was converted to {before.Bits} bits: ILGPU makes one conversion of the two, which of a float "
                + "that the small type cannot hold gives its largest or smallest number; mask instead");
        if (before.Constant is { } constant && bits < 32)
        {
            int right = sign == Sign.Unsigned ? constant & ((1 << bits) - 1) : constant << (32 - bits) >> (32 - bits);
            if (right != constant || right >> (bits - 1) > 0)
                SourceCheck.Refuse(method, instruction.Offset, $"{instruction.OpCode.Name} of the constant {constant}, which ILGPU leaves as it is or gives a sign; write {right}");
        }
    }

    // clt, cgt and the branches: the right operand is on top.
    private static readonly string[] Comparisons = ["clt", "clt.un", "cgt", "cgt.un", "blt", "blt.un", "ble", "ble.un", "bgt", "bgt.un", "bge", "bge.un"];

    private void CheckComparison(IlInstruction instruction)
    {
        Known right = Pop(), left = Pop();
        if (left.IsFloatConstant && !right.IsFloatConstant)
            SourceCheck.Refuse(method, instruction.Offset, $"{instruction.OpCode.Name} with a float constant on its left: ILGPU turns it round, and it then holds for NaN; put the constant on the right");
        stack.Push(left);
        stack.Push(right);
    }

    private Known Pop() => stack.TryPop(out var value) ? value : default;

    private static (Sign, int)? Converted(string name) => name switch
    {
        "conv.i1" or "ldind.i1" => (Sign.Signed, 8),
        "conv.u1" or "ldind.u1" => (Sign.Unsigned, 8),
        "conv.i2" or "ldind.i2" => (Sign.Signed, 16),
        "conv.u2" or "ldind.u2" => (Sign.Unsigned, 16),
        "conv.i4" => (Sign.Signed, 32),
        "conv.u4" => (Sign.Unsigned, 32),
        "conv.i8" => (Sign.Signed, 64),
        "conv.u8" => (Sign.Unsigned, 64),
        _ => null,
    };

    private static int Pops(IlInstruction instruction) => instruction.OpCode.StackBehaviourPop switch
    {
        StackBehaviour.Pop0 => 0,
        StackBehaviour.Varpop => instruction.Operand is MethodBase called
            ? called.GetParameters().Length + (called.IsStatic || instruction.OpCode == OpCodes.Newobj ? 0 : 1) : 1,
        StackBehaviour.Pop1 or StackBehaviour.Popi or StackBehaviour.Popref => 1,
        StackBehaviour.Popi_popi_popi or StackBehaviour.Popref_popi_popi or StackBehaviour.Popref_popi_popi8 or StackBehaviour.Popref_popi_popr4
            or StackBehaviour.Popref_popi_popr8 or StackBehaviour.Popref_popi_popref => 3,
        _ => 2,
    };

    private static int Pushes(IlInstruction instruction) => instruction.OpCode.StackBehaviourPush switch
    {
        StackBehaviour.Push0 => 0,
        StackBehaviour.Push1_push1 => 2,
        StackBehaviour.Varpush => instruction.Operand is MethodInfo { ReturnType: var type } && type != typeof(void) ? 1 : 0,
        _ => 1,
    };
}
