using ILGPU;

namespace BareBert.Kernels;

/// <summary>
/// Rung 3: a group makes 64x64 elements, a thread 4x4 of them in registers. Eight reads of shared memory now serve sixteen
/// multiply-adds. Takes any shape and any address.
/// </summary>
internal static class MatMul3RegisterTile
{
    public const int Tile = 64;
    public const int Threads = 256;
    private const int TileK = 16;
    private const int Side = 4;
    private const int Stride = Tile + 1;

    /// <inheritdoc cref="MatMul1Naive.Run{TA, TB, TActivation}"/>
    [GpuKernel(GroupSize = Threads)]
    public static void Run<TA, TB, TActivation>(
        ArrayView<float> c, ArrayView<float> a, ArrayView<float> b, ArrayView<float> bias, ArrayView<float> preActivation,
        int m, int n, int k, int lda, int ldb, int ldc, long strideA, long strideB, long strideC, long totalK, int accumulate)
        where TA : IOperandLayout where TB : IOperandLayout where TActivation : IGpuActivation
    {
        ArrayView<float> tileA = SharedMemory.Allocate<float>(TileK * Stride); // [k][row]
        ArrayView<float> tileB = SharedMemory.Allocate<float>(TileK * Stride); // [k][col]
        ArrayView<float> sums = LocalMemory.Allocate<float>(Side * Side);
        for (int i = 0; i < Side * Side; i++)
            sums[i] = 0;
        // A thread's rows are neighbours, its columns 16 apart: then neither reads of b nor writes of c collide.
        int tx = Group.IdxX % 16, ty = Group.IdxX / 16, firstRow = Grid.IdxY * Tile, firstCol = Grid.IdxX * Tile;
        (a, b, c) = (a.SubView(Grid.IdxZ * strideA), b.SubView(Grid.IdxZ * strideB), c.SubView(Grid.IdxZ * strideC));
        k = MatMulPart.Of(k, totalK);
        for (int k0 = 0; k0 < k; k0 += TileK)
        {
            Fetch<TA>(tileA, a, firstRow, m, k0, k, lda);
            Fetch<TB>(tileB, b, firstCol, n, k0, k, ldb);
            Group.Barrier();
            for (int i = 0; i < TileK; i++)
                AddOuterProduct(sums, tileA.SubView(ty * Side), tileB.SubView(tx), i * Stride);
            Group.Barrier();
        }
        for (int i = 0; i < Side; i++)
        {
            for (int j = 0; j < Side; j++)
            {
                int row = firstRow + ty * Side + i, col = firstCol + tx + 16 * j;
                if (row < m && col < n)
                    MatMulEpilogue.Store<TActivation>(c, bias, preActivation, row * ldc + col, col, sums[i * Side + j], accumulate);
            }
        }
    }

    // Tiles from where the thread begins: the rest of each index is a number in the instruction.
    private static void AddOuterProduct(ArrayView<float> sums, ArrayView<float> tileA, ArrayView<float> tileB, int at)
    {
        ArrayView<float> column = LocalMemory.Allocate<float>(Side), row = LocalMemory.Allocate<float>(Side);
        for (int i = 0; i < Side; i++)
            (column[i], row[i]) = (tileA[at + i], tileB[at + 16 * i]);
        for (int i = 0; i < Side; i++)
        {
            for (int j = 0; j < Side; j++)
                sums[i * Side + j] += column[i] * row[j];
        }
    }

    private static void Fetch<TLayout>(ArrayView<float> tile, ArrayView<float> x, int firstOuter, int outers, int k0, int k, int ld)
        where TLayout : IOperandLayout
    {
        for (int part = 0; part < Tile * TileK / Threads; part++)
        {
            int e = part * Threads + Group.IdxX;
            int outer = TLayout.KContiguous ? e / TileK : e % Tile, i = TLayout.KContiguous ? e % TileK : e / Tile;
            bool inside = firstOuter + outer < outers && k0 + i < k;
            tile[i * Stride + outer] = inside ? x[TLayout.At(firstOuter + outer, k0 + i, ld)] : 0;
        }
    }
}
