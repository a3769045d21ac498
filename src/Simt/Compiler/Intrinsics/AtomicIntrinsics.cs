using System.Reflection;
using ILGPU;

namespace BareBert.Simt;

/// <summary>atom.*: read, change and write in one step.</summary>
internal static class AtomicIntrinsics
{
    public static void AddTo(Dictionary<(Type, string), Intrinsic> table)
    {
        foreach (string operation in (string[])["Add", "Max", "Min", "And", "Or", "Xor", "Exchange", "CompareExchange"])
            table[(typeof(Atomic), operation)] = (c, m, a) => Emit(c, operation, m, a);
    }

    private static Register Emit(KernelCompiler compiler, string operation, MethodInfo method, Value[] arguments)
    {
        TypeCode code = TypeLayout.Of(method.ReturnType).Code;
        PtxType type = TypeLayout.RegisterType(code);
        Pointer target = KernelCompiler.DevicePointer(arguments[0], $"Atomic.{operation}", AddressSpace.Global, AddressSpace.Shared);
        string name = operation switch
        {
            "Exchange" => "exch",
            "CompareExchange" => "cas",
            _ => operation.ToLowerInvariant(),
        };
        Scalar[] operands = [target.Base, .. arguments.Skip(1).Select(a => compiler.Emitter.InRegister(compiler.Numbers.Convert(a, code)))];
        string values = operands.Length == 3 ? "$2, $3" : "$2";
        return compiler.Emitter.Effect([type],
            $"atom.{Memory.Name(target.Space)}.{name}.{Suffix(operation, code)} $0, {Memory.Operand(1, target.Offset)}, {values}", operands)[0];
    }

    private static string Suffix(string operation, TypeCode code) => operation switch
    {
        "Add" => code switch
        {
            TypeCode.Int32 or TypeCode.UInt32 => "u32",
            TypeCode.Int64 or TypeCode.UInt64 => "u64",
            TypeCode.Single => "f32",
            _ => "f64",
        },
        "Max" or "Min" => code switch
        {
            TypeCode.Int32 => "s32",
            TypeCode.UInt32 => "u32",
            TypeCode.Int64 => "s64",
            _ => "u64",
        },
        _ => TypeLayout.SizeOf(code) == 4 ? "b32" : "b64",
    };
}
