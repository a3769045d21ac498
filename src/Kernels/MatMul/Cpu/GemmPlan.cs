namespace BareBert.Kernels;

/// <summary>
/// How one multiply is cut: k into depth blocks that are added to C in order, C into blocks that threads take one at a
/// time. Only the cut of k can be seen in the result, and it depends on K alone, of a weight's gradient on M and N too.
/// </summary>
internal readonly struct GemmPlan
{
    /// <summary>Longest run of k that a micro-kernel sums in registers before it adds to C.</summary>
    public const int MaxDepth = 256;

    // Of C that a thread adds one depth block after the other to: it should stay in level 3.
    private const nint MaxGroupFloats = 1 << 20;

    // A slow thread should leave little for the others to wait for; every block more packs operands once more.
    private const int MaxBlocksPerThread = 8, MaxSmallBlocksPerThread = 3;

    // A block below the first many multiply-adds is not worth handing to another thread; below the second, it is small.
    private const double MinBlockWork = 1 << 18, SmallBlockWork = 1 << 22;

    // Of level 3, packed rows of A that are kept: with an eighth, rows of 3 MB were slower than packing them again.
    private const int KeptShare = 32;

    // What packing costs, measured, in the time that the micro-kernel takes for one row of one panel (all of k): a row of
    // A and a panel of B that are in level 2 or 3; the same of matrices so large that they come from memory each time.
    private const double PackRowCost = 0.2, PackPanelCost = 1.4, FetchRowCost = 0.4, FetchPanelCost = 7;

    // What it costs to read a packed row of A once more for another block of columns, in the same time: three panels gain too little from that.
    private const double KeptRowCost = 0.03;

    // What level 3 does not keep until it is packed again, in floats.
    private const nint FetchedFloats = 1 << 22;

    // A tile's stores and the start of its loops, in rows; one of fewer rows than the second takes as long as that: two multiply-adds
    // begin in a cycle and each needs four, so eight sums should be under way.
    private const double TileCost = 0.5;
    private const nint BusyRows = 4;

    // Fewer terms, or fewer for each element of the sides of C (half their harmonic mean), gain nothing in two parts: measured with sides of 128 to 1024, K of 2048 and 4096.
    private const nint LeastPartedTerms = 2048, PartedTermsRatio = 16;

    // What one thread's delay costs all, as a share of the time when each thread has one block; less with more blocks.
    private const double WaitCost = 0.02;

    /// <summary>Length of a depth block; the last may be shorter.</summary>
    public nint Depth { get; private init; }

    /// <summary>Number of depth blocks, at least one.</summary>
    public nint DepthBlocks { get; private init; }

    /// <summary>Rows and panels (two vectors wide) of a block of C; the last ones may be smaller.</summary>
    public nint BlockRows { get; private init; }
    public nint BlockPanels { get; private init; }

    /// <summary>The most rows that a tile has.</summary>
    public nint MaxTileRows { get; private init; }

    /// <summary>Tiles below each other that are computed together: a panel of B is read for all of them.</summary>
    public nint StripTiles { get; private init; }

    /// <summary>
    /// Whether the packed rows of A serve the next block of columns too: all rows are one block, and they leave room in level 2 for that block's panels of B, or
    /// in level 3 for all else. To read packed rows from there costs less than to pack them again.
    /// </summary>
    public bool KeepsA { get; private init; }

    /// <summary>Strips of A that are packed at a time.</summary>
    public nint StripsOfA => KeepsA ? Ceiling(TilesOf(BlockRows).Count, StripTiles) : 1;

    /// <summary>Blocks of C down and across.</summary>
    public nint BlocksDown { get; private init; }
    public nint BlocksAcross { get; private init; }

    /// <summary>Blocks of C.</summary>
    public int Blocks => (int)(BlocksDown * BlocksAcross);

    /// <summary>
    /// Neighbouring blocks that a thread computes side by side, one depth block of all before the next: they share its panels of B.
    /// </summary>
    public int Group { get; private init; }

    /// <summary>How a block's rows are dealt out to tiles.</summary>
    public TileRows TilesOf(nint rows) => new(rows, MaxTileRows);

    /// <summary>
    /// The plan for C[m, n] with k terms each, in tiles of up to rows by columns: of the ways to cut C, the one that
    /// should take the least time. A panel of B is read for a strip of tiles at a time.
    /// </summary>
    public static GemmPlan Make(nint m, nint n, nint k, int rows, int columns, int stripTiles, int threads, CacheSizes caches)
    {
        nint depthBlocks = Math.Max(1, Ceiling(k, MaxDepth));
        nint depth = Math.Max(1, Ceiling(Ceiling(k, depthBlocks), 4)) * 4;
        nint panels = Math.Max(1, Ceiling(n, columns)), tiles = Math.Max(1, Ceiling(m, rows));
        // Half of level 2 holds the panels of B of a block; what streams past them has the rest.
        nint minAcross = Ceiling(panels, Math.Max(1, (nint)(caches.Level2 / 2) / (depth * sizeof(float) * columns)));
        double work = (double)m * n * k;
        nint most = threads == 1 ? 1 : (nint)Math.Max(
            Math.Min(MaxSmallBlocksPerThread * threads, work / MinBlockWork), Math.Min(MaxBlocksPerThread * threads, work / SmallBlockWork));
        GemmPlan best = default;
        double least = double.PositiveInfinity;
        for (nint across = minAcross; across == minAcross || (across <= most && across <= panels); across++)
        {
            for (nint down = 1; down == 1 || (down * across <= most && down <= tiles); down++)
            {
                GemmPlan plan = Cut(m, panels, depth, depthBlocks, rows, columns, stripTiles, down, across, caches);
                double time = plan.Time(m, panels, columns, threads);
                if (time >= least)
                    continue;
                least = time;
                best = plan;
            }
        }
        return best;
    }

    /// <summary>
    /// Into how many parts the terms of a weight's gradient are cut, each a multiply of its own whose results are added: two, where there are so many terms to so few elements that
    /// threads which shared the elements would pack the same operands. It depends on the sizes alone.
    /// </summary>
    public static int PartsOf(in GemmCall call) =>
        call.TransposeA && call.K >= LeastPartedTerms && PartedTermsRatio * call.M * call.N <= call.K * (call.M + call.N) ? 2 : 1;

    /// <summary>x / y rounded up.</summary>
    public static nint Ceiling(nint x, nint y) => (x + y - 1) / y;

    private static GemmPlan Cut(
        nint m, nint panels, nint depth, nint depthBlocks, int rows, int columns, int stripTiles, nint down, nint across, CacheSizes caches)
    {
        nint blockRows = Math.Max(1, Ceiling(m, down)), blockPanels = Ceiling(panels, across);
        down = Math.Max(1, Ceiling(m, blockRows));
        across = Ceiling(panels, blockPanels);
        return new GemmPlan
        {
            Depth = depth,
            DepthBlocks = depthBlocks,
            BlockRows = blockRows,
            BlockPanels = blockPanels,
            MaxTileRows = rows,
            StripTiles = stripTiles,
            KeepsA = down == 1 && across > 1 && blockRows * depth * sizeof(float) <= Math.Max(caches.Level2 / 2, caches.Level3 / KeptShare),
            BlocksDown = down,
            BlocksAcross = across,
            Group = (int)Math.Max(1, MaxGroupFloats / (blockRows * blockPanels * columns)),
        };
    }

    // The time that the thread with the most blocks should need, in rows of one panel. Blocks are dealt out in runs that
    // follow each other down a block of columns (ThreadTeam.RunChains).
    private double Time(nint m, nint panels, int columns, int threads)
    {
        nint most = Ceiling(Blocks, threads);
        nint tiles = TilesOf(BlockRows).Count;
        double rows = tiles * TileCost + BlockRows + Math.Max(0, BusyRows - BlockRows);
        nint k = DepthBlocks * Depth;
        double packA = BlockRows * (m * k > FetchedFloats ? FetchRowCost : PackRowCost);
        double packB = BlockPanels * (k * panels * columns > FetchedFloats ? FetchPanelCost : PackPanelCost);
        nint packsB = Math.Min(BlocksAcross, (most - 1) / BlocksDown + (BlocksAcross % threads == 0 ? 1 : 2));
        double work = most * rows * BlockPanels + (KeepsA ? packA + (most - 1) * BlockRows * KeptRowCost : most * packA);
        return work * (1 + (threads == 1 ? 0 : WaitCost / most)) + packsB * packB;
    }
}
