namespace BareBert.Kernels;

/// <summary>
/// How one multiply is cut: k into depth blocks that are added to C in order, C into blocks that threads take one at a
/// time. Only the cut of k can be seen in the result, and it depends on K alone.
/// </summary>
internal readonly struct GemmPlan
{
    /// <summary>Longest run of k that a micro-kernel sums in registers before it adds to C.</summary>
    public const int MaxDepth = 256;

    // A chunk of packed B that all threads read: it should stay in the level 3 cache.
    private const nint MaxSharedFloats = 4 << 20;

    // Enough that a slow thread leaves little for the others to wait for.
    private const int TasksPerThread = 8;

    // A block is not made smaller than this, lest packing its operands cost more than it brings.
    private const int MinBlockTiles = 4;
    private const int MinBlockPanels = 2;

    // A task below this many multiply-adds is not worth handing to another thread.
    private const double MinTaskWork = 1 << 18;

    /// <summary>Length of a depth block; the last may be shorter.</summary>
    public nint Depth { get; private init; }

    /// <summary>Number of depth blocks, at least one.</summary>
    public nint DepthBlocks { get; private init; }

    /// <summary>Tiles high and panels (two vectors) wide: a block of C.</summary>
    public nint BlockTiles { get; private init; }
    public nint BlockPanels { get; private init; }

    /// <summary>Blocks of C down and across.</summary>
    public nint BlocksDown { get; private init; }
    public nint BlocksAcross { get; private init; }

    /// <summary>B is packed once, for all threads, before C is computed; else each task packs the part it needs.</summary>
    public bool SharesB { get; private init; }

    /// <summary>Depth blocks of packed B that are in memory at a time.</summary>
    public nint SharedDepthBlocks { get; private init; }

    /// <summary>The plan for C[m, n] with k terms each, in tiles of rows by columns.</summary>
    public static GemmPlan Make(nint m, nint n, nint k, int rows, int columns, int threads, CacheSizes caches)
    {
        nint depthBlocks = Math.Max(1, Ceiling(k, MaxDepth));
        nint depth = Ceiling(Ceiling(k, depthBlocks), 4) * 4;
        nint tiles = Ceiling(m, rows), panels = Ceiling(n, columns);
        // Half of level 2 holds the panels of B of a block; what streams past them has the rest.
        nint maxPanels = Math.Max(1, (nint)(caches.Level2 / 2) / (depth * sizeof(float) * columns));
        nint across = Ceiling(panels, maxPanels), down = 1;
        double work = (double)m * n * k;
        nint wanted = (nint)Math.Min(TasksPerThread * threads, work / MinTaskWork);
        if (threads == 1)
            wanted = 1;
        while (down * across < wanted && (tiles > down * MinBlockTiles || panels > across * MinBlockPanels))
        {
            if (tiles > down * MinBlockTiles)
                down++;
            else
                across++;
        }
        nint blockTiles = Ceiling(tiles, down), blockPanels = Ceiling(panels, across);
        down = Ceiling(tiles, blockTiles);
        across = Ceiling(panels, blockPanels);
        return new GemmPlan
        {
            Depth = depth,
            DepthBlocks = depthBlocks,
            BlockTiles = blockTiles,
            BlockPanels = blockPanels,
            BlocksDown = down,
            BlocksAcross = across,
            SharesB = down > 1,
            SharedDepthBlocks = Math.Clamp(MaxSharedFloats / (panels * columns * depth + 1), 1, depthBlocks),
        };
    }

    /// <summary>x / y rounded up.</summary>
    public static nint Ceiling(nint x, nint y) => (x + y - 1) / y;
}
