using System.Globalization;
using System.Numerics;

namespace BareBert.Simt;

/// <summary>Turns lines of PTX into instructions that know where their operands are.</summary>
internal sealed partial class Decoder(ParsedKernel kernel, EmulatedProgram program)
{
    private ParsedInstruction current = null!;

    public LaneInstruction[] Decode()
    {
        HashSet<int> targets = [.. kernel.Labels.Values];
        var code = new LaneInstruction[kernel.Instructions.Count];
        for (int i = 0; i < code.Length; i++)
        {
            current = kernel.Instructions[i];
            code[i] = Instruction(current.Opcode)
                ?? throw new FormatException($"{kernel.Name}, PTX line {current.Line}: the interpreter does not know {current}");
            code[i].Line = current.Line;
            code[i].Text = current.ToString();
            code[i].StartsBlock = targets.Contains(i) || i > 0 && kernel.Instructions[i - 1].EndsBlock;
        }
        return code;
    }

    private LaneInstruction? Instruction(string opcode) =>
        Control(opcode) ?? Arithmetic(opcode) ?? Compare(opcode) ?? Mathematics(opcode) ?? Convert(opcode) ?? Move(opcode)
        ?? MemoryAccess(opcode) ?? WarpWide(opcode);

    /// <summary>The register's offset in a warp's register file.</summary>
    private int Register(int operand) => RegisterOffset(current.Operands[operand]);

    private int RegisterOffset(string name)
    {
        int slot = program.Registers[name];
        return RegisterAllocation.Kind(name) switch
        {
            0 => slot,
            1 => slot * 4 * EmulatedWarp.Lanes,
            _ => (program.Registers.Counts.Narrow * 4 + slot * 8) * EmulatedWarp.Lanes,
        };
    }

    private int Predicate(int operand) => program.Registers[current.Operands[operand].TrimStart('!')];

    private bool IsNegated(int operand) => current.Operands[operand].StartsWith('!');

    /// <summary>An operand that is read: a register or a constant of <paramref name="bytes"/>.</summary>
    private Source Source(int operand, int bytes = 4)
    {
        string text = current.Operands[operand];
        return text[0] == '%' ? new Source(RegisterOffset(text), IsConstant: false) : program.Constant(Number(text, bytes), bytes);
    }

    private static ulong Number(string text, int bytes)
    {
        if (text.StartsWith("0f", StringComparison.Ordinal) || text.StartsWith("0d", StringComparison.Ordinal))
            return ulong.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        long value = text[0] == '-' ? long.Parse(text, CultureInfo.InvariantCulture) : (long)ulong.Parse(text, CultureInfo.InvariantCulture);
        return bytes == 4 ? (uint)value : (ulong)value;
    }

    /// <summary>An address operand: <c>[%rd1+16]</c>.</summary>
    private (Source Base, long Offset) Address(int operand)
    {
        string text = current.Operands[operand].Trim('[', ']');
        int plus = text.IndexOf('+');
        long offset = plus < 0 ? 0 : long.Parse(text.AsSpan(plus + 1), CultureInfo.InvariantCulture);
        string register = plus < 0 ? text : text[..plus];
        return (new Source(RegisterOffset(register), IsConstant: false, RegisterAllocation.Kind(register) == 2), offset);
    }

    private LaneInstruction? Control(string opcode)
    {
        switch (opcode)
        {
            case "bra":
                int predicate = current.Guard is null ? -1 : program.Registers[current.Guard];
                return new BranchInstruction(predicate, current.GuardNegated, kernel.Labels[current.Operands[0]]);
            case "ret" or "exit":
                return new ExitInstruction();
            case "bar.sync":
                return new BarrierInstruction(BarrierReduction.None, 0, 0, false);
            case "bar.red.popc.u32":
                return new BarrierInstruction(BarrierReduction.Count, Register(0), Predicate(2), IsNegated(2));
            case "bar.red.and.pred":
                return new BarrierInstruction(BarrierReduction.And, Predicate(0), Predicate(2), IsNegated(2));
            case "bar.red.or.pred":
                return new BarrierInstruction(BarrierReduction.Or, Predicate(0), Predicate(2), IsNegated(2));
            case "bar.warp.sync":
                return new WarpBarrierInstruction();
            case "membar.cta" or "membar.gl" or "membar.sys":
                return new FenceInstruction();
            default:
                return null;
        }
    }

