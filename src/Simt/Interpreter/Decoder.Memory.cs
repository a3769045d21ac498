namespace BareBert.Simt;

internal sealed partial class Decoder
{
    private LaneInstruction? Compare(string opcode)
    {
        if (!opcode.StartsWith("setp.", StringComparison.Ordinal))
            return null;
        string[] parts = opcode.Split('.');
        return parts[2] switch
        {
            "s16" => CompareSmall<short>(parts[1]),
            "u16" => CompareSmall<ushort>(parts[1]),
            "s32" => Compare<int>(parts[1], 4),
            "u32" => Compare<uint>(parts[1], 4),
            "s64" => Compare<long>(parts[1], 8),
            "u64" => Compare<ulong>(parts[1], 8),
            "f32" => Compare<float>(parts[1], 4),
            "f64" => Compare<double>(parts[1], 8),
            _ => null,
        };
    }

    private LaneInstruction? Compare<T>(string comparison, int bytes) where T : unmanaged, System.Numerics.INumber<T>
    {
        (int p, Source a, Source b) = (Predicate(0), Source(1, bytes), Source(2, bytes));
        return comparison switch
        {
            "eq" => new CompareInstruction<T, Equal<T>>(p, a, b),
            "ne" => new CompareInstruction<T, NotEqual<T>>(p, a, b),
            "lt" => new CompareInstruction<T, Less<T>>(p, a, b),
            "le" => new CompareInstruction<T, LessOrEqual<T>>(p, a, b),
            "gt" => new CompareInstruction<T, Greater<T>>(p, a, b),
            "ge" => new CompareInstruction<T, GreaterOrEqual<T>>(p, a, b),
            "neu" => new CompareInstruction<T, OrUnordered<T, NotEqual<T>>>(p, a, b),
            "ltu" => new CompareInstruction<T, OrUnordered<T, Less<T>>>(p, a, b),
            "leu" => new CompareInstruction<T, OrUnordered<T, LessOrEqual<T>>>(p, a, b),
            "gtu" => new CompareInstruction<T, OrUnordered<T, Greater<T>>>(p, a, b),
            "geu" => new CompareInstruction<T, OrUnordered<T, GreaterOrEqual<T>>>(p, a, b),
            "equ" => new CompareInstruction<T, OrUnordered<T, Equal<T>>>(p, a, b),
            "notanumber" => new CompareInstruction<T, Unordered<T>>(p, a, b),
            "infinite" => new CompareInstruction<T, Infinite<T>>(p, a, b),
            "finite" => new CompareInstruction<T, Finite<T>>(p, a, b),
            _ => null,
        };
    }

    private LaneInstruction? CompareSmall<T>(string comparison) where T : unmanaged, System.Numerics.INumber<T>
    {
        (int p, Source a, Source b) = (Predicate(0), Source(1), Source(2));
        return comparison switch
        {
            "eq" => new CompareInstruction<uint, Truncated<T, Equal<T>>>(p, a, b),
            "ne" => new CompareInstruction<uint, Truncated<T, NotEqual<T>>>(p, a, b),
            "lt" => new CompareInstruction<uint, Truncated<T, Less<T>>>(p, a, b),
            "le" => new CompareInstruction<uint, Truncated<T, LessOrEqual<T>>>(p, a, b),
            "gt" => new CompareInstruction<uint, Truncated<T, Greater<T>>>(p, a, b),
            "ge" => new CompareInstruction<uint, Truncated<T, GreaterOrEqual<T>>>(p, a, b),
            _ => null,
        };
    }

    private LaneInstruction? Move(string opcode)
    {
        switch (opcode)
        {
            case "selp.b16" or "selp.b32" or "selp.f32":
                return new SelectInstruction<uint>(Register(0), Source(1), Source(2), Predicate(3));
            case "selp.b64" or "selp.f64":
                return new SelectInstruction<ulong>(Register(0), Source(1, 8), Source(2, 8), Predicate(3));
            case "mov.b64" when current.Results == 2:
                return new SplitInstruction(Register(0), Register(1), Source(2, 8));
            case "mov.b64" when current.Operands.Length == 3:
                return new JoinInstruction(Register(0), Source(1), Source(2));
            case "mov.b64" when program.TrySymbol(current.Operands[1], out uint place):
                return new MoveInstruction(Register(0), program.Constant(place, 8), 8);
            case "mov.b16" or "mov.b32" or "mov.f32":
                return new MoveInstruction(Register(0), Source(1), 4);
            case "mov.b64" or "mov.f64":
                return new MoveInstruction(Register(0), Source(1, 8), 8);
            case "mov.u32" when program.TrySymbol(current.Operands[1], out uint address):
                return new MoveInstruction(Register(0), program.Constant(address, 4), 4);
            case "mov.u32":
                return Special(current.Operands[1]) is { } value ? new SpecialInstruction(Register(0), value) : null;
            default:
                return null;
        }
    }

