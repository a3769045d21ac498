using System.Reflection;

namespace BareBert.Simt;

internal sealed partial class KernelCompiler
{
    /// <summary>Compiles a block's instructions into the current PTX block, and sends control on.</summary>
    private void CompileBlock(Frame frame, IlBlock block, Value[] carried)
    {
        stack = [.. carried];
        for (int i = block.First; i < block.End; i++)
        {
            IlInstruction instruction = frame.Code.Instructions[i];
            frame.Offset = instruction.Offset;
            current = frame;
            if (!Guarded(frame, () => Step(frame, block, instruction)))
                return;
        }
        frame.Send(block.Successors[0], Depart([.. stack]));
    }

    private void Push(Value value) => stack.Add(value);

    private Value Pop()
    {
        Value top = stack[^1];
        stack.RemoveAt(stack.Count - 1);
        return top;
    }

    private Value[] Pop(int count)
    {
        Value[] top = [.. stack.GetRange(stack.Count - count, count)];
        stack.RemoveRange(stack.Count - count, count);
        return top;
    }

    /// <summary>One instruction. False: control does not go on to the next one.</summary>
    private bool Step(Frame frame, IlBlock block, IlInstruction instruction)
    {
        string name = instruction.OpCode.Name!;
        switch (name)
        {
            case "br":
                return Send(frame, block.Successors[0]);
            case "brtrue":
                return SendIf(frame, block, numbers.IsTrue(Pop()));
            case "brfalse":
                return SendIf(frame, block, numbers.Compare(Comparison.Equal, false, numbers.IsTrue(Pop()), Constant.Of(0)));
            case "switch":
                return SendSwitch(frame, block, numbers.ToScalar(Pop()));
            case "ret":
                frame.Returns.Add(Depart(stack.Count > 0 ? [numbers.Coerce(Pop(), ReturnType(frame.Code.Method))] : []));
                return false;
            case "throw" or "rethrow":
                emitter.Current.Terminator = new Trap();
                return false;
            case "call" or "callvirt":
                return Call(frame, (MethodBase)instruction.Operand!);
            case "newobj":
                return NewObject(frame, (ConstructorInfo)instruction.Operand!);
            case "constrained.":
                constrained = (Type)instruction.Operand!;
                return true;
        }
        if (BranchComparison(name) is var (comparison, unsigned))
        {
            Value[] operands = Pop(2);
            return SendIf(frame, block, numbers.Compare(comparison, unsigned, operands[0], operands[1]));
        }
        if (!StepNumber(name) && !StepConversion(frame, name) && !StepVariable(frame, name, instruction.Operand)
            && !StepMemory(name, instruction.Operand))
            throw new NotSupportedException($"the instruction {name}{Hint(name)}");
        return true;
    }

    private static string Hint(string name) => name switch
    {
        "newarr" or "ldelem" or "stelem" or "ldlen" => ": arrays live on the host; take an ArrayView<T>, or LocalMemory.Allocate<T>(n)",
        "localloc" => ": stackalloc; use LocalMemory.Allocate<T>(n)",
        "box" or "unbox" or "unbox.any" or "castclass" or "isinst" => ": kernels have no objects",
        "ldftn" or "ldvirtftn" => ": kernels have no delegates; pass a struct with a static abstract method instead",
        "add.ovf" or "sub.ovf" or "mul.ovf" or "add.ovf.un" or "sub.ovf.un" or "mul.ovf.un" => ": checked arithmetic",
        _ => "",
    };

    private static Type ReturnType(MethodBase method) => method is MethodInfo info ? info.ReturnType : typeof(void);

    private bool Send(Frame frame, IlBlock target)
    {
        frame.Send(target, Depart([.. stack]));
        return false;
    }

    /// <summary>To the first successor if the condition holds, else to the second; decided now if it is known now.</summary>
    private bool SendIf(Frame frame, IlBlock block, Value condition)
    {
        (IlBlock then, IlBlock otherwise) = (block.Successors[0], block.Successors[1]);
        if (condition is Constant constant)
        {
            (IlBlock taken, IlBlock left) = constant.IsZero ? (otherwise, then) : (then, otherwise);
            foreach (LoopContext context in frame.Loops)
                context.DecidedToStay |= context.Loop.Contains(taken) && !context.Loop.Contains(left);
            return Send(frame, taken);
        }
        SendBoth(frame, (Condition)condition, then, otherwise);
        return false;
    }

    private void SendBoth(Frame frame, Condition condition, IlBlock then, IlBlock otherwise)
    {
        (PtxEdge thenEdge, PtxEdge elseEdge) = (new PtxEdge(), new PtxEdge());
        emitter.Current.Terminator = new Branch(condition, thenEdge, elseEdge);
        frame.Send(then, new PendingEdge(emitter.Current, thenEdge, state, [.. stack]));
        frame.Send(otherwise, new PendingEdge(emitter.Current, elseEdge, state.Copy(), [.. stack]));
    }