    private LaneInstruction? Arithmetic(string opcode) => opcode switch
    {
        "add.s32" => Vector<int, Add<int>>(),
        "add.s64" => Vector<long, Add<long>>(),
        "add.rn.f32" => Vector<float, Add<float>>(),
        "add.rn.f64" => Vector<double, Add<double>>(),
        "sub.s32" => Vector<int, Subtract<int>>(),
        "sub.s64" => Vector<long, Subtract<long>>(),
        "sub.rn.f32" => Vector<float, Subtract<float>>(),
        "sub.rn.f64" => Vector<double, Subtract<double>>(),
        "mul.lo.s32" => Vector<int, Multiply<int>>(),
        "mul.lo.s64" => Vector<long, Multiply<long>>(),
        "mul.rn.f32" => Vector<float, Multiply<float>>(),
        "mul.rn.f64" => Vector<double, Multiply<double>>(),
        "div.s32" => Binary<int, Divide<int>>(),
        "div.u32" => Binary<uint, Divide<uint>>(),
        "div.s64" => Binary<long, Divide<long>>(),
        "div.u64" => Binary<ulong, Divide<ulong>>(),
        "div.rn.f32" => Vector<float, DivideFloat<float>>(),
        "div.rn.f64" => Vector<double, DivideFloat<double>>(),
        "rem.s32" => Binary<int, Remainder<int>>(),
        "rem.u32" => Binary<uint, Remainder<uint>>(),
        "rem.s64" => Binary<long, Remainder<long>>(),
        "rem.u64" => Binary<ulong, Remainder<ulong>>(),
        "and.b32" => Vector<uint, And<uint>>(),
        "and.b64" => Vector<ulong, And<ulong>>(),
        "or.b32" => Vector<uint, Or<uint>>(),
        "or.b64" => Vector<ulong, Or<ulong>>(),
        "xor.b32" => Vector<uint, Xor<uint>>(),
        "xor.b64" => Vector<ulong, Xor<ulong>>(),
        "shl.b32" => new ShiftInstruction<uint>(Register(0), Source(1), Source(2), left: true),
        "shl.b64" => new ShiftInstruction<ulong>(Register(0), Source(1, 8), Source(2), left: true),
        "shr.s32" => new ShiftInstruction<int>(Register(0), Source(1), Source(2), left: false),
        "shr.u32" => new ShiftInstruction<uint>(Register(0), Source(1), Source(2), left: false),
        "shr.s64" => new ShiftInstruction<long>(Register(0), Source(1, 8), Source(2), left: false),
        "shr.u64" => new ShiftInstruction<ulong>(Register(0), Source(1, 8), Source(2), left: false),
        "min.s32" => Binary<int, Min<int>>(),
        "min.u32" => Binary<uint, Min<uint>>(),
        "min.s64" => Binary<long, Min<long>>(),
        "min.u64" => Binary<ulong, Min<ulong>>(),
        "min.f64" => Binary<double, Min<double>>(),
        "min.NaN.f32" => Binary<float, MinNaN>(),
        "max.s32" => Binary<int, Max<int>>(),
        "max.u32" => Binary<uint, Max<uint>>(),
        "max.s64" => Binary<long, Max<long>>(),
        "max.u64" => Binary<ulong, Max<ulong>>(),
        "max.f64" => Binary<double, Max<double>>(),
        "max.NaN.f32" => Binary<float, MaxNaN>(),
        "fma.rn.f32" => new FusedMultiplyAddInstruction(Register(0), Source(1), Source(2), Source(3)),
        "fma.rn.f64" => new TernaryInstruction<double, double, FusedMultiplyAdd<double>>(Register(0), Source(1, 8), Source(2, 8), Source(3, 8)),
        "mad.lo.s32" => new TernaryInstruction<int, int, MultiplyAddLow<int>>(Register(0), Source(1), Source(2), Source(3)),
        "mad.lo.s64" => new TernaryInstruction<long, long, MultiplyAddLow<long>>(Register(0), Source(1, 8), Source(2, 8), Source(3, 8)),
        "mul.wide.u32" => new PairInstruction<uint, ulong>(Register(0), Source(1), Source(2), (a, b) => (ulong)a * b),
        "mul.wide.s32" => new PairInstruction<int, long>(Register(0), Source(1), Source(2), (a, b) => (long)a * b),
        "mul.hi.u32" => new PairInstruction<uint, uint>(Register(0), Source(1), Source(2), (a, b) => (uint)((ulong)a * b >> 32)),
        "min.f32" => Binary<float, Min<float>>(),
        "max.f32" => Binary<float, Max<float>>(),
        "and.pred" => new PredicateInstruction(Predicate(0), Predicate(1), Predicate(2), (a, b) => a & b),
        "or.pred" => new PredicateInstruction(Predicate(0), Predicate(1), Predicate(2), (a, b) => a | b),
        "xor.pred" => new PredicateInstruction(Predicate(0), Predicate(1), Predicate(2), (a, b) => a ^ b),
        "not.pred" => new PredicateInstruction(Predicate(0), Predicate(1), Predicate(1), (a, _) => ~a),
        "mov.pred" when current.Operands[1][0] == '%' => new PredicateInstruction(Predicate(0), Predicate(1), Predicate(1), (a, _) => a),
        "mov.pred" => new PredicateInstruction(Predicate(0), Predicate(0), Predicate(0), current.Operands[1] is "0" or "false" ? (_, _) => 0 : (_, _) => uint.MaxValue),
        "mad.wide.s32" => new TernaryInstruction<int, long, MultiplyAddWide>(Register(0), Source(1), Source(2), Source(3, 8)),
        _ => null,
    };

