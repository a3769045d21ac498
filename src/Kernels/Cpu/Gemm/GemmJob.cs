using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>Scratch of one thread of a team: its packed block of A, its packed panels of B, one tile of C.</summary>
internal sealed class GemmScratch : IDisposable
{
    public ScratchMemory A { get; } = new();
    public ScratchMemory B { get; } = new();
    public ScratchMemory Tile { get; } = new();

    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
        Tile.Dispose();
    }
}

/// <summary>Packs B for all threads: one tile of work is some panels of one depth block.</summary>
internal unsafe struct PackJob<TSimd, V> : ITileJob where TSimd : ISimd<V> where V : struct
{
    // Enough panels that a row of them is a good run of memory, few enough that their lines stay in level 1.
    public const int PanelsPerTile = 8;

    public GemmCall Call;
    public GemmPlan Plan;
    public nint FirstDepthBlock;
    public float* Target;

    public static int Tiles(in GemmCall call, nint depthBlocks) =>
        (int)(depthBlocks * GemmPlan.Ceiling(call.N, PanelsPerTile * Tile<TSimd, V>.Columns));

    public readonly void Invoke(int tile, int worker)
    {
        nint groups = GemmPlan.Ceiling(Call.N, PanelsPerTile * Tile<TSimd, V>.Columns);
        nint block = tile / groups, first = tile % groups * PanelsPerTile;
        nint panelFloats = Plan.Depth * Tile<TSimd, V>.Columns;
        nint panels = GemmPlan.Ceiling(Call.N, Tile<TSimd, V>.Columns);
        PackPanels(Call, Plan, FirstDepthBlock + block, first, PanelsPerTile, Target + (block * panels + first) * panelFloats);
    }

    /// <summary>Packs up to <paramref name="count"/> panels of B, from panel <paramref name="first"/> on, of one depth block.</summary>
    public static void PackPanels(in GemmCall call, in GemmPlan plan, nint depthBlock, nint first, nint count, float* target)
    {
        nint k = depthBlock * plan.Depth, column = first * Tile<TSimd, V>.Columns;
        nint depth = Math.Min(plan.Depth, call.K - k);
        nint columns = Math.Min(count * Tile<TSimd, V>.Columns, call.N - column);
        nint panelFloats = plan.Depth * Tile<TSimd, V>.Columns;
        if (call.TransposeB)
            Packing<TSimd, V>.PanelsTransposed(call.B + column * call.Ldb + k, call.Ldb, columns, depth, target, panelFloats);
        else
            Packing<TSimd, V>.Panels(call.B + k * call.Ldb + column, call.Ldb, columns, depth, target, panelFloats);
    }
}

