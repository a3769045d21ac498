using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>Scratch of one thread of a team: a packed panel of A, packed panels of B, one tile of C.</summary>
internal sealed class GemmScratch : IDisposable
{
    public ScratchMemory A { get; } = new();
    public ScratchMemory B { get; } = new();
    public ScratchMemory Tile { get; } = new();

    /// <summary>Which blocks of columns of this call's B are packed in <see cref="B"/>; −1 for none.</summary>
    public nint PackedColumns { get; set; } = -1;

    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
        Tile.Dispose();
    }
}

/// <summary>
/// Computes C: one tile of work is one block of it, all depth blocks in order. Every thread packs what it reads: packed
/// operands that another core wrote cost more to fetch than to pack again.
/// </summary>
internal unsafe struct GemmJob<TSimd, V, TEpilogue> : ITileJob
    where TSimd : ISimd<V> where V : struct where TEpilogue : struct, IEpilogue
{
    public GemmCall Call;
    public GemmPlan Plan;
    public TEpilogue Epilogue;
    public GemmScratch[] Scratch;

    public readonly void Invoke(int tile, int worker)
    {
        // Blocks below each other come one after the other, and a thread takes neighbours: they share their panels of B.
        nint down = tile % Plan.BlocksDown, across = tile / Plan.BlocksDown;
        nint firstRow = down * Plan.BlockRows, endRow = Math.Min(firstRow + Plan.BlockRows, Call.M);
        GemmScratch scratch = Scratch[worker];
        nint blockFloats = Plan.BlockPanels * Plan.Depth * Tile<TSimd, V>.Columns;
        float* b = scratch.B.Floats(Plan.KeepsB ? Plan.DepthBlocks * blockFloats : blockFloats);
        bool isPacked = Plan.KeepsB && scratch.PackedColumns == across;
        for (nint block = 0; block < Plan.DepthBlocks; block++)
        {
            if (!isPacked)
                PackB(across, block, b);
            for (nint row = firstRow; row < endRow; row += Plan.TileRows)
            {
                var at = new Position(across, block, firstRow, endRow, row, PacksNext: !isPacked && block + 1 < Plan.DepthBlocks);
                if (Call.TransposeA)
                    RowOfTiles<DepthPanel<TSimd, V>>(scratch, at, b);
                else
                    RowOfTiles<RowPanel>(scratch, at, b);
            }
            b += Plan.KeepsB ? blockFloats : 0;
        }
        scratch.PackedColumns = across;
    }

    // Where in C and in k a thread is: a row of tiles, in the rows [FirstRow, EndRow) of its block of C, at one depth block.
    private readonly record struct Position(nint Across, nint Block, nint FirstRow, nint EndRow, nint Row, bool PacksNext);

    private readonly nint DepthOf(nint block) => Math.Min(Plan.Depth, Call.K - block * Plan.Depth);

    private readonly nint FirstColumn(nint across) => across * Plan.BlockPanels * Tile<TSimd, V>.Columns;

    private readonly nint ColumnsOf(nint across) =>
        Math.Min(Plan.BlockPanels * Tile<TSimd, V>.Columns, Call.N - FirstColumn(across));

    private readonly void PackB(nint across, nint block, float* target)
    {
        nint k = block * Plan.Depth, column = FirstColumn(across), panelFloats = Plan.Depth * Tile<TSimd, V>.Columns;
        if (Call.TransposeB)
            Packing<TSimd, V>.PanelsTransposed(Call.B + column * Call.Ldb + k, Call.Ldb, ColumnsOf(across), DepthOf(block), target, panelFloats);
        else
            Packing<TSimd, V>.Panels(Call.B + k * Call.Ldb + column, Call.Ldb, ColumnsOf(across), DepthOf(block), target, panelFloats);
    }

    // A row of tiles: its panel of A is packed into level 1 and stays there while the panels of B stream past it from
    // level 2. Meanwhile what is to be packed next is fetched.
    [MethodImpl(Jit.Alone)]
    private readonly void RowOfTiles<TLayout>(
        GemmScratch scratch, in Position at, float* b)
        where TLayout : IPanelLayout
    {
        nint row = at.Row, rows = Math.Min(Plan.TileRows, at.EndRow - row), block = at.Block;
        nint depth = DepthOf(block), width = Tile<TSimd, V>.Columns, firstColumn = FirstColumn(at.Across);
        nint panels = GemmPlan.Ceiling(ColumnsOf(at.Across), width);
        bool accumulate = block > 0 || Call.Accumulate;
        bool finish = TEpilogue.Changes && block == Plan.DepthBlocks - 1;
        float* a = scratch.A.Floats(Packing<TSimd, V>.PanelFloats);
        float* tile = scratch.Tile.Floats(Tile<TSimd, V>.Rows * width);
        PackA(row, rows, block, a);
        for (nint panel = 0; panel < panels; panel++, b += Plan.Depth * width)
        {
            nint column = firstColumn + panel * width;
            nint columns = Math.Min(width, Call.N - column);
            float* c = Call.C + row * Call.Ldc + column;
            FetchNextA(at, panel, panels);
            if (at.PacksNext)
                FetchNextB(at, panel, panels);
            if (columns == width && !finish)
            {
                MicroKernel.Run<TSimd, V, TLayout>(rows, depth, a, b, width, c, Call.Ldc, accumulate);
                continue;
            }
            Prefetch.ToLevel1(c, Call.Ldc, rows, columns);
            if (finish)
                Epilogue.Fetch(row, rows, column, columns);
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

    // Fetches one share of the panel of A that is packed next.
    private readonly void FetchNextA(in Position at, nint share, nint shares)
    {
        nint row = at.Row + Plan.TileRows, block = at.Block;
        if (row >= at.EndRow)
            (row, block) = (at.FirstRow, block + 1);
        if (block >= Plan.DepthBlocks)
            return;
        nint rows = Math.Min(Plan.TileRows, at.EndRow - row), depth = DepthOf(block);
        nint first = depth * share / shares, count = depth * (share + 1) / shares - first, k = block * Plan.Depth + first;
        if (Call.TransposeA)
            Prefetch.ToLevel2(Call.A + k * Call.Lda + row, Call.Lda, count, rows);
        else
            Prefetch.ToLevel2(Call.A + row * Call.Lda + k, Call.Lda, rows, count);
    }

    // Fetches one share of the next depth block of B; all tiles of the block of C together fetch all of it.
    private readonly void FetchNextB(in Position at, nint panel, nint panels)
    {
        nint share = (at.Row - at.FirstRow) / Plan.TileRows * panels + panel;
        nint shares = GemmPlan.Ceiling(at.EndRow - at.FirstRow, Plan.TileRows) * panels;
        nint k = (at.Block + 1) * Plan.Depth, column = FirstColumn(at.Across), depth = DepthOf(at.Block + 1), columns = ColumnsOf(at.Across);
        nint lines = Call.TransposeB ? columns : depth, first = lines * share / shares, count = lines * (share + 1) / shares - first;
        if (Call.TransposeB)
            Prefetch.ToLevel2(Call.B + (column + first) * Call.Ldb + k, Call.Ldb, count, depth);
        else
            Prefetch.ToLevel2(Call.B + (k + first) * Call.Ldb + column, Call.Ldb, count, columns);
    }

    // The edge of C, or values that the epilogue changes: from the scratch tile, a vector at a time.
    [MethodImpl(Jit.Alone)]
    private readonly void StoreTile(float* tile, nint firstRow, nint rows, nint firstColumn, nint columns, bool accumulate, bool finish)
    {
        for (nint row = firstRow; row < firstRow + rows; row++, tile += Tile<TSimd, V>.Columns)
        {
            float* c = Call.C + row * Call.Ldc + firstColumn;
            if (columns == Tile<TSimd, V>.Columns)
            {
                StoreVector(tile, c, row, firstColumn, TSimd.Width, accumulate, finish);
                StoreVector(tile + TSimd.Width, c + TSimd.Width, row, firstColumn + TSimd.Width, TSimd.Width, accumulate, finish);
                continue;
            }
            for (nint j = 0; j < columns; j += TSimd.Width)
                StoreVector(tile + j, c + j, row, firstColumn + j, (int)Math.Min(TSimd.Width, columns - j), accumulate, finish);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void StoreVector(float* tile, float* c, nint row, nint column, int count, bool accumulate, bool finish)
    {
        V value = TSimd.Load(tile);
        if (accumulate)
            value = TSimd.Add(Lanes.Load<TSimd, V>(c, count), value);
        if (finish)
            value = Epilogue.Apply<TSimd, V>(value, row, column, count);
        Lanes.Store<TSimd, V>(c, value, count);
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
        Job.Scratch[worker].PackedColumns = -1;
        job.Invoke(0, worker);
    }
}
