namespace BareBert.Kernels;

/// <summary>
/// How an operand of a multiply lies in memory. Both operands are panels of <c>outer</c> (a row of c for a, a column of c for
/// b) by k; a transpose only says which of the two is contiguous. A type, so that kernels are compiled for it.
/// </summary>
internal interface IOperandLayout
{
    /// <summary>True where neighbours in k are neighbours in memory.</summary>
    static abstract bool KContiguous { get; }

    /// <summary>Where an element lies; ld is the distance of two rows of memory.</summary>
    static abstract int At(int outer, int k, int ld);
}

/// <summary>a as [M, K]; b as [N, K], its transpose: what linear layers have.</summary>
internal readonly struct KInner : IOperandLayout
{
    public static bool KContiguous => true;

    public static int At(int outer, int k, int ld) => outer * ld + k;
}

/// <summary>a as [K, M], its transpose; b as [K, N].</summary>
internal readonly struct KOuter : IOperandLayout
{
    public static bool KContiguous => false;

    public static int At(int outer, int k, int ld) => k * ld + outer;
}
