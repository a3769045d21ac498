using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace BareBert.Kernels;

/// <summary>
/// The tile with AVX512_VNNI, whose vpdpbusd multiplies four bytes with four and adds them to a sum in one instruction where AVX-512 alone takes two for a pair.
/// .NET has no name for it, so it is written here instruction by instruction.
/// </summary>
/// <remarks>
/// A function of its own for each number of rows, fourteen at most: 28 vectors of sums, two of the weight, two for codes of x. It gets one pointer, to its
/// <see cref="Arguments"/>, and uses the seven general registers that a callee need not give back, on Linux or on Windows.
/// </remarks>
internal readonly unsafe struct Int8VnniMicroKernel : IInt8MicroKernel
{
    private const int MostRows = 14, CodesInGroup = 4, VectorBytes = 64, GroupBytes = 4, PanelBytes = CodesInGroup * Int8Weight.PanelColumns;

    // Vectors of the weight, and the first of two for codes of x; sums come before them.
    private const int W0 = 28, W1 = 29, X = 30;

    // Windows wants these back.
    private const int FirstKept = 6, LastKept = 15, KeptBytes = 16;

    private static readonly nint[] s_tiles = HasInstruction
        ? [.. Enumerable.Range(1, MostRows).Select(rows => ExecutableMemory.Publish(Assemble(rows, OperatingSystem.IsWindows()).Code))] : [];

    /// <summary>Whether the processor has it and the system lets it be called.</summary>
    public static readonly bool IsSupported = s_tiles.Length > 0 && !s_tiles.Contains(0);

    public static Int8Layout Layout => Int8Layout.Bytes;

    public static int Columns => 16;

    public static int Rows => MostRows;

    // CPUID 7, ECX bit 11: AVX512_VNNI. DOTNET_EnableAVX512=0 and the like decide here as elsewhere.
    private static bool HasInstruction => Int8Vectors512.IsSupported && (X86Base.CpuId(7, 0).Ecx >> 11 & 1) != 0;

    [MethodImpl(Jit.Alone)]
    public static void Run(in Int8Tile tile)
    {
        Arguments arguments;
        arguments.X = tile.X;
        arguments.Stride = tile.Stride * GroupBytes;
        arguments.EndOfRow = tile.X + tile.Stride;
        arguments.Weight = tile.Weight;
        arguments.OddEnd = tile.Weight + tile.Groups % 2 * PanelBytes;
        arguments.End = tile.Weight + tile.Groups * PanelBytes;
        arguments.Zeros = tile.Zeros;
        arguments.MinusColumnSums = tile.MinusColumnSums;
        arguments.Sums = tile.Sums;
        ((delegate* unmanaged[SuppressGCTransition]<Arguments*, void>)s_tiles[tile.Rows - 1])(&arguments);
    }

    // Eight bytes each, in this order.
    private struct Arguments
    {
        public int* X;
        public nint Stride; // In bytes.
        public int* EndOfRow;
        public sbyte* Weight;
        public sbyte* OddEnd; // Where an odd group ends; Weight where there is none.
        public sbyte* End;
        public int* Zeros;
        public int* MinusColumnSums;
        public float* Sums;
        public fixed byte Kept[(LastKept - FirstKept + 1) * KeptBytes];
    }

    /// <summary>The code of a tile: the sums begin with what codes of zero are too much, then for each pass come an odd group of k and two groups at a time.</summary>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="windows">Under the conventions of Windows; else of Linux.</param>
    internal static Assembler Assemble(int rows, bool windows)
    {
        var code = new Assembler();
        if (!windows)
            code.Move(Register.Rcx, Register.Rdi); // Where Linux passes what Windows passes in rcx.
        (Address x, Address stride, Address endOfRow) = (At(0), At(1), At(2));
        (Address weight, Address oddEnd, Address end) = (At(3), At(4), At(5));
        (Address zeros, Address minusColumnSums, Address sums) = (At(6), At(7), At(8));
        for (int i = FirstKept; windows && i <= LastKept; i++)
            code.StoreQuarter(Kept(i), i);
        Begin(code, rows, zeros, minusColumnSums);
        code.Load(Register.R8, x);
        code.Load(Register.R9, stride);
        code.LoadAddress(Register.R10, new Address(Register.R9, 0, Register.R9, 2)); // Three strides.
        code.LoadAddress(Register.R11, new Address(Register.R8, 0, Register.R9, 2));
        code.LoadAddress(Register.R11, new Address(Register.R11, 0, Register.R10)); // Row 5.
        code.LoadAddress(Register.Rdx, new Address(Register.R11, 0, Register.R9, 2));
        code.LoadAddress(Register.Rdx, new Address(Register.Rdx, 0, Register.R10)); // Row 10.

        int pass = code.Position;
        code.Load(Register.Rax, weight);
        code.Compare(Register.Rax, oddEnd);
        int even = code.JumpIfEqual();
        Groups(code, rows, 1);
        code.Land(even);

        code.Compare(Register.Rax, end);
        int done = code.JumpIfEqual();
        int loop = code.Position;
        Groups(code, rows, 2);
        code.Compare(Register.Rax, end);
        code.JumpIfNotEqual(loop);
        code.Land(done);

        code.Compare(Register.R8, endOfRow);
        int last = code.JumpIfEqual();
        for (int i = 0; i < 2 * rows; i++)
            code.ShiftLeft(i, i, Int8Range.FineBits);
        code.JumpIfNotEqual(pass); // Still so: a vector's instruction compares nothing.
        code.Land(last);

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

        static Address Kept(int vector) => new(Register.Rcx, 8 * 9 + (vector - FirstKept) * KeptBytes);
    }

    // sums = each row's code of zero times both vectors' −Σq.
    private static void Begin(Assembler code, int rows, Address zeros, Address minusColumnSums)
    {
        code.Load(Register.Rax, minusColumnSums);
        code.Load(W0, new Address(Register.Rax, 0));
        code.Load(W1, new Address(Register.Rax, VectorBytes));
        code.Load(Register.Rax, zeros);
        for (int row = 0; row < rows; row++)
        {
            code.Broadcast(X + row % 2, new Address(Register.Rax, row * sizeof(int)));
            code.Multiply(2 * row, W0, X + row % 2);
            code.Multiply(2 * row + 1, W1, X + row % 2);
        }
    }

    // sums += some groups of each row's codes times both vectors of the weight's; on to the next groups.
    private static void Groups(Assembler code, int rows, int count)
    {
        for (int group = 0; group < count; group++)
        {
            code.Load(W0, new Address(Register.Rax, group * PanelBytes));
            code.Load(W1, new Address(Register.Rax, group * PanelBytes + VectorBytes));
            for (int row = 0; row < rows; row++)
            {
                code.Broadcast(X + row % 2, RowOfX(row, group * GroupBytes));
                code.MultiplyAddBytes(2 * row, X + row % 2, W0);
                code.MultiplyAddBytes(2 * row + 1, X + row % 2, W1);
            }
        }
        code.Add(Register.Rax, count * PanelBytes);
        foreach (Register rowOfX in (Register[])[Register.R8, Register.R11, Register.Rdx])
            code.Add(rowOfX, count * GroupBytes);
    }

    // From rows 0, 5 and 10, so many strides on as an index may be multiplied by: 1, 2, 4 or 8 times one stride, or three.
    private static Address RowOfX(int row, int displacement)
    {
        Register first = row is 10 or 12 or 13 ? Register.Rdx : row is 5 or 7 or 9 or 11 ? Register.R11 : Register.R8;
        int strides = row - (first == Register.Rdx ? 10 : first == Register.R11 ? 5 : 0);
        return strides == 0 ? new Address(first, displacement)
            : strides % 3 == 0 ? new Address(first, displacement, Register.R10, strides / 3)
            : new Address(first, displacement, Register.R9, strides);
    }
}
