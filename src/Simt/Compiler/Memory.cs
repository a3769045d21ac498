namespace BareBert.Simt;

/// <summary>Loads, stores and addresses in global, shared and local memory.</summary>
internal sealed class Memory(Emitter emitter, Numbers numbers, Arithmetic arithmetic)
{
    /// <summary>The address of element <paramref name="index"/> behind <paramref name="pointer"/>.</summary>
    /// <remarks>A constant part of the index goes into the instruction's own offset.</remarks>
    public Pointer Element(Pointer pointer, Scalar index, long size)
    {
        if (index is Constant constant)
            return pointer.Plus(constant.Bits * size);
        if (emitter.DefinitionOf(index) is { Opcode: "cvt.s64.s32", Operands: [var narrow] })
            return Element(pointer, narrow, size);
        if (arithmetic.AddedConstant(index) is var (rest, added))
            return Element(pointer.Plus(added * size), rest, size);
        return pointer with { Base = Indexed(pointer, index, size) };
    }

    private Register Indexed(Pointer pointer, Scalar index, long size)
    {
        Constant scale = Constant.Of((int)size);
        if (pointer.Space != AddressSpace.Global)
            return emitter.Pure(PtxType.Int32, "mad.lo.s32 $0, $1, $2, $3", numbers.Convert(index, TypeCode.Int32), scale, pointer.Base);
        return index.Type == PtxType.Int32
            ? emitter.Pure(PtxType.Int64, "mad.wide.s32 $0, $1, $2, $3", index, scale, pointer.Base)
            : emitter.Pure(PtxType.Int64, "mad.lo.s64 $0, $1, $2, $3", index, Constant.Of(size), pointer.Base);
    }

    /// <summary>The address as one register, for joins and instructions that take no offset.</summary>
    public Register Address(Pointer pointer)
    {
        if (pointer.Offset == 0)
            return pointer.Base;
        Constant offset = pointer.Base.Type == PtxType.Int64 ? Constant.Of(pointer.Offset) : Constant.Of((int)pointer.Offset);
        return (Register)arithmetic.Binary(BinaryOperation.Add, pointer.Base, offset);
    }

    /// <summary>The address operand's text: <c>[$n+16]</c>.</summary>
    public static string Operand(int position, long offset) => offset == 0 ? $"[${position}]" : $"[${position}+{offset}]";

    public static string Name(AddressSpace space) => space switch
    {
        AddressSpace.Global => "global",
        AddressSpace.Shared => "shared",
        _ => "local",
    };

    /// <summary>Reads a <paramref name="type"/>; a struct of two or four equal numbers in one vector access.</summary>
    public Value Load(Pointer pointer, Type type)
    {
        TypeLayout layout = TypeLayout.Of(type);
        if (layout.IsScalar)
            return emitter.ReadSmall(layout.Register, TypeLayout.SizeOf(layout.Code) < 4 ? layout.Code : TypeCode.Empty,
                $"ld.{Name(pointer.Space)}.{TypeLayout.MemorySuffix(layout.Code)} $0, {Operand(1, pointer.Offset)}", pointer.Base);
        Reject(layout);
        if (layout.VectorWidth > 1)
            return LoadVector(pointer, layout);
        return new Aggregate(type, [.. layout.Fields.Select(field => Load(pointer.Plus(field.Offset), field.Type))]);
    }

    public void Store(Pointer pointer, Type type, Value value)
    {
        TypeLayout layout = TypeLayout.Of(type);
        if (layout.IsScalar)
        {
            Scalar scalar = numbers.ToScalar(numbers.Coerce(value, type));
            emitter.Effect([], $"st.{Name(pointer.Space)}.{StoreSuffix(layout.Code)} {Operand(0, pointer.Offset)}, $1", pointer.Base, scalar);
            return;
        }
        Reject(layout);
        if (value is not Aggregate aggregate)
            throw new NotSupportedException(value is Unusable unusable ? unusable.Reason : $"a {type.Name} was expected");
        if (layout.VectorWidth > 1)
            StoreVector(pointer, layout, aggregate);
        else
            for (int i = 0; i < layout.Fields.Length; i++)
                Store(pointer.Plus(layout.Fields[i].Offset), layout.Fields[i].Type, aggregate.Fields[i]);
    }

    private static string StoreSuffix(TypeCode code) => TypeLayout.MemorySuffix(code).Replace('s', 'u');

    private Aggregate LoadVector(Pointer pointer, TypeLayout layout)
    {
        TypeLayout element = TypeLayout.Of(layout.Fields[0].Type);
        PtxType[] types = Enumerable.Repeat(element.Register, layout.VectorWidth).ToArray();
        string list = string.Join(", ", types.Select((_, i) => $"${i}"));
        return new Aggregate(layout.Type, emitter.ReadMany(types,
            $"ld.{Name(pointer.Space)}.v{types.Length}.{element.Register.Suffix()} {{{list}}}, {Operand(types.Length, pointer.Offset)}", pointer.Base));
    }

    private void StoreVector(Pointer pointer, TypeLayout layout, Aggregate value)
    {
        TypeLayout element = TypeLayout.Of(layout.Fields[0].Type);
        Scalar[] operands = [pointer.Base, .. value.Fields.Select(f => emitter.InRegister(numbers.ToScalar(numbers.Coerce(f, element.Type))))];
        string list = string.Join(", ", operands.Skip(1).Select((_, i) => $"${i + 1}"));
        emitter.Effect([], $"st.{Name(pointer.Space)}.v{layout.VectorWidth}.{element.Register.Suffix()} {Operand(0, pointer.Offset)}, {{{list}}}", operands);
    }

    private static void Reject(TypeLayout layout)
    {
        if (layout.IsView || !TypeLayout.IsStruct(layout.Type))
            throw new NotSupportedException($"a {layout.Type.Name} cannot lie in device memory");
    }
}