/// <summary>Computes C: one tile of work is one block of it, all depth blocks in order.</summary>
internal unsafe struct GemmJob<TSimd, V, TEpilogue> : ITileJob
    where TSimd : ISimd<V> where V : struct where TEpilogue : struct, IEpilogue
{
    public GemmCall Call;
    public GemmPlan Plan;
    public TEpilogue Epilogue;
    public GemmScratch[] Scratch;

    /// <summary>B packed for all threads, from depth block <see cref="FirstDepthBlock"/> on; null where each task packs its own.</summary>
    public float* SharedB;
    public nint FirstDepthBlock;
    public nint DepthBlocks;

    public readonly void Invoke(int tile, int worker)
    {
        // Blocks below each other come one after the other: they share panels of B, which are in level 2 by then.
        nint down = tile % Plan.BlocksDown, across = tile / Plan.BlocksDown;
        nint firstRow = down * Plan.BlockTiles * Tile<TSimd, V>.Rows;
        nint rows = Math.Min(Plan.BlockTiles * Tile<TSimd, V>.Rows, Call.M - firstRow);
        nint firstPanel = across * Plan.BlockPanels;
        nint panels = Math.Min(Plan.BlockPanels, GemmPlan.Ceiling(Call.N, Tile<TSimd, V>.Columns) - firstPanel);
        for (nint block = FirstDepthBlock; block < FirstDepthBlock + DepthBlocks; block++)
        {
            float* b = SharedB != null ? SharedPanels(block, firstPanel) : PackB(Scratch[worker], firstPanel, panels, block);
            for (nint row = firstRow; row < firstRow + rows; row += Tile<TSimd, V>.Rows)
            {
                nint count = Math.Min(Tile<TSimd, V>.Rows, firstRow + rows - row);
                if (Call.TransposeA)
                    RowOfTiles<DepthPanel<TSimd, V>>(Scratch[worker], block, row, count, b, firstPanel, panels);
                else
                    RowOfTiles<RowPanel>(Scratch[worker], block, row, count, b, firstPanel, panels);
            }
        }
    }

    private readonly nint DepthOf(nint block) => Math.Min(Plan.Depth, Call.K - block * Plan.Depth);

    private readonly float* PackB(GemmScratch scratch, nint firstPanel, nint panels, nint block)
    {
        float* b = scratch.B.Floats(panels * Plan.Depth * Tile<TSimd, V>.Columns);
        PackJob<TSimd, V>.PackPanels(Call, Plan, block, firstPanel, panels, b);
        return b;
    }

    private readonly float* SharedPanels(nint block, nint firstPanel)
    {
        nint panels = GemmPlan.Ceiling(Call.N, Tile<TSimd, V>.Columns);
        return SharedB + ((block - FirstDepthBlock) * panels + firstPanel) * Plan.Depth * Tile<TSimd, V>.Columns;
    }

    // A row of tiles: its panel of A is packed into level 1 and stays there while the panels of B stream past it from
    // level 2. Meanwhile the rows of A that come next are fetched.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void RowOfTiles<TLayout>(
        GemmScratch scratch, nint block, nint row, nint rows, float* b, nint firstPanel, nint panels)
        where TLayout : IPanelLayout
    {
        nint depth = DepthOf(block), width = Tile<TSimd, V>.Columns;
        bool accumulate = block > 0 || Call.Accumulate;
        bool finish = TEpilogue.Changes && block == Plan.DepthBlocks - 1;
        float* a = scratch.A.Floats(Packing<TSimd, V>.PanelFloats);
        float* tile = scratch.Tile.Floats(Tile<TSimd, V>.Rows * width);
        PackA(row, rows, block, a);
        for (nint panel = 0; panel < panels; panel++, b += Plan.Depth * width)
        {
            nint column = (firstPanel + panel) * width;
            nint columns = Math.Min(width, Call.N - column);
            float* c = Call.C + row * Call.Ldc + column;
            PrefetchA(row + Tile<TSimd, V>.Rows, block, panel, panels);
            if (columns == width && !finish)
            {
                MicroKernel.Run<TSimd, V, TLayout>(rows, depth, a, b, width, c, Call.Ldc, accumulate);
                continue;
            }
            MicroKernel.Run<TSimd, V, TLayout>(rows, depth, a, b, width, tile, width, false);
            StoreTile(tile, row, rows, column, columns, accumulate, finish);
        }
    }

    private readonly void PackA(nint row, nint rows, nint block, float* target)
    {
        nint k = block * Plan.Depth;
        if (Call.TransposeA)
            Packing<TSimd, V>.Columns(Call.A + k * Call.Lda + row, Call.Lda, rows, DepthOf(block), target);
        else
            Packing<TSimd, V>.Rows(Call.A + row * Call.Lda + k, Call.Lda, rows, DepthOf(block), target);
    }

    // Fetches one share of the panel of A that begins at a row, so that all shares together fetch all of it.
    private readonly void PrefetchA(nint row, nint block, nint share, nint shares)
    {
        nint rows = Math.Min(Tile<TSimd, V>.Rows, Call.M - row), depth = DepthOf(block), k = block * Plan.Depth;
        if (rows <= 0)
            return;
        if (Call.TransposeA)
        {
            nint first = depth * share / shares, count = depth * (share + 1) / shares - first;
            Packing<TSimd, V>.Prefetch(Call.A + (k + first) * Call.Lda + row, Call.Lda, count, rows);
        }
        else
        {
            nint first = depth * share / shares, count = depth * (share + 1) / shares - first;
            Packing<TSimd, V>.Prefetch(Call.A + row * Call.Lda + k + first, Call.Lda, rows, count);
        }
    }

    // The edge of C, or values that the epilogue changes: from the scratch tile, a vector at a time.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void StoreTile(float* tile, nint firstRow, nint rows, nint firstColumn, nint columns, bool accumulate, bool finish)
    {
        for (nint row = firstRow; row < firstRow + rows; row++, tile += Tile<TSimd, V>.Columns)
        {
            for (nint j = 0; j < columns; j += TSimd.Width)
            {
                float* c = Call.C + row * Call.Ldc + firstColumn + j;
                int count = (int)Math.Min(TSimd.Width, columns - j);
                V value = TSimd.Load(tile + j);
                if (accumulate)
                    value = TSimd.Add(Lanes.Load<TSimd, V>(c, count), value);
                if (finish)
                    value = Epilogue.Apply<TSimd, V>(value, row, firstColumn + j, count);
                Lanes.Store<TSimd, V>(c, value, count);
            }
        }
    }
}

/// <summary>Small multiplies of one size: one tile of work is one of them, whole.</summary>
internal struct BatchJob<TSimd, V> : ITileJob where TSimd : ISimd<V> where V : struct
{
    public GemmJob<TSimd, V, NoEpilogue> Job;
    public nint StrideA, StrideB, StrideC;

    public readonly void Invoke(int tile, int worker)
    {
        GemmJob<TSimd, V, NoEpilogue> job = Job;
        job.Call = job.Call.Moved(tile * StrideA, tile * StrideB, tile * StrideC);
        job.Invoke(0, worker);
    }
}
