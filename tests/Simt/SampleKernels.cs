using BareBert.Simt;
using ILGPU;

namespace BareBert.Tests;

/// <summary>The three kernels everybody writes first.</summary>
public static class SampleKernels
{
    /// <summary>y ← a·x + y.</summary>
    public static void Saxpy(ArrayView<float> x, ArrayView<float> y, float a, int n)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i < n)
            y[i] = a * x[i] + y[i];
    }

    public const int Tile = 16;

    /// <summary>c ← a·b for square matrices of any size n; 16x16 threads a group, one element each.</summary>
    public static void MatMulTiled(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int n)
    {
        ArrayView<float> tileA = SharedMemory.Allocate<float>(Tile * Tile);
        ArrayView<float> tileB = SharedMemory.Allocate<float>(Tile * Tile);
        (int tx, int ty) = (Group.IdxX, Group.IdxY);
        int row = Grid.IdxY * Tile + ty, col = Grid.IdxX * Tile + tx;
        float sum = 0;
        for (int k0 = 0; k0 < n; k0 += Tile)
        {
            tileA[ty * Tile + tx] = row < n && k0 + tx < n ? a[row * n + k0 + tx] : 0;
            tileB[ty * Tile + tx] = k0 + ty < n && col < n ? b[(k0 + ty) * n + col] : 0;
            Group.Barrier();
            for (int k = 0; k < Tile; k++)
                sum += tileA[ty * Tile + k] * tileB[k * Tile + tx];
            Group.Barrier();
        }
        if (row < n && col < n)
            c[row * n + col] = sum;
    }

    /// <summary>Each warp adds up 32 neighbours by halving.</summary>
    public static void WarpSum(ArrayView<float> x, ArrayView<float> sums)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        float sum = x[i];
        for (int offset = Warp.WarpSize / 2; offset > 0; offset /= 2)
            sum += Warp.ShuffleDown(sum, offset);
        if (Warp.LaneIdx == 0)
            sums[i / Warp.WarpSize] = sum;
    }
}
