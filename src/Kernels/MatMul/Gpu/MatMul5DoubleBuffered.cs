using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>
/// Rung 5: two tiles of each operand in turn. The next one is on its way from memory, into registers, while the threads multiply
/// the current one: memory's latency is hidden, and a round has one barrier instead of two.
/// </summary>
internal static class MatMul5DoubleBuffered
{
    /// <inheritdoc cref="MatMul1Naive.Run{TA, TB, TActivation}"/>
    [GpuKernel(GroupSize = VectorTile.Threads)]
    public static void Run<TA, TB, TActivation>(
        ArrayView<float> c, ArrayView<float> a, ArrayView<float> b, ArrayView<float> bias, ArrayView<float> preActivation,
        int m, int n, int k, int lda, int ldb, int ldc, long strideA, long strideB, long strideC, long totalK, int accumulate)
        where TA : IOperandLayout where TB : IOperandLayout where TActivation : IGpuActivation
    {
        ArrayView<float> tilesA = SharedMemory.Allocate<float>(2 * VectorTile.Floats); // [2][k][row]
        ArrayView<float> tilesB = SharedMemory.Allocate<float>(2 * VectorTile.Floats); // [2][k][col]
        ArrayView<float> sums = LocalMemory.Allocate<float>(VectorTile.Side * VectorTile.Side);
        for (int i = 0; i < VectorTile.Side * VectorTile.Side; i++)
            sums[i] = 0;
        int tx = Group.IdxX % 16, ty = Group.IdxX / 16, firstRow = Grid.IdxY * VectorTile.Size, firstCol = Grid.IdxX * VectorTile.Size;
        (a, b, c) = (a.SubView(Grid.IdxZ * strideA), b.SubView(Grid.IdxZ * strideB), c.SubView(Grid.IdxZ * strideC));
        k = MatMulPart.Of(k, totalK);
        VectorTile.Put<TA>(tilesA, VectorTile.Load<TA>(a, firstRow, m, 0, k, lda));
        VectorTile.Put<TB>(tilesB, VectorTile.Load<TB>(b, firstCol, n, 0, k, ldb));
        Group.Barrier();
        int current = 0;
        for (int k0 = 0; k0 < k; k0 += VectorTile.TileK)
        {
            // Behind the end these are zeros, which nobody multiplies.
            Float4 nextA = VectorTile.Load<TA>(a, firstRow, m, k0 + VectorTile.TileK, k, lda);
            Float4 nextB = VectorTile.Load<TB>(b, firstCol, n, k0 + VectorTile.TileK, k, ldb);
            VectorTile.AddProduct(sums, tilesA.SubView(current), tilesB.SubView(current), tx, ty);
            current = VectorTile.Floats - current;
            VectorTile.Put<TA>(tilesA.SubView(current), nextA);
            VectorTile.Put<TB>(tilesB.SubView(current), nextB);
            Group.Barrier();
        }
        VectorTile.Store<TActivation>(c, bias, preActivation, sums, firstRow, firstCol, m, n, ldc, accumulate, tx, ty);
    }
}
