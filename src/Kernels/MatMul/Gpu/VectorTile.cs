using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>
/// What rungs 4 and 5 share: 128x128 elements of c a group, 8x8 a thread, tiles of 8 in k in shared memory, and all
/// accesses of 16 bytes.
/// </summary>
/// <remarks>
/// A tile is [k][outer]. A thread has rows 4·ty … + 3 and 64 more, and columns 4·tx … + 3 and 64 more: each of its four 16-byte reads
/// serves sixteen multiply-adds, and neighbours read neighbours.
/// </remarks>
internal static class VectorTile
{
    public const int Size = 128;
    public const int Threads = 256;
    public const int TileK = 8;
    public const int Side = 8;

    /// <summary>Elements from one k to the next: a multiple of 4, and off the banks' period.</summary>
    public const int Stride = Size + 4;

    /// <summary>Floats of a tile.</summary>
    public const int Floats = TileK * Stride;

    /// <summary>The four elements of a panel that a thread brings: four neighbours in memory, zero outside.</summary>
    /// <remarks>Where k is contiguous they are of one row and k, k + 1, …; else of one k and four rows.</remarks>
    public static Float4 Load<TLayout>(ArrayView<float> x, int firstOuter, int outers, int k0, int k, int ld) where TLayout : IOperandLayout
    {
        int outer = firstOuter + Outer<TLayout>(), i = k0 + K<TLayout>();
        return outer < outers && i < k ? x.AsFloat4()[TLayout.At(outer, i, ld) / 4] : new Float4(0, 0, 0, 0);
    }

    /// <summary>Puts them into the tile; where k is contiguous that turns them.</summary>
    public static void Put<TLayout>(ArrayView<float> tile, Float4 values) where TLayout : IOperandLayout
    {
        int outer = Outer<TLayout>(), i = K<TLayout>();
        if (TLayout.KContiguous)
        {
            tile[i * Stride + outer] = values.X;
            tile[(i + 1) * Stride + outer] = values.Y;
            tile[(i + 2) * Stride + outer] = values.Z;
            tile[(i + 3) * Stride + outer] = values.W;
        }
        else
        {
            tile.AsFloat4()[(i * Stride + outer) / 4] = values;
        }
    }

    /// <summary>sums += the product of the two tiles.</summary>
    /// <param name="sums">8x8 in registers.</param>
    public static void AddProduct(ArrayView<float> sums, ArrayView<float> tileA, ArrayView<float> tileB, int tx, int ty)
    {
        ArrayView<Float4> a = tileA.AsFloat4(), b = tileB.AsFloat4();
        for (int i = 0; i < TileK; i++)
        {
            Float4 upper = a[i * (Stride / 4) + ty], lower = a[i * (Stride / 4) + ty + 16];
            Float4 left = b[i * (Stride / 4) + tx], right = b[i * (Stride / 4) + tx + 16];
            AddRows(sums, 0, upper, left, right);
            AddRows(sums, 4, lower, left, right);
        }
    }

    /// <summary>Writes a thread's elements to c.</summary>
    public static void Store<TActivation>(
        ArrayView<float> c, ArrayView<float> bias, ArrayView<float> preActivation, ArrayView<float> sums,
        int firstRow, int firstCol, int m, int n, int ldc, int accumulate, int tx, int ty) where TActivation : IGpuActivation
    {
        for (int i = 0; i < Side; i++)
        {
            int row = firstRow + 4 * ty + i % 4 + i / 4 * 64;
            if (row >= m)
                continue;
            for (int half = 0; half < 2; half++)
            {
                int col = firstCol + 4 * tx + 64 * half, at = i * Side + 4 * half;
                var sum = new Float4(sums[at], sums[at + 1], sums[at + 2], sums[at + 3]);
                MatMulEpilogue.Store4<TActivation>(c, bias, preActivation, row * ldc + col, col, n, sum, accumulate);
            }
        }
    }

    private static int Outer<TLayout>() where TLayout : IOperandLayout => TLayout.KContiguous ? Group.IdxX / 2 : Group.IdxX % 32 * 4;

    private static int K<TLayout>() where TLayout : IOperandLayout => TLayout.KContiguous ? Group.IdxX % 2 * 4 : Group.IdxX / 32;

    private static void AddRows(ArrayView<float> sums, int first, Float4 a, Float4 left, Float4 right)
    {
        AddRow(sums, first, a.X, left, right);
        AddRow(sums, first + 1, a.Y, left, right);
        AddRow(sums, first + 2, a.Z, left, right);
        AddRow(sums, first + 3, a.W, left, right);
    }

    private static void AddRow(ArrayView<float> sums, int row, float a, Float4 left, Float4 right)
    {
        int at = row * Side;
        sums[at] += a * left.X;
        sums[at + 1] += a * left.Y;
        sums[at + 2] += a * left.Z;
        sums[at + 3] += a * left.W;
        sums[at + 4] += a * right.X;
        sums[at + 5] += a * right.Y;
        sums[at + 6] += a * right.Z;
        sums[at + 7] += a * right.W;
    }
}
