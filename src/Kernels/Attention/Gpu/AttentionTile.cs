using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>
/// What the attention kernels share: tiles of 64 rows by 64 head columns in shared memory, and products of them of which each of a
/// group's 256 threads makes 4x4 elements.
/// </summary>
/// <remarks>
/// <para>Thread (tx, ty), 16 of each, has rows 4·ty … 4·ty + 3. Of a product of two tiles along their columns (scores: q·kᵀ) it has columns
/// tx + 16·j: the lanes of a dropout group, so one Philox block serves a thread's row. Of a product along rows (p·v) it has
/// columns 4·tx … 4·tx + 3.</para>
/// <para>A tile's rows are 68 floats apart: all reads are of 16 bytes and collide nowhere. A product's reads are views from where the thread begins, indexed by constants:
/// each address is then one register and a number in the instruction. An index that is a sum of both would cost a register for each read.</para>
/// </remarks>
internal static class AttentionTile
{
    /// <summary>Rows, and columns, of a tile.</summary>
    public const int Size = 64;

    /// <summary>Elements from row to row.</summary>
    public const int Stride = Size + 4;

    /// <summary>Floats of a tile.</summary>
    public const int Floats = Size * Stride;

    /// <summary>Threads of a group.</summary>
    public const int Threads = 256;

    /// <summary>Rows and columns of a thread.</summary>
    public const int Side = 4;

    /// <summary>tile ← rows [first, first + 64) and columns [col, col + 64) of one head's q, k, v or y; zero outside.</summary>
    /// <param name="tile">Shared.</param>
    /// <param name="x">[tokens, stride], from the first row's first element of the head on.</param>
    /// <param name="rows">Rows that there are from the first one on.</param>
    /// <param name="cols">Columns that there are from the first one on.</param>
    /// <param name="stride">Elements from token to token.</param>
    public static void Fetch(ArrayView<float> tile, ArrayView<float> x, int rows, int cols, int stride)
    {
        int first = Group.IdxX / Size, col = Group.IdxX % Size;
        ArrayView<float> to = tile.SubView(first * Stride + col);
        for (int row = 0; row < Size; row += Threads / Size)
            to[row * Stride] = first + row < rows && col < cols ? x[(first + row) * stride + col] : 0;
    }

    /// <summary>sums += a·bᵀ: element (i, j) is of row 4·ty + i of a and row tx + 16·j of b.</summary>
    public static void AddProductByColumns(ArrayView<float> sums, ArrayView<float> a, ArrayView<float> b, int tx, int ty)
    {
        ArrayView<Float4> aRows = a.SubView(ty * Side * Stride).AsFloat4(), bRows = b.SubView(tx * Stride).AsFloat4();
        for (int d = 0; d < Size / 4; d++)
        {
            ArrayView<Float4> x = LocalMemory.Allocate<Float4>(Side), y = LocalMemory.Allocate<Float4>(Side);
            for (int i = 0; i < Side; i++)
            {
                x[i] = aRows[i * (Stride / 4) + d];
                y[i] = bRows[16 * i * (Stride / 4) + d];
            }
            for (int i = 0; i < Side; i++)
            {
                for (int j = 0; j < Side; j++)
                    sums[i * Side + j] += x[i].X * y[j].X + x[i].Y * y[j].Y + x[i].Z * y[j].Z + x[i].W * y[j].W;
            }
        }
    }

    /// <summary>sums += a·b: element (i, j) is of row 4·ty + i of a and column 4·tx + j of b.</summary>
    public static void AddProductByRows(ArrayView<float> sums, ArrayView<float> a, ArrayView<float> b, int tx, int ty)
    {
        ArrayView<Float4> aRows = a.SubView(ty * Side * Stride).AsFloat4(), bRows = b.SubView(4 * tx).AsFloat4();
        for (int key = 0; key < Size / 4; key++)
        {
            ArrayView<Float4> x = LocalMemory.Allocate<Float4>(Side);
            for (int i = 0; i < Side; i++)
                x[i] = aRows[i * (Stride / 4) + key];
            for (int part = 0; part < 4; part++)
            {
                Float4 y = bRows[(4 * key + part) * (Stride / 4)];
                for (int i = 0; i < Side; i++)
                    AddScaled(sums, i, part == 0 ? x[i].X : part == 1 ? x[i].Y : part == 2 ? x[i].Z : x[i].W, y);
            }
        }
    }

    /// <summary>sums += aᵀ·b: element (i, j) is of column 4·ty + i of a and column 4·tx + j of b.</summary>
    public static void AddTransposedProduct(ArrayView<float> sums, ArrayView<float> a, ArrayView<float> b, int tx, int ty)
    {
        ArrayView<Float4> aRows = a.SubView(4 * ty).AsFloat4(), bRows = b.SubView(4 * tx).AsFloat4();
        for (int row = 0; row < Size; row++)
        {
            Float4 x = aRows[row * (Stride / 4)], y = bRows[row * (Stride / 4)];
            AddScaled(sums, 0, x.X, y);
            AddScaled(sums, 1, x.Y, y);
            AddScaled(sums, 2, x.Z, y);
            AddScaled(sums, 3, x.W, y);
        }
    }

    /// <summary>Writes a thread's scores, elements (4·ty + i, tx + 16·j), into a tile.</summary>
    public static void Put(ArrayView<float> tile, ArrayView<float> scores, int tx, int ty)
    {
        for (int i = 0; i < Side; i++)
        {
            for (int j = 0; j < Side; j++)
                tile[(ty * Side + i) * Stride + tx + 16 * j] = scores[i * Side + j];
        }
    }

    /// <summary>All elements of a thread's array become zero.</summary>
    public static void Clear(ArrayView<float> values)
    {
        for (int i = 0; i < Side * Side; i++)
            values[i] = 0;
    }

    /// <summary>
    /// What dropout multiplies the probabilities of a row's keys tx + 16·j of a tile by: one block of the mask, of which
    /// even tiles use the first half and odd ones the second.
    /// </summary>
    public static float Kept(DropoutDraw dropout, PhiloxBlock block, int j, int firstKey) =>
        (firstKey & Size) == 0 ? dropout.Factor(block, j) : dropout.Factor(block, j + 4);

    private static void AddScaled(ArrayView<float> sums, int i, float x, Float4 y)
    {
        sums[i * Side] += x * y.X;
        sums[i * Side + 1] += x * y.Y;
        sums[i * Side + 2] += x * y.Z;
        sums[i * Side + 3] += x * y.W;
    }
}
