using ILGPU;

namespace BareBert.Simt;

/// <summary>Who am I, how many are we, and waiting for each other.</summary>
internal static class ThreadIntrinsics
{
    public static void AddTo(Dictionary<(Type, string), Intrinsic> table)
    {
        foreach (char axis in "XYZ")
        {
            char lower = char.ToLowerInvariant(axis);
            // A group has at most 1024 threads; grids may have more than 65535 groups along x only.
            AddRegister(table, typeof(Group), $"Idx{axis}", $"%tid.{lower}", TypeCode.UInt16);
            AddRegister(table, typeof(Group), $"Dim{axis}", $"%ntid.{lower}", TypeCode.UInt16);
            AddRegister(table, typeof(Grid), $"Idx{axis}", $"%ctaid.{lower}", axis == 'X' ? TypeCode.Empty : TypeCode.UInt16);
            AddRegister(table, typeof(Grid), $"Dim{axis}", $"%nctaid.{lower}", axis == 'X' ? TypeCode.Empty : TypeCode.UInt16);
        }
        AddRegister(table, typeof(Warp), "LaneIdx", "%laneid", TypeCode.Byte);
        table[(typeof(Group), "Barrier")] = (c, _, _) => Effect(c, "bar.sync 0");
        table[(typeof(Group), "BarrierPopCount")] = (c, _, a) => Reduce(c, a[0], PtxType.Int32, "bar.red.popc.u32");
        table[(typeof(Group), "BarrierAnd")] = (c, _, a) => new Condition((Register)Reduce(c, a[0], PtxType.Predicate, "bar.red.and.pred"), false);
        table[(typeof(Group), "BarrierOr")] = (c, _, a) => new Condition((Register)Reduce(c, a[0], PtxType.Predicate, "bar.red.or.pred"), false);
        table[(typeof(Warp), "Barrier")] = (c, _, _) => Effect(c, "bar.warp.sync -1");
        table[(typeof(MemoryFence), "GroupLevel")] = (c, _, _) => Effect(c, "membar.cta");
        table[(typeof(MemoryFence), "DeviceLevel")] = (c, _, _) => Effect(c, "membar.gl");
        table[(typeof(MemoryFence), "SystemLevel")] = (c, _, _) => Effect(c, "membar.sys");
    }

    private static void AddRegister(Dictionary<(Type, string), Intrinsic> table, Type type, string property, string register, TypeCode range) =>
        table[(type, "get_" + property)] = (c, _, _) => c.Emitter.Once(PtxType.Int32, $"mov.u32 $0, {register}", range);

    internal static Value? Effect(KernelCompiler compiler, string template, params Scalar[] operands)
    {
        compiler.Emitter.Effect([], template, operands);
        return null;
    }

    private static Scalar Reduce(KernelCompiler compiler, Value predicate, PtxType result, string opcode)
    {
        Condition condition = compiler.AsCondition(predicate);
        return compiler.Emitter.Effect([result], $"{opcode} $0, 0, {(condition.Negated ? "!" : "")}$1", condition.Predicate)[0];
    }
}
