using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BareBert.Kernels;

/// <summary>The weight of a linear layer in 8 bits, each of its rows, an output channel, with a scale of its own. It lies as the processor reads it.</summary>
/// <remarks>
/// Panels of <see cref="PanelColumns"/> columns of y; in a panel groups of neighbours in k, for each group the columns one after the other:
/// what one instruction multiplies and adds lies together for vectors of every width. With AVX2 and no VNNI steps are larger, so that products fit 16 bits, unless the input is fine:
/// codes are then others than elsewhere.
/// </remarks>
public sealed unsafe class Int8Weight : IDisposable
{
    /// <summary>Columns of y that a panel holds: two of the widest vectors.</summary>
    internal const int PanelColumns = 32;

    // 255·127·k is less than 2³¹: sums of 32 bits are exact.
    private const int MostInputs = 1 << 16, Alignment = 64;

    // Those beyond N are read, and zero.
    private readonly float[] _scales;
    private readonly int[] _minusSums;
    private nint _panels;

    /// <summary>Quantises a weight.</summary>
    /// <param name="values">[n, k], finite.</param>
    /// <param name="n">N, output channels.</param>
    /// <param name="k">K, at most 2¹⁶.</param>
    /// <param name="hasFineInput">
    /// Whether what it is multiplied by has 15 bits rather than 8, fewer where K is more than 516: that is twice the work where bytes are multiplied, none where they are widened.
    /// </param>
    /// <exception cref="ArgumentException">There are not n·k values, or k is too large.</exception>
    public Int8Weight(ReadOnlySpan<float> values, int n, int k, bool hasFineInput = false) : this(values, n, k, hasFineInput, Int8Choice.LayoutFor(hasFineInput))
    {
    }

    /// <summary>As a microkernel reads it.</summary>
    /// <param name="values">[n, k], finite.</param>
    /// <param name="n">N.</param>
    /// <param name="k">K.</param>
    /// <param name="hasFineInput">As for the other one.</param>
    /// <param name="layout"><see cref="IInt8MicroKernel.Layout"/>.</param>
    internal Int8Weight(ReadOnlySpan<float> values, int n, int k, bool hasFineInput, Int8Layout layout)
    {
        if (values.Length != (long)n * k || k > MostInputs)
            throw new ArgumentException($"{values.Length} values are no weight of {n} by {k}");
        (N, K, HasFineInput, Layout) = (n, k, hasFineInput, layout);
        _scales = new float[Panels * PanelColumns];
        _minusSums = new int[Panels * PanelColumns];
        _panels = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(1, Panels * PanelBytes), Alignment);
        new Span<sbyte>((sbyte*)_panels, checked((int)(Panels * PanelBytes))).Clear();
        for (int row = 0; row < n; row++)
            Set(row, values.Slice(row * k, k));
    }

    /// <summary>The instruction that multiplies codes of 8 bits on this machine.</summary>
    public static string Instruction => Int8Choice.Instruction;

    /// <summary>Output channels.</summary>
    public int N { get; }

    /// <summary>Inputs.</summary>
    public int K { get; }

    /// <summary>The code of an element, −127 to 127.</summary>
    public int CodeAt(int row, int column) => *At(row, column);

    /// <summary>What the codes of a row are multiplied by.</summary>
    public float ScaleOf(int row) => _scales[row];

    /// <summary>Whether what it is multiplied by has more than 8 bits.</summary>
    public bool HasFineInput { get; }

    /// <summary><see cref="IInt8MicroKernel.Layout"/>.</summary>
    internal Int8Layout Layout { get; }

    /// <summary>Codes of what it is multiplied by.</summary>
    internal Int8Range InputRange => Int8Range.Of(HasFineInput, K);

    /// <summary>Groups of inputs, the last one filled up with zeros.</summary>
    internal int Groups => (K + Layout.Group - 1) / Layout.Group;

    internal int Panels => (N + PanelColumns - 1) / PanelColumns;

    internal ReadOnlySpan<float> Scales => _scales;

    /// <summary>What the codes of each row add up to, times −1.</summary>
    internal ReadOnlySpan<int> MinusSums => _minusSums;

    internal sbyte* Panel(int index) => (sbyte*)_panels + index * PanelBytes;

    private nint PanelBytes => (nint)Groups * Layout.Group * PanelColumns;

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree((void*)_panels);
        _panels = 0;
    }

    [MethodImpl(Jit.Alone)]
    private void Set(int row, ReadOnlySpan<float> values)
    {
        (_scales[row], float factor) = Layout.IsNarrow ? Int8.ScaleOfNarrowWeight(values) : Int8.ScaleOfWeight(values);
        sbyte* to = At(row, 0);
        int group = Layout.Group, sum = 0;
        for (int i = 0; i < values.Length; to += group * PanelColumns)
        {
            for (int j = 0; j < group && i < values.Length; j++, i++)
                sum += to[j] = (sbyte)MathF.Round(values[i] * factor);
        }
        _minusSums[row] = -sum;
    }

    private sbyte* At(int row, int column) =>
        Panel(row / PanelColumns) + column / Layout.Group * Layout.Group * PanelColumns + row % PanelColumns * Layout.Group + column % Layout.Group;
}
