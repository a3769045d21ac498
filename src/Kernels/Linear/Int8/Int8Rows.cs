namespace BareBert.Kernels;

/// <summary>x in codes, as a microkernel reads them.</summary>
internal readonly unsafe struct Int8Rows
{
    private readonly Int8Range _range;
    private readonly int _group;

    /// <param name="weight">What x is multiplied by.</param>
    public Int8Rows(Int8Weight weight)
    {
        (_range, _group) = (weight.InputRange, weight.Layout.Group);
        Groups = weight.Groups;
        Stride = weight.HasFineInput && _group == 4 ? 2 * Groups : Groups;
    }

    /// <summary>Ints that rows take, with their scales and codes of zero.</summary>
    public nint IntsOf(int rows) => (nint)rows * (Stride + 2);

    /// <summary>[rows, stride].</summary>
    public int* Codes { get; init; }

    /// <summary>[rows].</summary>
    public float* Scales { get; init; }

    /// <summary>[rows]: the code of zero; of the upper bits where there are two passes.</summary>
    public int* Zeros { get; init; }

    /// <summary>Groups of a row in a pass.</summary>
    public int Groups { get; }

    /// <summary><see cref="Int8Tile.Stride"/>.</summary>
    public int Stride { get; }

    /// <summary>These rows in memory of <see cref="IntsOf"/>.</summary>
    public Int8Rows In(int* memory, int rows) => this with
    {
        Codes = memory, Scales = (float*)(memory + (nint)rows * Stride), Zeros = memory + (nint)rows * (Stride + 1),
    };

    /// <summary>Sets a row.</summary>
    /// <param name="row">Which.</param>
    /// <param name="values">[K].</param>
    public void Quantize(nint row, ReadOnlySpan<float> values)
    {
        int* codes = Codes + row * Stride;
        codes[Groups - 1] = codes[Stride - 1] = 0; // where K does not fill it
        bool isSplit = Stride > Groups;
        (Scales[row], int zero) = _group == 2 ? Int8.QuantizeInput(values, _range, new WordCodes(codes))
            : isSplit ? Int8.QuantizeInput(values, _range, new SplitCodes(codes, Groups)) : Int8.QuantizeInput(values, _range, new ByteCodes(codes));
        Zeros[row] = isSplit ? zero / _range.Step : zero;
    }
}
