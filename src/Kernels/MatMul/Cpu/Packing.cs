using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace BareBert.Kernels;

/// <summary>
/// Copies blocks of A and B into the order in which the micro-kernel reads them. Sources are row-major, their rows
/// stride floats apart.
/// </summary>
internal static unsafe class Packing<TSimd, V> where TSimd : ISimd<V> where V : struct
{
    // Panels of B that are packed together: each is written from its beginning to its end, and each row read in long runs.
    private const int Group = 4;

    // So many lines before it is copied a row-major B is asked for.
    private const int LinesAhead = 128;

    /// <summary>Floats of a packed panel of A (in either layout).</summary>
    public static nint PanelFloats
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Tile<TSimd, V>.Rows * RowPanel.RowStride;
    }

    /// <summary>Packs the rows of some tiles of a row-major A, [rows, depth] from the first tile's on, into a <see cref="RowPanel"/> each.</summary>
    [MethodImpl(Jit.Alone)]
    public static void Rows(float* source, nint stride, in TileRows tiles, nint first, nint end, nint depth, float* target)
    {
        for (nint tile = first; tile < end; tile++, target += PanelFloats)
        {
            float* to = target;
            for (nint left = tiles.Of(tile); left > 0; left--, source += stride, to += RowPanel.RowStride)
                Copy(source, to, depth);
        }
    }

    /// <summary>Packs the rows of some tiles of a transposed A, [depth, rows] from the first tile's on, into a <see cref="DepthPanel{TSimd,V}"/> each.</summary>
    [MethodImpl(Jit.Alone)]
    public static void Columns(float* source, nint stride, in TileRows tiles, nint first, nint end, nint depth, float* target)
    {
        // A vector holds a tile's rows and a few more, which are written over next; but none past the end of A may be read.
        nint rows = tiles.First(end) - tiles.First(first), tallRows = tiles.First(Math.Clamp(tiles.Taller, first, end)) - tiles.First(first);
        bool hasRoom = Tile<TSimd, V>.Rows <= TSimd.Width && rows >= TSimd.Width;
        nint most = tiles.Of(first), least = tiles.Of(end - 1);
        for (nint k = 0; k < depth; k++, source += stride, target += Tile<TSimd, V>.Rows)
        {
            float* to = target;
            nint row = 0;
            if (hasRoom && k < depth - 1)
            {
                for (; row < tallRows; row += most, to += PanelFloats)
                    TSimd.Store(to, TSimd.Load(source + row));
                for (; row < rows; row += least, to += PanelFloats)
                    TSimd.Store(to, TSimd.Load(source + row));
            }
            for (; row < tallRows; row += most, to += PanelFloats)
                CopyColumns(source + row, to, most);
            for (; row < rows; row += least, to += PanelFloats)
                CopyColumns(source + row, to, least);
        }
    }

    /// <summary>
    /// Packs a block of a row-major B, [depth, columns], into panels [depth, columns of a tile], the last padded with
    /// zeros, panelStride floats apart.
    /// </summary>
    [MethodImpl(Jit.Alone)]
    public static void Panels(float* source, nint stride, nint columns, nint depth, float* target, nint panelStride)
    {
        int width = Tile<TSimd, V>.Columns;
        nint group = Group * width, ahead = LinesAhead * Prefetch.Line / group * stride;
        for (; columns > 0; columns -= group, source += group, target += Group * panelStride)
        {
            nint count = Math.Min(columns, group);
            float* from = source, toRow = target;
            for (nint k = 0; k < depth; k++, from += stride, toRow += width)
            {
                float* to = toRow;
                Prefetch.RowToLevel1(from + ahead, count);
                nint first = 0;
                for (; first + width <= count; first += width, to += panelStride)
                {
                    V left = TSimd.Load(from + first), right = TSimd.Load(from + first + TSimd.Width);
                    TSimd.Store(to, left);
                    TSimd.Store(to + TSimd.Width, right);
                }
                if (first < count)
                    CopyPadded(from + first, to, count - first);
            }
        }
    }

    /// <summary>
    /// Packs a block of a transposed B, [columns, depth], into panels [depth, columns of a tile], the last padded with
    /// zeros, panelStride floats apart.
    /// </summary>
    [MethodImpl(Jit.Alone)]
    public static void PanelsTransposed(float* source, nint stride, nint columns, nint depth, float* target, nint panelStride)
    {
        int width = Tile<TSimd, V>.Columns;
        for (nint first = 0; first < columns; first += width, target += panelStride)
        {
            nint count = Math.Min(width, columns - first);
            float* from = source + first * stride;
            if (count < width)
                ClearPadding(target, count, depth);
            nint column = 0;
            for (; column + TSimd.Width <= count; column += TSimd.Width)
                Transpose<TSimd, V>(from + column * stride, stride, depth, target + column);
            for (; column + 4 <= count; column += 4)
                Transpose<Simd128, Vector128<float>>(from + column * stride, stride, depth, target + column);
            // The last four once more where some are left over.
            if (count % 4 != 0 && count >= 4)
                Transpose<Simd128, Vector128<float>>(from + (count - 4) * stride, stride, depth, target + count - 4);
            for (; column < count && count < 4; column++)
            {
                for (nint k = 0; k < depth; k++)
                    target[k * width + column] = from[column * stride + k];
            }
        }
    }

    // The vectors of a panel that hold columns beyond the last one.
    private static void ClearPadding(float* target, nint count, nint depth)
    {
        for (float* end = target + depth * Tile<TSimd, V>.Columns; target < end; target += Tile<TSimd, V>.Columns)
        {
            if (count < TSimd.Width)
                TSimd.Store(target, TSimd.Zero);
            TSimd.Store(target + TSimd.Width, TSimd.Zero);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(float* source, float* target, nint count)
    {
        nint i = 0;
        for (; i + TSimd.Width <= count; i += TSimd.Width)
            TSimd.Store(target + i, TSimd.Load(source + i));
        for (; i < count; i++)
            target[i] = source[i];
    }

    private static void CopyPadded(float* source, float* target, nint count)
    {
        for (nint i = 0; i < Tile<TSimd, V>.Columns; i++)
            target[i] = i < count ? source[i] : 0;
    }

    // A tile's rows of one k: 8 to 14, or 4 to 6, as two vectors that overlap.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyColumns(float* source, float* target, nint rows)
    {
        if (rows < (Tile<TSimd, V>.Rows == 14 ? 8 : 4))
        {
            for (nint r = 0; r < rows; r++)
                target[r] = source[r];
        }
        else if (Tile<TSimd, V>.Rows == 14)
        {
            Vector256<float> low = Vector256.Load(source), high = Vector256.Load(source + rows - 8);
            low.Store(target);
            high.Store(target + rows - 8);
        }
        else
        {
            Vector128<float> low = Vector128.Load(source), high = Vector128.Load(source + rows - 4);
            low.Store(target);
            high.Store(target + rows - 4);
        }
    }

    // As many rows of B as a vector has elements become as many neighbouring columns, four k's at a time, so that a line of the target
    // is written whole, not in pieces between which it leaves level 1.
    [MethodImpl(Jit.Alone)]
    private static void Transpose<TRows, R>(float* source, nint stride, nint depth, float* target) where TRows : ISimd<R> where R : struct
    {
        int width = Tile<TSimd, V>.Columns;
        nint k = 0;
        for (; k + 4 <= depth; k += 4, target += 4 * width)
        {
            // Each of these has four k's of one row, and of those 4, 8 and 12 below it.
            float* from = source + k;
            R r0 = TRows.LoadFours(from, 4 * stride), r1 = TRows.LoadFours(from + stride, 4 * stride);
            R r2 = TRows.LoadFours(from + 2 * stride, 4 * stride), r3 = TRows.LoadFours(from + 3 * stride, 4 * stride);
            R a = TRows.InterleaveLower(r0, r2), b = TRows.InterleaveLower(r1, r3);
            R c = TRows.InterleaveUpper(r0, r2), d = TRows.InterleaveUpper(r1, r3);
            TRows.Store(target, TRows.InterleaveLower(a, b));
            TRows.Store(target + width, TRows.InterleaveUpper(a, b));
            TRows.Store(target + 2 * width, TRows.InterleaveLower(c, d));
            TRows.Store(target + 3 * width, TRows.InterleaveUpper(c, d));
        }
        for (; k < depth; k++, target += width)
        {
            for (int row = 0; row < TRows.Width; row++)
                target[row] = source[row * stride + k];
        }
    }
}
