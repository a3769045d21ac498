using System.Runtime.Intrinsics.X86;

namespace BareBert.Kernels;

/// <summary>
/// The tile with AVX512_VNNI, whose vpdpwssd multiplies pairs and adds them to their sums in one instruction where AVX-512 alone takes two. .NET has no
/// name for it, so it is written here instruction by instruction.
/// </summary>
/// <remarks>
/// A function of its own for each number of rows, fourteen at most: 28 vectors of sums, two of the weight, two for elements of x. It gets one pointer, to its
/// <see cref="Arguments"/>, and uses the seven general registers that a callee need not give back, on Linux or on Windows.
/// </remarks>
internal readonly unsafe struct Int8VnniMicroKernel : IInt8MicroKernel
{
    private const int MostRows = 14, VectorBytes = 64, PairBytes = 4, PanelBytes = 2 * Int8Weight.PanelColumns;

    // Windows wants these back.
    private const int FirstKept = 6, LastKept = 15, KeptBytes = 16;

    private static readonly nint[] s_tiles = HasInstruction
        ? [.. Enumerable.Range(1, MostRows).Select(rows => ExecutableMemory.Publish(Assemble(rows, OperatingSystem.IsWindows()).Code))] : [];

    /// <summary>Whether the processor has it and the system lets it be called.</summary>
    public static readonly bool IsSupported = s_tiles.Length > 0 && !s_tiles.Contains(0);

    public static int Columns => 16;

    public static int Rows => MostRows;

    // CPUID 7, ECX bit 11: AVX512_VNNI. DOTNET_EnableAVX512=0 and the like decide here as elsewhere.
    private static bool HasInstruction => Int8Vectors512.IsSupported && (X86Base.CpuId(7, 0).Ecx >> 11 & 1) != 0;

    public static void Run(nint rows, nint pairs, int* a, nint strideA, sbyte* b, float* sums)
    {
        Arguments arguments;
        arguments.A = a;
        arguments.StrideA = strideA * PairBytes;
        arguments.B = b;
        arguments.OddEnd = b + pairs % 2 * PanelBytes;
        arguments.End = b + pairs * PanelBytes;
        arguments.Sums = sums;
        ((delegate* unmanaged[SuppressGCTransition]<Arguments*, void>)s_tiles[rows - 1])(&arguments);
    }

    // Eight bytes each, in this order.
    private struct Arguments
    {
        public int* A;
        public nint StrideA; // In bytes.
        public sbyte* B;
        public sbyte* OddEnd; // Where an odd pair ends; B where there is none.
        public sbyte* End;
        public float* Sums;
        public fixed byte Kept[(LastKept - FirstKept + 1) * KeptBytes];
    }

    /// <summary>The code of a tile: an odd pair of k, then two pairs at a time.</summary>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="windows">Under the conventions of Windows; else of Linux.</param>
    internal static Assembler Assemble(int rows, bool windows)
    {
        var code = new Assembler();
        if (!windows)
            code.Move(Register.Rcx, Register.Rdi); // Where Linux passes what Windows passes in rcx.
        (Address a, Address strideA, Address b, Address oddEnd, Address end, Address sums) = (At(0), At(1), At(2), At(3), At(4), At(5));
        for (int i = FirstKept; windows && i <= LastKept; i++)
            code.StoreQuarter(Kept(i), i);
        code.Load(Register.Rax, b);
        code.Load(Register.R8, a);
        code.Load(Register.R9, strideA);
        code.LoadAddress(Register.R10, new Address(Register.R9, 0, Register.R9, 2)); // Three strides.
        code.LoadAddress(Register.R11, new Address(Register.R8, 0, Register.R9, 2));
        code.LoadAddress(Register.R11, new Address(Register.R11, 0, Register.R10)); // Row 5.
        code.LoadAddress(Register.Rdx, new Address(Register.R11, 0, Register.R9, 2));
        code.LoadAddress(Register.Rdx, new Address(Register.Rdx, 0, Register.R10)); // Row 10.
        for (int i = 0; i < 2 * rows; i++)
            code.Clear(i);

        code.Compare(Register.Rax, oddEnd);
        int even = code.JumpIfEqual();
        Pairs(code, rows, 1);
        code.Land(even);

        code.Compare(Register.Rax, end);
        int done = code.JumpIfEqual();
        int loop = code.Position;
        Pairs(code, rows, 2);
        code.Compare(Register.Rax, end);
        code.JumpIfNotEqual(loop);
        code.Land(done);

        code.Load(Register.Rdx, sums);
        for (int i = 0; i < 2 * rows; i++)
        {
            code.ToFloats(i, i);
            code.Store(new Address(Register.Rdx, i * VectorBytes), i);
        }
        for (int i = FirstKept; windows && i <= LastKept; i++)
            code.LoadQuarter(i, Kept(i));
        code.Return();
        return code;

        static Address At(int argument) => new(Register.Rcx, 8 * argument);

        static Address Kept(int vector) => new(Register.Rcx, 8 * 6 + (vector - FirstKept) * KeptBytes);
    }

    // sums += some pairs of k of each row times both vectors of the weight's; on to the next pairs.
    private static void Pairs(Assembler code, int rows, int count)
    {
        const int B0 = 28, B1 = 29, A = 30;
        for (int pair = 0; pair < count; pair++)
        {
            code.Widen(B0, new Address(Register.Rax, pair * PanelBytes));
            code.Widen(B1, new Address(Register.Rax, pair * PanelBytes + PanelBytes / 2));
            for (int row = 0; row < rows; row++)
            {
                code.Broadcast(A + row % 2, RowOfA(row, pair * PairBytes));
                code.MultiplyAddPairs(2 * row, B0, A + row % 2);
                code.MultiplyAddPairs(2 * row + 1, B1, A + row % 2);
            }
        }
        code.Add(Register.Rax, count * PanelBytes);
        foreach (Register rowOfA in (Register[])[Register.R8, Register.R11, Register.Rdx])
            code.Add(rowOfA, count * PairBytes);
    }

    // From rows 0, 5 and 10, so many strides on as an index may be multiplied by: 1, 2, 4 or 8 times one stride, or three.
    private static Address RowOfA(int row, int displacement)
    {
        Register first = row is 10 or 12 or 13 ? Register.Rdx : row is 5 or 7 or 9 or 11 ? Register.R11 : Register.R8;
        int strides = row - (first == Register.Rdx ? 10 : first == Register.R11 ? 5 : 0);
        return strides == 0 ? new Address(first, displacement)
            : strides % 3 == 0 ? new Address(first, displacement, Register.R10, strides / 3)
            : new Address(first, displacement, Register.R9, strides);
    }
}
