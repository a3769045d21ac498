namespace BareBert.Kernels;

/// <summary>The innermost loop of the multiply in whole numbers: a tile of sums, two vectors wide, in registers while k runs.</summary>
internal unsafe interface IInt8MicroKernel
{
    /// <summary>What it reads.</summary>
    static abstract Int8Layout Layout { get; }

    /// <summary>Sums in a vector: columns of y.</summary>
    static abstract int Columns { get; }

    /// <summary>Rows of a tile that the registers hold.</summary>
    static abstract int Rows { get; }

    /// <summary>sums = the products of rows of codes, each less its row's code of zero, with two vectors of columns of a weight, as floats, rounded to nearest.</summary>
    static abstract void Run(in Int8Tile tile);
}

/// <summary>What a tile is computed from.</summary>
internal unsafe struct Int8Tile
{
    /// <summary>From 1 to <see cref="IInt8MicroKernel.Rows"/>.</summary>
    public nint Rows;

    /// <summary>Of k, the last one filled up with zeros.</summary>
    public nint Groups;

    /// <summary>
    /// Groups of a row of codes; twice as many as of k where there are two passes: over codes of the upper bits first, then, with the sums
    /// times 2^<see cref="Int8Range.FineBits"/>, over those of the lower ones.
    /// </summary>
    public nint Stride;

    /// <summary>[rows, stride], a group's codes in each int: two of 16 bits, or four bytes.</summary>
    public int* X;

    /// <summary>[rows]: the code of zero; of two passes in the first.</summary>
    public int* Zeros;

    /// <summary>Both vectors' columns, side by side in a panel; each next group is a panel's width further on.</summary>
    public sbyte* Weight;

    /// <summary>[two vectors]: what each column of the weight adds up to, times −1.</summary>
    public int* MinusColumnSums;

    /// <summary>[rows, two vectors], overwritten.</summary>
    public float* Sums;
}
