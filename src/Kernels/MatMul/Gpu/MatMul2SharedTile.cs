using ILGPU;

namespace BareBert.Kernels;

/// <summary>
/// Rung 2: a group fetches a 16x16 tile of a and of b into shared memory and uses each number 16 times. Memory is read 16 times less;
/// now every multiply-add waits for two reads of shared memory.
/// </summary>
internal static class MatMul2SharedTile
{
    public const int Tile = 16;

    // One more column, so that a tile is written and read along both sides without bank conflicts.
    private const int Stride = Tile + 1;

    /// <inheritdoc cref="MatMul1Naive.Run{TA, TB, TActivation}"/>
    [GpuKernel(GroupSize = Tile * Tile, GroupRows = Tile)]
    public static void Run<TA, TB, TActivation>(
        ArrayView<float> c, ArrayView<float> a, ArrayView<float> b, ArrayView<float> bias, ArrayView<float> preActivation,
        int m, int n, int k, int lda, int ldb, int ldc, long strideA, long strideB, long strideC, long totalK, int accumulate)
        where TA : IOperandLayout where TB : IOperandLayout where TActivation : IGpuActivation
    {
        ArrayView<float> tileA = SharedMemory.Allocate<float>(Tile * Stride); // [k][row]
        ArrayView<float> tileB = SharedMemory.Allocate<float>(Tile * Stride); // [k][col]
        int tx = Group.IdxX, ty = Group.IdxY, firstRow = Grid.IdxY * Tile, firstCol = Grid.IdxX * Tile;
        (a, b, c) = (a.SubView(Grid.IdxZ * strideA), b.SubView(Grid.IdxZ * strideB), c.SubView(Grid.IdxZ * strideC));
        k = MatMulPart.Of(k, totalK);
        ArrayView<float> rows = tileA.SubView(ty), cols = tileB.SubView(tx);
        float sum = 0;
        for (int k0 = 0; k0 < k; k0 += Tile)
        {
            Fetch<TA>(tileA, a, firstRow, m, k0, k, lda, tx, ty);
            Fetch<TB>(tileB, b, firstCol, n, k0, k, ldb, tx, ty);
            Group.Barrier();
            for (int i = 0; i < Tile; i++)
                sum += rows[i * Stride] * cols[i * Stride];
            Group.Barrier();
        }
        int row = firstRow + ty, col = firstCol + tx;
        if (row < m && col < n)
            MatMulEpilogue.Store<TActivation>(c, bias, preActivation, row * ldc + col, col, sum, accumulate);
    }

    // Neighbouring threads read neighbours in memory, whichever way the panel lies.
    private static void Fetch<TLayout>(ArrayView<float> tile, ArrayView<float> x, int firstOuter, int outers, int k0, int k, int ld, int tx, int ty)
        where TLayout : IOperandLayout
    {
        int outer = TLayout.KContiguous ? ty : tx, i = TLayout.KContiguous ? tx : ty;
        bool inside = firstOuter + outer < outers && k0 + i < k;
        tile[i * Stride + outer] = inside ? x[TLayout.At(firstOuter + outer, k0 + i, ld)] : 0;
    }
}
