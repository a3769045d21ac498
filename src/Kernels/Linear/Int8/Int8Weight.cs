using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace BareBert.Kernels;

/// <summary>The weight of a linear layer in 8 bits, each of its rows, an output channel, with a scale of its own. It lies as the processor reads it.</summary>
/// <remarks>
/// Panels of <see cref="PanelColumns"/> columns of y; in a panel pairs of neighbours in k, for each pair the columns one after the other:
/// what one instruction multiplies and adds lies together for vectors of every width.
/// </remarks>
public sealed unsafe class Int8Weight : IDisposable
{
    /// <summary>Columns of y that a panel holds: two of the widest vectors.</summary>
    internal const int PanelColumns = 32;

    private const int Alignment = 64;

    private readonly float[] _scales;
    private nint _panels;

    /// <summary>Quantises a weight.</summary>
    /// <param name="values">[n, k], finite.</param>
    /// <param name="n">N, output channels.</param>
    /// <param name="k">K, at most 2¹⁷: for more inputs codes are too few.</param>
    /// <exception cref="ArgumentException">There are not n·k values, or k is too large.</exception>
    public Int8Weight(ReadOnlySpan<float> values, int n, int k)
    {
        if (values.Length != (long)n * k || k > 1 << 17)
            throw new ArgumentException($"{values.Length} values are no weight of {n} by {k}");
        (N, K) = (n, k);
        _scales = new float[Panels * PanelColumns]; // those beyond N are read, and zero
        _panels = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(1, Panels * PanelBytes), Alignment);
        new Span<sbyte>((sbyte*)_panels, checked((int)(Panels * PanelBytes))).Clear();
        var codes = new short[k];
        for (int row = 0; row < n; row++)
        {
            _scales[row] = Int8.Quantize(values.Slice(row * k, k), Int8.LargestWeight, codes);
            sbyte* panel = Panel(row / PanelColumns) + 2 * (row % PanelColumns);
            for (int i = 0; i < k; i++)
                panel[i / 2 * 2 * PanelColumns + i % 2] = (sbyte)codes[i];
        }
    }

    /// <summary>The instruction that multiplies codes on this machine.</summary>
    public static string Instruction => Int8VnniMicroKernel.IsSupported || Int8Vectors256.IsSupported && !Int8Vectors512.IsSupported && AvxVnni.IsSupported ? "vpdpwssd"
        : Sse2.IsSupported ? "vpmaddwd" : AdvSimd.Arm64.IsSupported ? "smull" : "multiply";

    /// <summary>Output channels.</summary>
    public int N { get; }

    /// <summary>Inputs.</summary>
    public int K { get; }

    /// <summary>The code of an element, −127 to 127.</summary>
    public int CodeAt(int row, int column) => Panel(row / PanelColumns)[column / 2 * 2 * PanelColumns + 2 * (row % PanelColumns) + column % 2];

    /// <summary>What the codes of a row are multiplied by.</summary>
    public float ScaleOf(int row) => _scales[row];

    /// <summary>Pairs of inputs, the last one filled up with a zero.</summary>
    internal int Pairs => (K + 1) / 2;

    internal int Panels => (N + PanelColumns - 1) / PanelColumns;

    internal ReadOnlySpan<float> Scales => _scales;

    internal sbyte* Panel(int index) => (sbyte*)_panels + index * PanelBytes;

    private nint PanelBytes => (nint)Pairs * 2 * PanelColumns;

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree((void*)_panels);
        _panels = 0;
    }
}
