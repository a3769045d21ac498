namespace BareBert.Kernels;

/// <summary>
/// How rows are dealt out to tiles below each other: to as few as can be, and those as equal as can be. 128 rows are 18 tiles of 6 and 4 of 5, or
/// 8 of 13 and 2 of 12; a rest of two rows in a tile of its own would take as long as four.
/// </summary>
internal readonly struct TileRows
{
    private readonly nint _least;

    /// <param name="rows">Rows in all.</param>
    /// <param name="most">Of a full tile.</param>
    public TileRows(nint rows, nint most)
    {
        Count = (rows + most - 1) / most;
        if (Count > 0)
            (_least, Taller) = (rows / Count, rows % Count);
    }

    /// <summary>How many tiles.</summary>
    public nint Count { get; }

    /// <summary>How many, the first ones, have a row more than the others.</summary>
    public nint Taller { get; }

    /// <summary>Rows of a tile.</summary>
    public nint Of(nint tile) => tile < Taller ? _least + 1 : _least;

    /// <summary>The first row of a tile, or the end of the last one.</summary>
    public nint First(nint tile) => tile * _least + Math.Min(tile, Taller);
}