    private static Func<EmulatedWarp, int, uint>? Special(string name) => name switch
    {
        "%tid.x" => (warp, lane) => (uint)(warp.Thread(lane) % warp.Group.Size.X),
        "%tid.y" => (warp, lane) => (uint)(warp.Thread(lane) / warp.Group.Size.X % warp.Group.Size.Y),
        "%tid.z" => (warp, lane) => (uint)(warp.Thread(lane) / (warp.Group.Size.X * warp.Group.Size.Y)),
        "%ntid.x" => (warp, _) => (uint)warp.Group.Size.X,
        "%ntid.y" => (warp, _) => (uint)warp.Group.Size.Y,
        "%ntid.z" => (warp, _) => (uint)warp.Group.Size.Z,
        "%ctaid.x" => (warp, _) => (uint)warp.Group.IdxX,
        "%ctaid.y" => (warp, _) => (uint)warp.Group.IdxY,
        "%ctaid.z" => (warp, _) => (uint)warp.Group.IdxZ,
        "%nctaid.x" => (warp, _) => (uint)warp.Group.Grid.X,
        "%nctaid.y" => (warp, _) => (uint)warp.Group.Grid.Y,
        "%nctaid.z" => (warp, _) => (uint)warp.Group.Grid.Z,
        "%laneid" => (_, lane) => (uint)lane,
        "%dynamic_smem_size" => (warp, _) => warp.Group.DynamicShared,
        _ => null,
    };

    private LaneInstruction? MemoryAccess(string opcode)
    {
        string[] parts = opcode.Split('.');
        if (opcode.StartsWith("ld.param.", StringComparison.Ordinal))
        {
            int index = kernel.Parameters.FindIndex(p => p.Name == current.Operands[1].Trim('[', ']'));
            return new ParameterInstruction(Register(0), index, kernel.Parameters[index].Bytes);
        }
        return parts[0] switch
        {
            "ld" => Load(Space(parts[1]), parts[^1]),
            "st" => Store(Space(parts[1]), parts[^1]),
            // ILGPU writes operation and space the other way round than the PTX ISA; the assembler takes both.
            "atom" or "red" when parts is [_, var operation, "shared" or "global", var type] => Atomic(Space(parts[2]), operation, type),
            "cp" => CopyAsync(opcode),
            _ => null,
        };
    }

    private static AddressSpace Space(string name) => name switch
    {
        "global" => AddressSpace.Global,
        "shared" => AddressSpace.Shared,
        _ => AddressSpace.Local,
    };

    private LaneInstruction? Load(AddressSpace space, string type)
    {
        int[] targets = [.. Enumerable.Range(0, current.Results).Select(Register)];
        (Source at, long offset) = Address(current.Results);
        return type switch
        {
            "u8" or "b8" => new LoadInstruction<byte, uint>(space, targets, at, offset, x => x),
            "s8" => new LoadInstruction<sbyte, int>(space, targets, at, offset, x => x),
            "u16" or "b16" => new LoadInstruction<ushort, uint>(space, targets, at, offset, x => x),
            "s16" => new LoadInstruction<short, int>(space, targets, at, offset, x => x),
            "b32" or "f32" => new LoadInstruction<uint, uint>(space, targets, at, offset, x => x),
            "b64" or "f64" => new LoadInstruction<ulong, ulong>(space, targets, at, offset, x => x),
            _ => null,
        };
    }

    private LaneInstruction? Store(AddressSpace space, string type)
    {
        (Source at, long offset) = Address(0);
        int bytes = type.EndsWith("64", StringComparison.Ordinal) ? 8 : 4;
        Source[] sources = [.. Enumerable.Range(1, current.Operands.Length - 1).Select(i => Source(i, bytes))];
        return type switch
        {
            "u8" or "b8" or "s8" => new StoreInstruction<byte, uint>(space, sources, at, offset, x => (byte)x),
            "u16" or "b16" or "s16" => new StoreInstruction<ushort, uint>(space, sources, at, offset, x => (ushort)x),
            "b32" or "f32" => new StoreInstruction<uint, uint>(space, sources, at, offset, x => x),
            "b64" or "f64" => new StoreInstruction<ulong, ulong>(space, sources, at, offset, x => x),
            _ => null,
        };
    }

