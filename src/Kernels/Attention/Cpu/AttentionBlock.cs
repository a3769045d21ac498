using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>
/// The block that attention works in: at most 128 queries by 128 keys, or 128 tokens by 128 elements of a head. In scratch
/// memory it is row-major with a fixed stride, so that one micro-kernel reads it as it is or transposed.
/// </summary>
internal static class AttentionBlock
{
    /// <summary>Rows and columns of a full block. Keys of one block are one group of columns of a dropout mask.</summary>
    public const int Size = DropoutMask.GroupCols;

    /// <summary>Floats from one row to the next: 128 and a pad that keeps rows out of each other's cache sets.</summary>
    public const int Stride = Size + 16;

    /// <summary>Floats of a block.</summary>
    public const int Floats = Size * Stride;

    /// <summary>How many blocks hold <paramref name="count"/> rows, columns or elements of a head.</summary>
    public static int Count(int count) => (count + Size - 1) / Size;

    /// <summary>Rows, columns or elements of block <paramref name="index"/> out of <paramref name="count"/> in all.</summary>
    public static int SizeOf(int index, int count) => Math.Min(Size, count - index * Size);
}

/// <summary>A block as the left factor of a product.</summary>
internal readonly struct AsIs : IPanelLayout
{
    public static int RowStride => AttentionBlock.Stride;
    public static int DepthStride => 1;
}

/// <summary>A block's transpose as the left factor of a product: nothing is moved, only read in another order.</summary>
internal readonly struct Transposed : IPanelLayout
{
    public static int RowStride => 1;
    public static int DepthStride => AttentionBlock.Stride;
}

/// <summary>The right factor of a product: panels two vectors wide, each [depth, 2·width].</summary>
/// <param name="first">The first panel.</param>
/// <param name="rowStride">Floats from one row of a panel to the next.</param>
/// <param name="panelStride">Floats from one panel to the next.</param>
internal unsafe struct RightFactor(float* first, nint rowStride, nint panelStride)
{
    public readonly float* First = first;
    public readonly nint RowStride = rowStride;
    public readonly nint PanelStride = panelStride;
}

/// <summary>Products of blocks, and how tensors' rows become blocks.</summary>
internal static unsafe class Block<TSimd, V> where TSimd : ISimd<V> where V : struct
{
    private static int PanelWidth => 2 * TSimd.Width;

    /// <summary>A block as right factor: its panels lie side by side.</summary>
    public static RightFactor Right(float* block) => new(block, AttentionBlock.Stride, PanelWidth);

    /// <summary>What <see cref="LoadTransposed"/> wrote, as right factor.</summary>
    public static RightFactor RightTransposed(float* panels, int depth) => new(panels, PanelWidth, (nint)depth * PanelWidth);

    /// <summary>c = op(a)·b or c += op(a)·b, [rows, columns] with <paramref name="depth"/> terms each. Columns are rounded up to whole vectors.</summary>
    public static void Multiply<TLayout>(float* c, float* a, RightFactor b, int rows, int columns, int depth, bool accumulate)
        where TLayout : IPanelLayout
    {
        var tiles = new TileRows(rows, Tile<TSimd, V>.Rows);
        float* panel = b.First;
        for (int column = 0; column < columns; column += PanelWidth, panel += b.PanelStride, c += PanelWidth)
        {
            bool isNarrow = columns - column <= TSimd.Width; // a head of 16 elements, the end of a row of scores
            float* tileA = a, tileC = c;
            for (nint tile = 0; tile < tiles.Count; tile++)
            {
                nint count = tiles.Of(tile);
                if (isNarrow)
                    RunTile<OneVector<TLayout>>(count, depth, tileA, panel, b.RowStride, tileC, accumulate);
                else
                    RunTile<TLayout>(count, depth, tileA, panel, b.RowStride, tileC, accumulate);
                tileA += count * TLayout.RowStride;
                tileC += count * AttentionBlock.Stride;
            }
        }
    }

    private static void RunTile<TLayout>(nint rows, int depth, float* a, float* b, nint ldb, float* c, bool accumulate) where TLayout : IPanelLayout =>
        MicroKernel.Run<TSimd, V, TLayout>(rows, depth, a, b, ldb, c, AttentionBlock.Stride, accumulate, goal: null, goalStride: 0);

    /// <summary>block = scale·rows of a tensor; the columns up to a whole vector are zero.</summary>
    [MethodImpl(Jit.Alone)]
    public static void Load(float* block, float* source, nint stride, int rows, int columns, float scale = 1)
    {
        int padded = (columns + TSimd.Width - 1) / TSimd.Width * TSimd.Width;
        V factor = TSimd.Broadcast(scale);
        for (int row = 0; row < rows; row++, block += AttentionBlock.Stride, source += stride)
        {
            int column = 0;
            for (; column + TSimd.Width <= columns; column += TSimd.Width)
                TSimd.Store(block + column, TSimd.Multiply(TSimd.Load(source + column), factor));
            for (; column < columns; column++)
                block[column] = source[column] * scale;
            for (; column < padded; column++)
                block[column] = 0;
        }
    }

    /// <summary>The transpose of rows of a tensor, as panels of a right factor: [columns of the tensor, rows of it].</summary>
    public static void LoadTransposed(float* panels, float* source, nint stride, int rows, int columns) =>
        Packing<TSimd, V>.PanelsTransposed(source, stride, rows, columns, panels, (nint)columns * PanelWidth);

    /// <summary>target = scale·block, or target += scale·block, target's rows <paramref name="stride"/> floats apart.</summary>
    [MethodImpl(Jit.Alone)]
    public static void Store(float* target, nint stride, float* block, int rows, int columns, float scale, bool accumulate)
    {
        for (int row = 0; row < rows; row++, block += AttentionBlock.Stride, target += stride)
            StoreRow(target, block, columns, scale, accumulate);
    }

    /// <summary>One row of <see cref="Store"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreRow(float* target, float* row, int columns, float scale, bool accumulate)
    {
        V factor = TSimd.Broadcast(scale);
        int column = 0;
        for (; column + TSimd.Width <= columns; column += TSimd.Width)
        {
            V value = TSimd.Multiply(TSimd.Load(row + column), factor);
            TSimd.Store(target + column, accumulate ? TSimd.Add(TSimd.Load(target + column), value) : value);
        }
        for (; column < columns; column++)
            target[column] = accumulate ? target[column] + row[column] * scale : row[column] * scale;
    }
}
