namespace BareBert.Kernels;

/// <summary>How y is cut: its rows into groups, and the panels of each group into the tiles that threads take.</summary>
internal readonly struct PackedRows
{
    // Rows that stay in level 2, all of k, while panels of the weight pass by.
    private const nint MaxGroup = 128;

    // The more, the less is waited for at the end; each reads its rows anew.
    private const nint TilesPerThread = 4;

    private readonly nint _tileRows;

    public PackedRows(nint rows, nint k, nint tileRows, nint panels, int threads)
    {
        nint most = Math.Clamp((nint)CacheSizes.OfThisMachine.Level2 / 2 / (Math.Max(1, k) * sizeof(float)), tileRows, MaxGroup);
        nint groups = GemmPlan.Ceiling(rows, most);
        (Count, Group) = (rows, GemmPlan.Ceiling(rows, groups));
        _tileRows = tileRows;
        Across = Math.Min(panels, GemmPlan.Ceiling(TilesPerThread, groups) * threads);
        Tiles = (int)(groups * Across);
    }

    /// <summary>All rows, and those of a group; the last group may have fewer.</summary>
    public nint Count { get; }
    public nint Group { get; }

    /// <summary>How so many rows of a group are dealt out to runs of the micro-kernel.</summary>
    public TileRows TilesOf(nint rows) => new(rows, _tileRows);

    /// <summary>Tiles of a group, and of all.</summary>
    public nint Across { get; }
    public int Tiles { get; }
}