    private LaneInstruction? Atomic(AddressSpace space, string operation, string type) => (operation, type) switch
    {
        ("add", "u32") => Atomic<uint>(space, (a, b) => unchecked(a + b)),
        ("add", "u64") => Atomic<ulong>(space, (a, b) => unchecked(a + b)),
        ("add", "f32") => Atomic<float>(space, (a, b) => a + b),
        ("add", "f64") => Atomic<double>(space, (a, b) => a + b),
        ("min", "s32") => Atomic<int>(space, Math.Min),
        ("min", "u32") => Atomic<uint>(space, Math.Min),
        ("min", "s64") => Atomic<long>(space, Math.Min),
        ("min", "u64") => Atomic<ulong>(space, Math.Min),
        ("max", "s32") => Atomic<int>(space, Math.Max),
        ("max", "u32") => Atomic<uint>(space, Math.Max),
        ("max", "s64") => Atomic<long>(space, Math.Max),
        ("max", "u64") => Atomic<ulong>(space, Math.Max),
        ("and", "b32") => Atomic<uint>(space, (a, b) => a & b),
        ("and", "b64") => Atomic<ulong>(space, (a, b) => a & b),
        ("or", "b32") => Atomic<uint>(space, (a, b) => a | b),
        ("or", "b64") => Atomic<ulong>(space, (a, b) => a | b),
        ("xor", "b32") => Atomic<uint>(space, (a, b) => a ^ b),
        ("xor", "b64") => Atomic<ulong>(space, (a, b) => a ^ b),
        ("exch" or "cas", "b32") => Atomic<uint>(space, (_, b) => b),
        ("exch" or "cas", "b64") => Atomic<ulong>(space, (_, b) => b),
        _ => null,
    };

    /// <summary><c>d, [a], value</c>; with a comparand <c>d, [a], compare, value</c>; where nobody wants what was there before <c>[a], value</c>.</summary>
    private unsafe AtomicInstruction<T> Atomic<T>(AddressSpace space, Func<T, T, T> change) where T : unmanaged, IEquatable<T>
    {
        (Source at, long offset) = Address(current.Results);
        int first = current.Results + 1, last = current.Operands.Length - 1;
        return new AtomicInstruction<T>(space, current.Results == 0 ? null : Register(0), at, offset, Source(last, sizeof(T)),
            last > first ? Source(first, sizeof(T)) : null, change);
    }

    private LaneInstruction? CopyAsync(string opcode)
    {
        if (opcode == "cp.async.commit_group")
            return new CommitInstruction();
        if (opcode == "cp.async.wait_group")
            return new WaitInstruction(int.Parse(current.Operands[0], System.Globalization.CultureInfo.InvariantCulture));
        (Source to, long toOffset) = Address(0);
        (Source from, long fromOffset) = Address(1);
        int bytes = int.Parse(current.Operands[2], System.Globalization.CultureInfo.InvariantCulture);
        return new CopyAsyncInstruction(to, toOffset, from, fromOffset, bytes, current.Operands.Length > 3 ? Source(3) : null);
    }

    private LaneInstruction? WarpWide(string opcode)
    {
        string[] parts = opcode.Split('.');
        switch (parts[0])
        {
            case "shfl":
                return new ShuffleInstruction(parts[2], Register(0), Source(1), Source(2), Source(3));
            case "vote":
                return new VoteInstruction(parts[2], parts[2] == "ballot" ? Register(0) : Predicate(0), Predicate(1), IsNegated(1));
            case "ldmatrix":
                (Source at, long offset) = Address(current.Results);
                return new LoadMatrixInstruction([.. Enumerable.Range(0, current.Results).Select(Register)], at, offset, parts.Contains("trans"));
            case "mma":
                return new MultiplyMatrixInstruction(
                    [.. Enumerable.Range(0, 4).Select(Register)], [.. Enumerable.Range(4, 4).Select(i => Source(i))],
                    [.. Enumerable.Range(8, 2).Select(i => Source(i))], [.. Enumerable.Range(10, 4).Select(i => Source(i))], parts.Contains("bf16"));
            default:
                return null;
        }
    }
}