    private unsafe VectorBinaryInstruction<T, TOperation> Vector<T, TOperation>() where T : unmanaged where TOperation : IVectorBinary<T> =>
        new(Register(0), Source(1, sizeof(T)), Source(2, sizeof(T)));

    private unsafe BinaryInstruction<T, TOperation> Binary<T, TOperation>() where T : unmanaged where TOperation : IBinary<T> =>
        new(Register(0), Source(1, sizeof(T)), Source(2, sizeof(T)));

    private LaneInstruction? Mathematics(string opcode) => opcode switch
    {
        "neg.s32" => Unary<int, int>(x => unchecked(-x)),
        "neg.s64" => Unary<long, long>(x => unchecked(-x)),
        "neg.f32" => Unary<float, float>(x => -x),
        "neg.f64" => Unary<double, double>(x => -x),
        "not.b32" => Unary<int, int>(x => ~x),
        "not.b64" => Unary<long, long>(x => ~x),
        "abs.s32" => Unary<int, int>(x => x < 0 ? unchecked(-x) : x),
        "abs.s64" => Unary<long, long>(x => x < 0 ? unchecked(-x) : x),
        "abs.f32" => Unary<float, float>(MathF.Abs),
        "abs.f64" => Unary<double, double>(Math.Abs),
        "sqrt.rn.f32" => Unary<float, float>(MathF.Sqrt),
        "sqrt.rn.f64" => Unary<double, double>(Math.Sqrt),
        "ex2.approx.ftz.f32" => Unary<float, float>(x => Flush((float)Math.Pow(2, Flush(x)))),
        "lg2.approx.f32" => Unary<float, float>(x => (float)Math.Log2(x)),
        "ex2.approx.f32" => Unary<float, float>(x => (float)Math.Pow(2, x)),
        "tanh.approx.f32" => Unary<float, float>(MathF.Tanh),
        "rcp.rn.f32" => Unary<float, float>(x => 1 / x),
        "rcp.rn.f64" => Unary<double, double>(x => 1 / x),
        "rsqrt.approx.f32" => Unary<float, float>(x => (float)(1 / Math.Sqrt(x))),
        "rcp.approx.ftz.f32" => Unary<float, float>(x => Flush(1 / Flush(x))),
        "popc.b32" => Unary<uint, int>(BitOperations.PopCount),
        "popc.b64" => Unary<ulong, int>(BitOperations.PopCount),
        "clz.b32" => Unary<uint, int>(BitOperations.LeadingZeroCount),
        "clz.b64" => Unary<ulong, int>(BitOperations.LeadingZeroCount),
        _ => null,
    };

    /// <summary>.ftz: subnormal numbers become zero.</summary>
    private static float Flush(float x) => float.IsSubnormal(x) ? MathF.CopySign(0, x) : x;

    private unsafe UnaryInstruction<TFrom, TTo> Unary<TFrom, TTo>(Func<TFrom, TTo> function) where TFrom : unmanaged where TTo : unmanaged =>
        new(Register(0), Source(1, sizeof(TFrom)), function);
}
