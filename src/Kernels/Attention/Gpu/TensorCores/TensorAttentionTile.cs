using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>
/// What the attention kernels on tensor cores share: tiles of rows by 64 head columns in shared memory, fetched through registers, and products of
/// which a warp makes 16 or 32 rows in accumulators of 16x8.
/// </summary>
/// <remarks>Of an accumulator lane (g, t), g = lane / 4, t = lane % 4, has rows g (X, Y) and g + 8 (Z, W), columns 2t and 2t + 1.</remarks>
internal static class TensorAttentionTile
{
    /// <summary>Columns of a tile: the largest head.</summary>
    public const int Cols = 64;

    /// <summary>Rows that a group keeps, of which its warps make products.</summary>
    public const int Rows = 128;

    /// <summary>Accumulators of 16 rows by a head's columns.</summary>
    public const int Sums = Cols / 8;

    private const int Quads = Cols / 4;

    /// <summary>values ← a thread's share of some rows of one head's q, k, v or dy, zero outside.</summary>
    /// <param name="values">Registers, size·16 / threads of them.</param>
    /// <param name="x">From the first row's first element of the head on.</param>
    /// <param name="size">Rows of the tile.</param>
    /// <param name="rows">Rows that there are.</param>
    /// <param name="cols">Columns that there are.</param>
    /// <param name="stride">Elements from token to token.</param>
    /// <param name="threads">Of the group.</param>
    public static void Load(ArrayView<Float4> values, ArrayView<float> x, int size, int rows, int cols, int stride, int threads)
    {
        int quad = Group.IdxX % Quads;
        for (int part = 0; part < size * Quads / threads; part++)
        {
            int row = part * (threads / Quads) + Group.IdxX / Quads;
            values[part] = row < rows ? AlignedRows.Load4(x, row * stride + 4 * quad, cols - 4 * quad) : new Float4(0, 0, 0, 0);
        }
    }

    /// <summary>Rounds what <see cref="Load"/> brought into a tile.</summary>
    public static void Put<TFormat>(ArrayView<uint> tile, ArrayView<Float4> values, int size, int threads) where TFormat : struct, IOperandFormat
    {
        for (int part = 0; part < size * Quads / threads; part++)
            TFormat.Put(tile, part * (threads / Quads) + Group.IdxX / Quads, Group.IdxX % Quads, values[part]);
    }

    /// <summary>tile ← 128 rows of one head's q, k, v or dy, zero outside.</summary>
    public static void Fetch<TFormat>(ArrayView<uint> tile, ArrayView<float> x, int rows, int cols, int stride, int threads)
        where TFormat : struct, IOperandFormat
    {
        const int part = 32;
        ArrayView<Float4> values = LocalMemory.Allocate<Float4>(part * Quads / threads);
        for (int first = 0; first < Rows; first += part)
        {
            Load(values, x.SubView((long)first * stride), part, rows - first, cols, stride, threads);
            Put<TFormat>(tile.SubView(first * TFormat.Stride), values, part, threads);
        }
    }

    /// <summary>sums ← 0.</summary>
    public static void Clear(ArrayView<Float4> sums, int count)
    {
        for (int i = 0; i < count; i++)
            sums[i] = new Float4(0, 0, 0, 0);
    }

    /// <summary>sums += a·bᵀ over the head's columns.</summary>
    /// <param name="sums">rowTiles x size / 8 accumulators.</param>
    /// <param name="a">A tile from the warp's first row on.</param>
    /// <param name="b">A tile of size rows.</param>
    public static void AddProduct<TFormat>(ArrayView<Float4> sums, ArrayView<uint> a, ArrayView<uint> b, int size, int rowTiles)
        where TFormat : struct, IOperandFormat
    {
        for (int k = 0; k < Cols; k += 16)
        {
            ArrayView<LeftFragment> left = LocalMemory.Allocate<LeftFragment>(2);
            for (int i = 0; i < rowTiles; i++)
                left[i] = TFormat.Left(a, 16 * i, k);
            for (int j = 0; j < size / 8; j += 2)
                Multiply<TFormat>(sums, left, TFormat.Right(b, 8 * j, k), j, size / 8, rowTiles);
        }
    }

    /// <summary>sums += p·b, p being the sums of another product.</summary>
    /// <param name="sums">rowTiles x 8 accumulators.</param>
    /// <param name="p">rowTiles x size / 8 accumulators.</param>
    /// <param name="b">A tile of size rows.</param>
    public static void AddProductOf<TFormat>(ArrayView<Float4> sums, ArrayView<Float4> p, ArrayView<uint> b, int size, int rowTiles)
        where TFormat : struct, IOperandFormat
    {
        for (int k = 0; k < size; k += 16)
        {
            ArrayView<LeftFragment> left = LocalMemory.Allocate<LeftFragment>(2);
            for (int i = 0; i < rowTiles; i++)
                left[i] = TFormat.LeftOf(p[size / 8 * i + k / 8], p[size / 8 * i + k / 8 + 1]);
            for (int j = 0; j < Sums; j += 2)
                Multiply<TFormat>(sums, left, TFormat.RightTransposed(b, 8 * j, k), j, Sums, rowTiles);
        }
    }

    // Accumulators j and j + 1 of every sixteen rows.
    private static void Multiply<TFormat>(ArrayView<Float4> sums, ArrayView<LeftFragment> left, RightFragment right, int j, int count, int rowTiles)
        where TFormat : struct, IOperandFormat
    {
        for (int i = 0; i < rowTiles; i++)
            TFormat.Multiply(ref sums[count * i + j], ref sums[count * i + j + 1], left[i], right);
    }

    /// <summary>Keys behind the sequence get the score −∞, which makes them 0 in a softmax.</summary>
    /// <param name="scores">size / 8 accumulators, their columns the keys of a tile.</param>
    /// <param name="keys">Keys that there are.</param>
    public static void HideKeysFrom(ArrayView<Float4> scores, int at, int size, int keys)
    {
        for (int j = 0; j < size / 8; j++)
        {
            int key = 8 * j + 2 * (Warp.LaneIdx % 4);
            if (key >= keys)
                scores[at + j] = new Float4(float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity);
            else if (key + 1 >= keys)
                scores[at + j] = new Float4(scores[at + j].X, float.NegativeInfinity, scores[at + j].Z, float.NegativeInfinity);
        }
    }
}
