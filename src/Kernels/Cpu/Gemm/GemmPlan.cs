namespace BareBert.Kernels;

/// <summary>
/// How one multiply is cut: k into depth blocks that are added to C in order, C into blocks that threads take one at a
/// time. Only the cut of k can be seen in the result, and it depends on K alone.
/// </summary>
internal readonly struct GemmPlan
{
    /// <summary>Longest run of k that a micro-kernel sums in registers before it adds to C.</summary>
    public const int MaxDepth = 256;

    // Panels of B that a thread keeps packed from one block to the next below it: they should stay in level 3.
    private const nint MaxKeptFloats = 1 << 20;

    // A slow thread should leave little for the others to wait for; every task more packs operands once more.
    private const int TasksPerThread = 3;

    // Packing B costs a block about a tenth of one row of tiles, packing A a fifth of one column of panels: blocks of at
    // least this size pay a few percent.
    private const int MinBlockTiles = 5;
    private const int MinBlockPanels = 8;

    // B far too large to be kept comes from memory each time that it is packed: then blocks this high.
    private const int MinRepackedTiles = 24;

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

    /// <summary>Blocks of C.</summary>
    public int Blocks => (int)(BlocksDown * BlocksAcross);

    /// <summary>
    /// A thread keeps all depth blocks of its panels of B, for the block below; else only one, and packs them again.
    /// </summary>
    public bool KeepsB { get; private init; }

    /// <summary>The plan for C[m, n] with k terms each, in tiles of rows by columns.</summary>
    public static GemmPlan Make(nint m, nint n, nint k, int rows, int columns, int threads, CacheSizes caches)
    {
        nint depthBlocks = Math.Max(1, Ceiling(k, MaxDepth));
        nint depth = Math.Max(1, Ceiling(Ceiling(k, depthBlocks), 4)) * 4;
        nint tiles = Math.Max(1, Ceiling(m, rows)), panels = Math.Max(1, Ceiling(n, columns));
        // Half of level 2 holds the panels of B of a block; what streams past them has the rest.
        nint maxPanels = Math.Max(1, (nint)(caches.Level2 / 2) / (depth * sizeof(float) * columns));
        nint across = Ceiling(panels, maxPanels), down = 1;
        double work = (double)m * n * k;
        nint wanted = (nint)Math.Min(TasksPerThread * threads, work / MinTaskWork);
        if (threads == 1)
            wanted = 1;
        bool isRepacked = depthBlocks * Math.Min(panels, maxPanels) * columns * depth > 4 * MaxKeptFloats;
        nint minTiles = isRepacked ? MinRepackedTiles : MinBlockTiles;
        while (down * across < wanted && tiles > down * minTiles)
            down++;
        while (down * across < wanted && panels > across * MinBlockPanels)
            across++;
        // Rather small blocks than idle threads.
        while (down * across < Math.Min(wanted, threads) && panels > across)
            across++;
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
            KeepsB = down > 1 && depthBlocks * blockPanels * columns * depth <= MaxKeptFloats,
        };
    }

    /// <summary>x / y rounded up.</summary>
    public static nint Ceiling(nint x, nint y) => (x + y - 1) / y;
}
