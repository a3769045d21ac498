using ILGPU;

namespace BareBert.Simt;

/// <summary>Shuffles and votes.</summary>
internal static class WarpIntrinsics
{
    private const string AllLanes = "-1";

    public static void AddTo(Dictionary<(Type, string), Intrinsic> table)
    {
        table[(typeof(Warp), "Shuffle")] = (c, _, a) => Shuffle(c, "idx", a);
        table[(typeof(Warp), "ShuffleDown")] = (c, _, a) => Shuffle(c, "down", a);
        table[(typeof(Warp), "ShuffleUp")] = (c, _, a) => Shuffle(c, "up", a);
        table[(typeof(Warp), "ShuffleXor")] = (c, _, a) => Shuffle(c, "bfly", a);
        table[(typeof(Warp), "get_WarpSize")] = (_, _, _) => Constant.Of(32);
        table[(typeof(Warp), "get_WarpIdx")] = (c, _, _) => WarpIdx(c);
        table[(typeof(WarpVote), "Any")] = (c, _, a) => Vote(c, "any", a[0]);
        table[(typeof(WarpVote), "All")] = (c, _, a) => Vote(c, "all", a[0]);
        table[(typeof(WarpVote), "Ballot")] = (c, _, a) => Ballot(c, a[0]);
    }

    private static Value Shuffle(KernelCompiler compiler, string mode, Value[] arguments)
    {
        Scalar lane = compiler.Numbers.ToScalar(arguments[1]);
        return Shuffle(compiler, mode, arguments[0], lane, Clamp(compiler, mode, arguments.Length > 2 ? arguments[2] : Constant.Of(32)));
    }

    /// <summary>shfl's c operand: where lanes end (0 for up, 31 else), and which lane bits stay (32 − width, in bits 8 … 12).</summary>
    private static Scalar Clamp(KernelCompiler compiler, string mode, Value width)
    {
        Scalar fixedBits = compiler.Numbers.Binary(BinaryOperation.Subtract, Constant.Of(32), width);
        Scalar shifted = compiler.Numbers.Binary(BinaryOperation.ShiftLeft, fixedBits, Constant.Of(8));
        return compiler.Numbers.Binary(BinaryOperation.Or, shifted, Constant.Of(mode == "up" ? 0 : 31));
    }

    /// <summary>shfl moves 32 bits: what is larger goes in pieces.</summary>
    private static Value Shuffle(KernelCompiler compiler, string mode, Value value, Scalar lane, Scalar clamp)
    {
        if (value is Aggregate aggregate)
            return new Aggregate(aggregate.Type, [.. aggregate.Fields.Select(field => Shuffle(compiler, mode, field, lane, clamp))]);
        Emitter emitter = compiler.Emitter;
        Register source = emitter.InRegister(compiler.Numbers.ToScalar(value));
        string template = $"shfl.sync.{mode}.b32 $0, $1, $2, $3, {AllLanes}";
        if (!source.Type.IsWide())
            return emitter.ReadSmall(source.Type, source.Range, template, source, lane, clamp);
        Register[] halves = emitter.ReadMany([PtxType.Int32, PtxType.Int32], "mov.b64 {$0, $1}, $2", source);
        Register low = emitter.Read(PtxType.Int32, template, halves[0], lane, clamp);
        Register high = emitter.Read(PtxType.Int32, template, halves[1], lane, clamp);
        return emitter.Read(source.Type, "mov.b64 $0, {$1, $2}", low, high);
    }

    private static Scalar WarpIdx(KernelCompiler compiler)
    {
        Scalar Special(string name) => compiler.Emitter.Once(PtxType.Int32, $"mov.u32 $0, %{name}", TypeCode.UInt16);
        Numbers numbers = compiler.Numbers;
        Scalar rows = numbers.Binary(BinaryOperation.Add, Special("tid.y"), numbers.Binary(BinaryOperation.Multiply, Special("ntid.y"), Special("tid.z")));
        Scalar thread = numbers.Binary(BinaryOperation.Add, Special("tid.x"), numbers.Binary(BinaryOperation.Multiply, Special("ntid.x"), rows));
        return numbers.Binary(BinaryOperation.ShiftRightUnsigned, thread, Constant.Of(5));
    }

    private static Condition Vote(KernelCompiler compiler, string mode, Value predicate)
    {
        Condition condition = compiler.AsCondition(predicate);
        string source = condition.Negated ? "!$1" : "$1";
        return new Condition(compiler.Emitter.Read(PtxType.Predicate, $"vote.sync.{mode}.pred $0, {source}, {AllLanes}", condition.Predicate), false);
    }

    private static Register Ballot(KernelCompiler compiler, Value predicate)
    {
        Condition condition = compiler.AsCondition(predicate);
        string source = condition.Negated ? "!$1" : "$1";
        return compiler.Emitter.Read(PtxType.Int32, $"vote.sync.ballot.b32 $0, {source}, {AllLanes}", condition.Predicate);
    }
}
