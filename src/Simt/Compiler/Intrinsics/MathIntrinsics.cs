using System.Numerics;
using System.Reflection;
using ILGPU;
using ILGPU.Algorithms;

namespace BareBert.Simt;

/// <summary>Mathematics that is one instruction. The rest is C# in <see cref="DeviceMath"/>.</summary>
internal static class MathIntrinsics
{
    public static void AddTo(Dictionary<(Type, string), Intrinsic> table)
    {
        foreach (Type type in (Type[])[typeof(MathF), typeof(Math), typeof(XMath)])
        {
            table[(type, "Abs")] = Absolute;
            table[(type, "Min")] = (c, m, a) => Extreme(c, m, a, BinaryOperation.Min, BinaryOperation.MinUnsigned);
            table[(type, "Max")] = (c, m, a) => Extreme(c, m, a, BinaryOperation.Max, BinaryOperation.MaxUnsigned);
            table[(type, "Sqrt")] = (c, _, a) => Unary(c, a[0], "sqrt.rn");
            table[(type, "Floor")] = (c, _, a) => Round(c, a[0], "rmi");
            table[(type, "Ceiling")] = (c, _, a) => Round(c, a[0], "rpi");
            table[(type, "Truncate")] = (c, _, a) => Round(c, a[0], "rzi");
            table[(type, "FusedMultiplyAdd")] = FusedMultiplyAdd;
        }
        table[(typeof(XMath), "RoundToEven")] = (c, _, a) => Round(c, a[0], "rni");
        table[(typeof(DeviceMath), "Exp2Approximate")] = (c, _, a) => Unary(c, a[0], "ex2.approx.ftz");
        table[(typeof(DeviceMath), "Log2Approximate")] = (c, _, a) => Unary(c, a[0], "lg2.approx");
        table[(typeof(DeviceMath), "RsqrtApproximate")] = (c, _, a) => Unary(c, a[0], "rsqrt.approx");
        table[(typeof(DeviceMath), "RcpApproximate")] = (c, _, a) => Unary(c, a[0], "rcp.approx.ftz");

        foreach (Type type in (Type[])[typeof(BitConverter), typeof(Interop)])
        {
            foreach (string name in (string[])["SingleToInt32Bits", "SingleToUInt32Bits", "Int32BitsToSingle", "UInt32BitsToSingle",
                "DoubleToInt64Bits", "DoubleToUInt64Bits", "Int64BitsToDouble", "UInt64BitsToDouble", "FloatAsInt", "IntAsFloat"])
                table[(type, name)] = Bits;
        }
        table[(typeof(BitOperations), "PopCount")] = (c, _, a) => Count(c, a[0], "popc");
        table[(typeof(BitOperations), "LeadingZeroCount")] = (c, _, a) => Count(c, a[0], "clz");
        table[(typeof(XMath), "PopCount")] = (c, _, a) => Count(c, a[0], "popc");
        table[(typeof(XMath), "LeadingZeroCount")] = (c, _, a) => Count(c, a[0], "clz");
        table[(typeof(Interop), "SizeOf")] = (_, m, _) => Constant.Of(TypeLayout.Of(m.GetGenericArguments()[0]).Size);
        table[(typeof(System.Runtime.CompilerServices.Unsafe), "SizeOf")] = table[(typeof(Interop), "SizeOf")];
    }

    private static Scalar Operand(KernelCompiler compiler, Value value) => compiler.Emitter.InRegister(compiler.Numbers.ToScalar(value));

    private static Register Unary(KernelCompiler compiler, Value value, string opcode)
    {
        Scalar operand = Operand(compiler, value);
        return compiler.Emitter.Pure(operand.Type, $"{opcode}.{operand.Type.Suffix()} $0, $1", operand);
    }

    private static Register Round(KernelCompiler compiler, Value value, string mode)
    {
        Scalar operand = Operand(compiler, value);
        string type = operand.Type.Suffix();
        return compiler.Emitter.Pure(operand.Type, $"cvt.{mode}.{type}.{type} $0, $1", operand);
    }

    private static Value Absolute(KernelCompiler compiler, MethodInfo method, Value[] arguments)
    {
        Scalar operand = compiler.Emitter.InRegister(compiler.Numbers.ToScalar(arguments[0]));
        return compiler.Emitter.Pure(operand.Type, $"abs.{Simt.Arithmetic.Signed(operand.Type)} $0, $1", operand);
    }

    /// <summary>min and max; of floats NaN if one is NaN, as in .NET (PTX's own would drop it).</summary>
    private static Value? Extreme(KernelCompiler compiler, MethodInfo method, Value[] arguments, BinaryOperation signed, BinaryOperation unsigned)
    {
        TypeCode code = TypeLayout.Of(method.ReturnType).Code;
        Scalar a = compiler.Numbers.ToScalar(arguments[0]), b = compiler.Numbers.ToScalar(arguments[1]);
        string name = signed == BinaryOperation.Min ? "min" : "max";
        if (code == TypeCode.Single)
            return compiler.Emitter.Pure(PtxType.Float32, $"{name}.NaN.f32 $0, $1, $2", a, b);
        if (code == TypeCode.Double)
            return ExtremeDouble(compiler, name, a, b);
        return compiler.Numbers.Binary(code is TypeCode.UInt32 or TypeCode.UInt64 ? unsigned : signed, a, b);
    }

    /// <summary>There is no min.NaN.f64: a NaN operand is put in afterwards.</summary>
    private static Register ExtremeDouble(KernelCompiler compiler, string name, Scalar a, Scalar b)
    {
        Emitter emitter = compiler.Emitter;
        Register extreme = emitter.Pure(PtxType.Float64, $"{name}.f64 $0, $1, $2", a, b);
        Register unordered = emitter.Pure(PtxType.Predicate, "setp.nan.f64 $0, $1, $2", a, b);
        Register nan = emitter.Pure(PtxType.Float64, "add.rn.f64 $0, $1, $2", a, b);
        return emitter.Pure(PtxType.Float64, "selp.f64 $0, $1, $2, $3", nan, extreme, unordered);
    }

    private static Value FusedMultiplyAdd(KernelCompiler compiler, MethodInfo method, Value[] arguments)
    {
        Scalar[] operands = [.. arguments.Select(compiler.Numbers.ToScalar)];
        string type = TypeLayout.Of(method.ReturnType).Register.Suffix();
        return compiler.Emitter.Pure(TypeLayout.Of(method.ReturnType).Register, $"fma.rn.{type} $0, $1, $2, $3", operands);
    }

    private static Value Bits(KernelCompiler compiler, MethodInfo method, Value[] arguments)
    {
        PtxType to = TypeLayout.Of(method.ReturnType).Register;
        Scalar source = compiler.Numbers.ToScalar(arguments[0]);
        return source is Constant constant
            ? new Constant(to, constant.Bits)
            : compiler.Emitter.Pure(to, to.IsWide() ? "mov.b64 $0, $1" : "mov.b32 $0, $1", source);
    }

    private static Value Count(KernelCompiler compiler, Value value, string opcode)
    {
        Scalar operand = Operand(compiler, value);
        return compiler.Emitter.PureSmall(TypeCode.Byte, $"{opcode}.{operand.Type.Suffix()} $0, $1", operand);
    }
}