    /// <summary>Cases are numbered from 0; the last successor is the default.</summary>
    private bool SendSwitch(Frame frame, IlBlock block, Scalar selector)
    {
        int cases = block.Successors.Count - 1;
        if (selector is Constant constant)
            return Send(frame, block.Successors[constant.AsInt >= 0 && constant.AsInt < cases ? constant.AsInt : cases]);
        for (int i = 0; i < cases; i++)
        {
            var condition = (Condition)numbers.Compare(Comparison.Equal, false, selector, Constant.Of(i));
            (PtxEdge match, PtxEdge other) = (new PtxEdge(), new PtxEdge());
            emitter.Current.Terminator = new Branch(condition, match, other);
            frame.Send(block.Successors[i], new PendingEdge(emitter.Current, match, state.Copy(), [.. stack]));
            other.Target = emitter.NewBlock();
            emitter.Current = other.Target;
        }
        return Send(frame, block.Successors[cases]);
    }

    /// <summary>What a compare-and-branch instruction compares; <c>.un</c> is without sign, or true for NaN.</summary>
    private static (Comparison, bool Unsigned)? BranchComparison(string name) => name switch
    {
        "beq" => (Comparison.Equal, false),
        "bne.un" => (Comparison.NotEqual, false),
        "blt" => (Comparison.Less, false),
        "blt.un" => (Comparison.Less, true),
        "ble" => (Comparison.LessOrEqual, false),
        "ble.un" => (Comparison.LessOrEqual, true),
        "bgt" => (Comparison.Greater, false),
        "bgt.un" => (Comparison.Greater, true),
        "bge" => (Comparison.GreaterOrEqual, false),
        "bge.un" => (Comparison.GreaterOrEqual, true),
        _ => null,
    };

    private static BinaryOperation? BinaryOf(string name) => name switch
    {
        "add" => BinaryOperation.Add,
        "sub" => BinaryOperation.Subtract,
        "mul" => BinaryOperation.Multiply,
        "div" => BinaryOperation.Divide,
        "div.un" => BinaryOperation.DivideUnsigned,
        "rem" => BinaryOperation.Remainder,
        "rem.un" => BinaryOperation.RemainderUnsigned,
        "and" => BinaryOperation.And,
        "or" => BinaryOperation.Or,
        "xor" => BinaryOperation.Xor,
        "shl" => BinaryOperation.ShiftLeft,
        "shr" => BinaryOperation.ShiftRight,
        "shr.un" => BinaryOperation.ShiftRightUnsigned,
        _ => null,
    };

    private static (Comparison, bool Unsigned)? ValueComparison(string name) => name switch
    {
        "ceq" => (Comparison.Equal, false),
        "cgt" => (Comparison.Greater, false),
        "cgt.un" => (Comparison.Greater, true),
        "clt" => (Comparison.Less, false),
        "clt.un" => (Comparison.Less, true),
        _ => null,
    };

    /// <summary>Arithmetic, comparisons and the stack itself.</summary>
    private bool StepNumber(string name)
    {
        if (BinaryOf(name) is { } operation)
        {
            Value[] operands = Pop(2);
            Push(numbers.Binary(operation, operands[0], operands[1]));
            return true;
        }
        if (ValueComparison(name) is var (comparison, unsigned))
        {
            Value[] operands = Pop(2);
            Push(numbers.Compare(comparison, unsigned, operands[0], operands[1]));
            return true;
        }
        switch (name)
        {
            case "neg":
                Push(arithmetic.Negate(numbers.ToScalar(Pop())));
                return true;
            case "not":
                Push(arithmetic.Not(numbers.ToScalar(Pop())));
                return true;
            case "dup":
                Push(stack[^1]);
                return true;
            case "pop":
                Pop();
                return true;
            case "nop" or "readonly." or "volatile." or "unaligned.":
                return true;
            default:
                return false;
        }
    }

    private bool StepConversion(Frame frame, string name)
    {
        TypeCode target = name switch
        {
            "conv.i1" => TypeCode.SByte,
            "conv.u1" => TypeCode.Byte,
            "conv.i2" => TypeCode.Int16,
            "conv.u2" => TypeCode.UInt16,
            "conv.i4" => TypeCode.Int32,
            "conv.u4" => TypeCode.UInt32,
            "conv.i8" or "conv.i" => TypeCode.Int64,
            "conv.u8" or "conv.u" => TypeCode.UInt64,
            "conv.r4" => TypeCode.Single,
            "conv.r8" => TypeCode.Double,
            "conv.r.un" => UnsignedConversionTarget(frame),
            _ => TypeCode.Empty,
        };
        if (target == TypeCode.Empty)
            return false;
        Push(numbers.Convert(Pop(), target, unsigned: name is "conv.u8" or "conv.u" or "conv.r.un"));
        return true;
    }

