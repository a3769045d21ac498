namespace BareBert.Simt;

/// <summary>mma.sync, ldmatrix, cp.async and bf16 conversions.</summary>
internal static class TensorCoreIntrinsics
{
    public static void AddTo(Dictionary<(Type, string), Intrinsic> table)
    {
        Type type = typeof(TensorCore);
        table[(type, nameof(TensorCore.MultiplyTf32))] = (c, _, a) => Multiply(c, "m16n8k8.row.col.f32.tf32.tf32.f32", a);
        table[(type, nameof(TensorCore.MultiplyBf16))] = (c, _, a) => Multiply(c, "m16n8k16.row.col.f32.bf16.bf16.f32", a);
        table[(type, nameof(TensorCore.ToTf32))] = (c, _, a) => c.Emitter.Pure(PtxType.Int32, "cvt.rna.tf32.f32 $0, $1", c.Emitter.InRegister(c.Numbers.ToScalar(a[0])));
        table[(type, "LoadMatrix2")] = (c, _, a) => LoadMatrix(c, "x2", a[0], typeof(UInt2));
        table[(type, "LoadMatrix2Transposed")] = (c, _, a) => LoadMatrix(c, "x2.trans", a[0], typeof(UInt2));
        table[(type, "LoadMatrix4")] = (c, _, a) => LoadMatrix(c, "x4", a[0], typeof(UInt4));
        table[(type, "LoadMatrix4Transposed")] = (c, _, a) => LoadMatrix(c, "x4.trans", a[0], typeof(UInt4));

        table[(typeof(AsyncCopy), "Copy16")] = (c, _, a) => Copy(c, "cp.async.cg.shared.global", 16, a);
        table[(typeof(AsyncCopy), "Copy4")] = (c, _, a) => Copy(c, "cp.async.ca.shared.global", 4, a);
        table[(typeof(AsyncCopy), "Commit")] = (c, _, _) => ThreadIntrinsics.Effect(c, "cp.async.commit_group");
        table[(typeof(AsyncCopy), "Wait")] = (c, _, a) => a[0] is Constant groups
            ? ThreadIntrinsics.Effect(c, $"cp.async.wait_group {groups.Bits}")
            : throw new NotSupportedException("AsyncCopy.Wait takes a number that is known when the kernel is compiled");

        table[(typeof(Bf16), "FromFloat")] = (c, _, a) => FromFloat(c, a[0]);
        table[(typeof(Bf16), "Pack")] = (c, _, a) => c.Emitter.Pure(PtxType.Int32, "cvt.rn.bf16x2.f32 $0, $2, $1",
            c.Emitter.InRegister(c.Numbers.ToScalar(a[0])), c.Emitter.InRegister(c.Numbers.ToScalar(a[1])));
    }

    private static Value? Multiply(KernelCompiler compiler, string shape, Value[] arguments)
    {
        Scalar[] Registers(Value value) => [.. ((Aggregate)value).Fields.Select(f => compiler.Emitter.InRegister(compiler.Numbers.ToScalar(f)))];
        Value accumulator = compiler.LoadFrom(arguments[0], typeof(Float4));
        Scalar[] operands = [.. Registers(arguments[1]), .. Registers(arguments[2]), .. Registers(accumulator)];
        PtxType[] results = [PtxType.Float32, PtxType.Float32, PtxType.Float32, PtxType.Float32];
        Register[] sums = compiler.Emitter.ReadMany(results,
            $"mma.sync.aligned.{shape} {{$0, $1, $2, $3}}, {{$4, $5, $6, $7}}, {{$8, $9}}, {{$10, $11, $12, $13}}", operands);
        compiler.StoreTo(arguments[0], typeof(Float4), new Aggregate(typeof(Float4), sums));
        return null;
    }

    private static Aggregate LoadMatrix(KernelCompiler compiler, string shape, Value row, Type result)
    {
        Pointer pointer = KernelCompiler.DevicePointer(row, "TensorCore.LoadMatrix", AddressSpace.Shared);
        PtxType[] words = Enumerable.Repeat(PtxType.Int32, TypeLayout.Of(result).Fields.Length).ToArray();
        string list = string.Join(", ", words.Select((_, i) => $"${i}"));
        return new Aggregate(result, compiler.Emitter.ReadMany(words,
            $"ldmatrix.sync.aligned.m8n8.{shape}.shared.b16 {{{list}}}, {Memory.Operand(words.Length, pointer.Offset)}", pointer.Base));
    }

    private static Value? Copy(KernelCompiler compiler, string opcode, int bytes, Value[] arguments)
    {
        Pointer to = KernelCompiler.DevicePointer(arguments[0], "the target of AsyncCopy", AddressSpace.Shared);
        Pointer from = KernelCompiler.DevicePointer(arguments[1], "the source of AsyncCopy", AddressSpace.Global);
        string template = $"{opcode} {Memory.Operand(0, to.Offset)}, {Memory.Operand(1, from.Offset)}, {bytes}";
        if (arguments.Length == 2)
            return ThreadIntrinsics.Effect(compiler, template, to.Base, from.Base);
        // The source size: all bytes inside, none outside; what is not copied is filled with zeros.
        Scalar size = compiler.Numbers.IsTrue(arguments[2]) switch
        {
            Constant inside => Constant.Of(inside.IsZero ? 0 : bytes),
            var condition => compiler.Emitter.Pure(PtxType.Int32, ((Condition)condition).Negated
                ? $"selp.b32 $0, 0, {bytes}, $1" : $"selp.b32 $0, {bytes}, 0, $1", ((Condition)condition).Predicate),
        };
        return ThreadIntrinsics.Effect(compiler, template + ", $2", to.Base, from.Base, compiler.Emitter.InRegister(size));
    }

    /// <summary>The conversion works on pairs: a zero goes into the other half.</summary>
    private static Register FromFloat(KernelCompiler compiler, Value value) => compiler.Emitter.PureSmall(TypeCode.UInt16,
        "cvt.rn.bf16x2.f32 $0, 0f00000000, $1", compiler.Emitter.InRegister(compiler.Numbers.ToScalar(value)));
}
