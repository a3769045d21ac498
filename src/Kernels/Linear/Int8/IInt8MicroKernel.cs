namespace BareBert.Kernels;

/// <summary>The innermost loop of the multiply in whole numbers: a tile of sums, two vectors wide, in registers while k runs.</summary>
internal unsafe interface IInt8MicroKernel
{
    /// <summary>Sums in a vector: columns of y.</summary>
    static abstract int Columns { get; }

    /// <summary>Rows of a tile that the registers hold.</summary>
    static abstract int Rows { get; }

    /// <summary>sums = the products of rows of codes with two vectors of columns of a weight, as floats, rounded to nearest.</summary>
    /// <param name="rows">From 1 to <see cref="Rows"/>.</param>
    /// <param name="pairs">Half of k.</param>
    /// <param name="a">[rows][pairs], rows strideA apart.</param>
    /// <param name="b">Both vectors' columns, side by side in a panel; each next pair is a panel's width further on.</param>
    /// <param name="sums">[rows, two vectors], overwritten.</param>
    static abstract void Run(nint rows, nint pairs, int* a, nint strideA, sbyte* b, float* sums);
}