    /// <summary>An unsigned integer becomes "some float" first and the wanted one next; in one step it is rounded once.</summary>
    private static TypeCode UnsignedConversionTarget(Frame frame)
    {
        int next = frame.Code.Instructions.FindIndex(i => i.Offset == frame.Offset) + 1;
        bool single = next < frame.Code.Instructions.Count && frame.Code.Instructions[next].OpCode.Name == "conv.r4";
        return single ? TypeCode.Single : TypeCode.Double;
    }

    /// <summary>Constants, locals and arguments.</summary>
    private bool StepVariable(Frame frame, string name, object? operand)
    {
        switch (name)
        {
            case "ldc.i4":
                Push(Constant.Of((int)operand!));
                return true;
            case "ldc.i8":
                Push(Constant.Of((long)operand!));
                return true;
            case "ldc.r4":
                Push(Constant.Of((float)operand!));
                return true;
            case "ldc.r8":
                Push(Constant.Of((double)operand!));
                return true;
            case "ldstr":
                Push(new HostObject(typeof(string)));
                return true;
            case "ldnull":
                Push(new HostObject(typeof(object)));
                return true;
            case "ldtoken":
                Push(new Token((MemberInfo)operand!));
                return true;
            case "sizeof":
                Push(Constant.Of(TypeLayout.Of((Type)operand!).Size));
                return true;
            case "ldarg":
                Push(state[frame.Arguments[(int)operand!].Id]!);
                return true;
            case "ldloc":
                Push(state[frame.Locals[(int)operand!].Id]!);
                return true;
            case "ldarga":
                Push(new PlaceReference(frame.Arguments[(int)operand!], []));
                return true;
            case "ldloca":
                Push(new PlaceReference(frame.Locals[(int)operand!], []));
                return true;
            case "starg":
                Assign(frame.Arguments[(int)operand!], Pop());
                return true;
            case "stloc":
                Assign(frame.Locals[(int)operand!], Pop());
                return true;
            default:
                return false;
        }
    }

    private void Assign(Place place, Value value) => state[place.Id] = numbers.Coerce(value, place.Type);

    /// <summary>Fields, and reads and writes through references.</summary>
    private bool StepMemory(string name, object? operand)
    {
        switch (name)
        {
            case "ldfld":
                Push(LoadField(Pop(), (FieldInfo)operand!));
                return true;
            case "ldflda":
                Push(FieldReference(Pop(), (FieldInfo)operand!));
                return true;
            case "stfld":
                Value stored = Pop();
                StoreTo(FieldReference(Pop(), (FieldInfo)operand!), ((FieldInfo)operand!).FieldType, stored);
                return true;
            case "ldsfld":
                Push(StaticField((FieldInfo)operand!));
                return true;
            case "ldobj":
                Push(LoadFrom(Pop(), (Type)operand!));
                return true;
            case "stobj":
                Value whole = Pop();
                StoreTo(Pop(), (Type)operand!, whole);
                return true;
            case "initobj":
                StoreTo(Pop(), (Type)operand!, Default((Type)operand!));
                return true;
        }
        if (IndirectType(name) is not { } type)
            return false;
        if (name.StartsWith("ldind", StringComparison.Ordinal))
        {
            Push(LoadFrom(Pop(), type));
            return true;
        }
        Value value = Pop();
        StoreTo(Pop(), type, value);
        return true;
    }

    private static Type? IndirectType(string name) => name switch
    {
        "ldind.i1" or "stind.i1" => typeof(sbyte),
        "ldind.u1" => typeof(byte),
        "ldind.i2" or "stind.i2" => typeof(short),
        "ldind.u2" => typeof(ushort),
        "ldind.i4" or "stind.i4" => typeof(int),
        "ldind.u4" => typeof(uint),
        "ldind.i8" or "stind.i8" => typeof(long),
        "ldind.i" or "stind.i" => typeof(nint),
        "ldind.r4" or "stind.r4" => typeof(float),
        "ldind.r8" or "stind.r8" => typeof(double),
        _ => null,
    };

    private Value StaticField(FieldInfo field)
    {
        if (!field.IsInitOnly && !field.IsLiteral)
            throw new NotSupportedException($"the static field {field.Name} can change; only static readonly fields are known to a kernel");
        return field.GetValue(null) switch
        {
            bool b => Constant.Of(b ? 1 : 0),
            byte or sbyte or short or ushort or int or char => Constant.Of(System.Convert.ToInt32(field.GetValue(null))),
            uint u => Constant.Of((int)u),
            long l => Constant.Of(l),
            ulong ul => Constant.Of((long)ul),
            float f => Constant.Of(f),
            double d => Constant.Of(d),
            _ => throw new NotSupportedException($"the static field {field.Name} of type {field.FieldType.Name}: only numbers are known to a kernel"),
        };
    }
}
