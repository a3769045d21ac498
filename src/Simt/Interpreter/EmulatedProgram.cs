using System.Runtime.InteropServices;

namespace BareBert.Simt;

/// <summary>A kernel decoded for execution.</summary>
internal sealed unsafe class EmulatedProgram
{
    /// <summary>Bytes left free between shared arrays, so that running over one's end is seen. A multiple of all banks' width, so
    /// that it does not change which accesses conflict.</summary>
    private const uint Gap = 128;

    private readonly List<(uint Start, uint Bytes)> sharedArrays = [];
    private readonly Dictionary<string, uint> symbols = [];
    private readonly List<ulong> constants = [];
    private readonly byte* pool;

    private EmulatedProgram(ParsedKernel kernel)
    {
        Name = kernel.Name;
        Parameters = [.. kernel.Parameters.Select(parameter => parameter.Bytes)];
        uint shared = 0, local = 0;
        foreach (PtxArray array in kernel.Arrays)
        {
            ref uint at = ref array.Space == AddressSpace.Shared ? ref shared : ref local;
            at = (at + (uint)array.Alignment - 1) / (uint)array.Alignment * (uint)array.Alignment;
            symbols[array.Name] = at;
            if (array.Space == AddressSpace.Shared)
                sharedArrays.Add((at, (uint)array.Bytes));
            at += (uint)array.Bytes;
            if (array.Space == AddressSpace.Shared)
                at = (at + Gap - 1) / Gap * Gap + Gap;
        }
        dynamicStart = symbols[PtxModule.DynamicShared] = (shared + 127) / 128 * 128;
        LocalBytes = local;

        Registers = RegisterAllocation.Of(kernel);
        PredicateCount = Registers.Counts.Predicates;
        RegisterBytes = (Registers.Counts.Narrow * 4 + Registers.Counts.Wide * 8) * EmulatedWarp.Lanes;
        Code = new Decoder(kernel, this).Decode();
        SharedGrain = kernel.Instructions.Where(i => i.Opcode.Contains(".shared")).Select(Grain).DefaultIfEmpty(4).Min();
        UsesGlobalAtomics = kernel.Instructions.Exists(i => i.Opcode.Split('.') is ["atom" or "red", .., "global", _]);
        pool = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(64, constants.Count * 8 * EmulatedWarp.Lanes), 64);
        FillPool();
    }

    private readonly uint dynamicStart;

    public string Name { get; }

    /// <summary>Bytes of each parameter.</summary>
    public int[] Parameters { get; }

    public LaneInstruction[] Code { get; }

    public RegisterAllocation Registers { get; }

    public int RegisterBytes { get; }

    public int PredicateCount { get; }

    public long LocalBytes { get; }

    /// <summary>Bytes of the smallest access to shared memory.</summary>
    public int SharedGrain { get; }

    public bool UsesGlobalAtomics { get; }

    /// <summary>Each constant operand, once for every lane.</summary>
    public byte* Constants => pool;

    public static EmulatedProgram Of(string ptx) => new(PtxParser.Parse(ptx));

    /// <summary>The declared arrays and the dynamic one.</summary>
    public List<(uint Start, uint Bytes)> SharedArrays(long dynamicBytes) => [.. sharedArrays, (dynamicStart, (uint)dynamicBytes)];

    public bool TrySymbol(string name, out uint address) => symbols.TryGetValue(name, out address);

    /// <summary>Where a constant lies in <see cref="Constants"/>; 64 bits wide, the lanes of a 32-bit reader 4 bytes apart.</summary>
    public Source Constant(ulong bits, int bytes)
    {
        ulong key = bytes == 4 ? bits << 32 | (uint)bits : bits;
        int at = constants.IndexOf(key);
        if (at < 0)
        {
            at = constants.Count;
            constants.Add(key);
        }
        return new Source(at * 8 * EmulatedWarp.Lanes, IsConstant: true);
    }

    private void FillPool()
    {
        for (int i = 0; i < constants.Count * EmulatedWarp.Lanes; i++)
            ((ulong*)pool)[i] = constants[i / EmulatedWarp.Lanes];
    }

    private static int Grain(ParsedInstruction instruction)
    {
        string opcode = instruction.Opcode;
        if (opcode.EndsWith("8", StringComparison.Ordinal) && !opcode.Contains("m8n8"))
            return 1;
        return opcode.EndsWith("u16", StringComparison.Ordinal) || opcode.EndsWith("s16", StringComparison.Ordinal) ? 2 : 4;
    }

    ~EmulatedProgram() => NativeMemory.AlignedFree(pool);
}
