using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>Scratch of one thread of a team: packed panels of A and of B, a few tiles of C, or all of it that a part of k adds.</summary>
internal sealed class GemmScratch : IDisposable
{
    public ScratchMemory A { get; } = new();
    public ScratchMemory B { get; } = new();
    public ScratchMemory Tiles { get; } = new();

    public ScratchMemory Part { get; } = new();

    /// <summary>Where that begins of this call's B which is packed in <see cref="B"/>; 0 at first.</summary>
    public nint PackedB { get; set; }

    /// <summary>The same of A and <see cref="A"/>, where <see cref="GemmPlan.KeepsA"/>.</summary>
    public nint PackedA { get; set; }

    /// <summary>Another call begins.</summary>
    public void Forget() => PackedA = PackedB = 0;

    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
        Tiles.Dispose();
        Part.Dispose();
    }
}

/// <summary>
/// Computes C: a chain is one block of it, the links are the depth blocks that are added to it in order. Every thread packs what it reads: packed
/// operands that another core wrote cost more to fetch than to pack again.
/// </summary>
internal unsafe struct GemmJob<TSimd, V, TEpilogue> : IChainJob
    where TSimd : ISimd<V> where V : struct where TEpilogue : struct, IEpilogue
{
    // So many tiles that do not go straight into C are computed before they are stored: their long rows are asked for and written together.
    private const int ScratchPanels = 4;

    public GemmCall Call;
    public GemmPlan Plan;
    public TEpilogue Epilogue;
    public GemmScratch[] Scratch;

    /// <summary>All of C on one thread.</summary>
    public readonly void InvokeAll(int worker)
    {
        Scratch[worker].Forget();
        for (int first = 0; first < Plan.Blocks; first += Plan.Group)
        {
            for (int link = 0; link < Plan.DepthBlocks; link++)
            {
                for (int chain = first; chain < Math.Min(first + Plan.Group, Plan.Blocks); chain++)
                    Invoke(chain, link, worker);
            }
        }
    }

    public readonly void Invoke(int chain, int link, int worker)
    {
        GemmScratch scratch = Scratch[worker];
        Place place = PlaceOf(chain, link);
        float* b = scratch.B.Floats(Plan.BlockPanels * Plan.Depth * Tile<TSimd, V>.Columns);
        float* source = SourceOfB(place);
        if (scratch.PackedB != (nint)source)
        {
            PackB(place, source, b);
            scratch.PackedB = (nint)source;
        }
        nint panels = GemmPlan.Ceiling(ColumnsOf(place.Across), Tile<TSimd, V>.Columns), stripFloats = Plan.StripTiles * Packing<TSimd, V>.PanelFloats;
        TileRows tiles = Plan.TilesOf(place.EndRow - place.FirstRow);
        float* a = scratch.A.Floats(Plan.StripsOfA * stripFloats);
        nint sourceOfA = (nint)SourceOfA(place.FirstRow, place.Block);
        bool hasA = Plan.KeepsA && scratch.PackedA == sourceOfA;
        scratch.PackedA = sourceOfA;
        for (nint first = 0; first < tiles.Count; first += Plan.StripTiles, a += Plan.KeepsA ? stripFloats : 0)
        {
            nint end = Math.Min(first + Plan.StripTiles, tiles.Count);
            FetchAhead nextA = default;
            if (!hasA)
            {
                PackA(place, tiles, first, end, a);
                nextA = StripOfA(place, tiles, end).InShares((tiles.First(end) - tiles.First(first)) * panels);
            }
            if (Call.TransposeA)
                Strip<DepthPanel<TSimd, V>>(scratch, place, tiles, first, end, a, b, nextA);
            else
                Strip<RowPanel>(scratch, place, tiles, first, end, a, b, nextA);
        }
    }

    // Rows [FirstRow, EndRow) of a block of columns of C, and which part of k.
    private readonly record struct Place(nint Across, nint FirstRow, nint EndRow, nint Block);

    // Blocks below each other come one after the other, and a thread takes neighbours: they share their panels of B.
    private readonly Place PlaceOf(nint chain, nint link)
    {
        nint firstRow = chain % Plan.BlocksDown * Plan.BlockRows;
        return new Place(chain / Plan.BlocksDown, firstRow, Math.Min(firstRow + Plan.BlockRows, Call.M), link);
    }

    private readonly nint DepthOf(nint block) => Math.Min(Plan.Depth, Call.K - block * Plan.Depth);

    private readonly nint FirstColumn(nint across) => across * Plan.BlockPanels * Tile<TSimd, V>.Columns;

    private readonly nint ColumnsOf(nint across) =>
        Math.Min(Plan.BlockPanels * Tile<TSimd, V>.Columns, Call.N - FirstColumn(across));

    private readonly float* SourceOfB(in Place place)
    {
        nint k = place.Block * Plan.Depth, column = FirstColumn(place.Across);
        return Call.B + (Call.TransposeB ? column * Call.Ldb + k : k * Call.Ldb + column);
    }

    private readonly void PackB(in Place place, float* source, float* target)
    {
        nint columns = ColumnsOf(place.Across), depth = DepthOf(place.Block), panelFloats = Plan.Depth * Tile<TSimd, V>.Columns;
        if (Call.TransposeB)
            Packing<TSimd, V>.PanelsTransposed(source, Call.Ldb, columns, depth, target, panelFloats);
        else
            Packing<TSimd, V>.Panels(source, Call.Ldb, columns, depth, target, panelFloats);
    }

    // What is packed of A next: the strip from a tile on, or the next block's first.
    private readonly FetchAhead StripOfA(in Place place, TileRows tiles, nint first)
    {
        nint firstRow = place.FirstRow;
        if (first == tiles.Count)
        {
            (firstRow, first) = (place.EndRow, 0);
            tiles = Plan.TilesOf(Math.Min(Plan.BlockRows, Call.M - firstRow));
        }
        nint rows = tiles.First(Math.Min(first + Plan.StripTiles, tiles.Count)) - tiles.First(first), depth = DepthOf(place.Block);
        float* source = SourceOfA(firstRow + tiles.First(first), place.Block);
        return rows == 0 ? default : new FetchAhead(source, Call.Lda, Call.TransposeA ? depth : rows, Call.TransposeA ? rows : depth);
    }

    private readonly float* SourceOfA(nint row, nint block)
    {
        nint k = block * Plan.Depth;
        return Call.A + (Call.TransposeA ? k * Call.Lda + row : row * Call.Lda + k);
    }

    // A strip of tiles: its panels of A stay near while the panels of B stream past each of them from level 2. Meanwhile
    // what is to be packed next is fetched.
    [MethodImpl(Jit.Alone)]
    private readonly void Strip<TLayout>(GemmScratch scratch, in Place place, in TileRows tiles, nint first, nint end, float* a, float* b, FetchAhead nextA)
        where TLayout : IPanelLayout
    {
        for (nint tile = first; tile < end; tile++, a += Packing<TSimd, V>.PanelFloats)
            Row<TLayout>(scratch, place, place.FirstRow + tiles.First(tile), tiles.Of(tile), a, b, &nextA);
    }

    // Tiles beside each other: straight into C as far as they are whole and nothing else is done with them, else by way of scratch memory.
    private readonly void Row<TLayout>(GemmScratch scratch, in Place place, nint row, nint rows, float* a, float* b, FetchAhead* nextA) where TLayout : IPanelLayout
    {
        nint depth = DepthOf(place.Block), width = Tile<TSimd, V>.Columns, panelFloats = Plan.Depth * width;
        nint column = FirstColumn(place.Across), end = column + ColumnsOf(place.Across);
        bool accumulate = place.Block > 0 || Call.Accumulate;
        bool finish = TEpilogue.Changes && place.Block == Plan.DepthBlocks - 1;
        float* c = Call.C + row * Call.Ldc + column;
        nint whole = finish ? 0 : (end - column) / width;
        if (whole > 0)
            MicroKernel.Run<TSimd, V, TLayout>(rows, depth, a, b, width, c, Call.Ldc, accumulate, c, Call.Ldc, whole, panelFloats, nextA);
        column += whole * width;
        c += whole * width;
        b += whole * panelFloats;
        float* tiles = scratch.Tiles.Floats(Tile<TSimd, V>.Rows * ScratchPanels * width);
        for (nint columns; column < end; column += columns, c += columns, b += ScratchPanels * panelFloats)
        {
            columns = Math.Min(ScratchPanels * width, end - column);
            if (finish)
                Epilogue.Fetch(row, rows, column, columns);
            MicroKernel.Run<TSimd, V, TLayout>(
                rows, depth, a, b, width, tiles, ScratchPanels * width, false, c, Call.Ldc, GemmPlan.Ceiling(columns, width), panelFloats, nextA);
            StoreTiles(tiles, row, rows, column, columns, accumulate, finish);
        }
    }

    private readonly void PackA(in Place place, in TileRows tiles, nint first, nint end, float* target)
    {
        float* source = SourceOfA(place.FirstRow + tiles.First(first), place.Block);
        if (Call.TransposeA)
            Packing<TSimd, V>.Columns(source, Call.Lda, tiles, first, end, DepthOf(place.Block), target);
        else
            Packing<TSimd, V>.Rows(source, Call.Lda, tiles, first, end, DepthOf(place.Block), target);
    }

    // The edge of C, or values that the epilogue changes: from scratch memory, a vector at a time.
    [MethodImpl(Jit.Alone)]
    private readonly void StoreTiles(float* tiles, nint firstRow, nint rows, nint firstColumn, nint columns, bool accumulate, bool finish)
    {
        for (nint row = firstRow; row < firstRow + rows; row++, tiles += ScratchPanels * Tile<TSimd, V>.Columns)
        {
            float* c = Call.C + row * Call.Ldc + firstColumn;
            nint j = 0;
            for (; j + TSimd.Width <= columns; j += TSimd.Width)
                StoreVector(tiles + j, c + j, row, firstColumn + j, TSimd.Width, accumulate, finish);
            if (j < columns)
                StoreVector(tiles + j, c + j, row, firstColumn + j, (int)(columns - j), accumulate, finish);
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
        job.InvokeAll(worker);
    }
}
