using ILGPU;

namespace BareBert.Kernels;

/// <summary>
/// Rung 4: 8x8 elements a thread, and every access of 16 bytes: four reads of shared memory serve 64 multiply-adds. Rows of all
/// operands must start at multiples of 16 bytes.
/// </summary>
internal static class MatMul4Vectorised
{
    /// <inheritdoc cref="MatMul1Naive.Run{TA, TB, TActivation}"/>
    [GpuKernel(GroupSize = VectorTile.Threads)]
    public static void Run<TA, TB, TActivation>(
        ArrayView<float> c, ArrayView<float> a, ArrayView<float> b, ArrayView<float> bias, ArrayView<float> preActivation,
        int m, int n, int k, int lda, int ldb, int ldc, long strideA, long strideB, long strideC, long totalK, int accumulate)
        where TA : IOperandLayout where TB : IOperandLayout where TActivation : IGpuActivation
    {
        ArrayView<float> tileA = SharedMemory.Allocate<float>(VectorTile.Floats); // [k][row]
        ArrayView<float> tileB = SharedMemory.Allocate<float>(VectorTile.Floats); // [k][col]
        ArrayView<float> sums = LocalMemory.Allocate<float>(VectorTile.Side * VectorTile.Side);
        for (int i = 0; i < VectorTile.Side * VectorTile.Side; i++)
            sums[i] = 0;
        int tx = Group.IdxX % 16, ty = Group.IdxX / 16, firstRow = Grid.IdxY * VectorTile.Size, firstCol = Grid.IdxX * VectorTile.Size;
        (a, b, c) = (a.SubView(Grid.IdxZ * strideA), b.SubView(Grid.IdxZ * strideB), c.SubView(Grid.IdxZ * strideC));
        k = MatMulPart.Of(k, totalK);
        for (int k0 = 0; k0 < k; k0 += VectorTile.TileK)
        {
            VectorTile.Put<TA>(tileA, VectorTile.Load<TA>(a, firstRow, m, k0, k, lda));
            VectorTile.Put<TB>(tileB, VectorTile.Load<TB>(b, firstCol, n, k0, k, ldb));
            Group.Barrier();
            VectorTile.AddProduct(sums, tileA, tileB, tx, ty);
            Group.Barrier();
        }
        VectorTile.Store<TActivation>(c, bias, preActivation, sums, firstRow, firstCol, m, n, ldc, accumulate, tx, ty);
    }
}
