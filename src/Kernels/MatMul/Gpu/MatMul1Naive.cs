using ILGPU;

namespace BareBert.Kernels;

/// <summary>
/// Rung 1: a thread for each element of c, which reads a row of a and a column of b from memory. Every number is read N or M
/// times: two reads for one multiply-add.
/// </summary>
internal static class MatMul1Naive
{
    public const int Tile = 16;

    /// <param name="c">[batch, M, N], a row every ldc elements.</param>
    /// <param name="a">[batch, M, K] or [batch, K, M], as its layout says.</param>
    /// <param name="b">[batch, N, K] or [batch, K, N], as its layout says.</param>
    /// <param name="bias">[N], or nothing.</param>
    /// <param name="preActivation">As c, or nothing.</param>
    /// <param name="k">Of a matrix, or of a part of one: see <see cref="MatMulPart"/>.</param>
    /// <param name="totalK">Of all parts; of whole matrices <see cref="MatMulPart.Whole"/>.</param>
    [GpuKernel(GroupSize = Tile * Tile, GroupRows = Tile)]
    public static void Run<TA, TB, TActivation>(
        ArrayView<float> c, ArrayView<float> a, ArrayView<float> b, ArrayView<float> bias, ArrayView<float> preActivation,
        int m, int n, int k, int lda, int ldb, int ldc, long strideA, long strideB, long strideC, long totalK, int accumulate)
        where TA : IOperandLayout where TB : IOperandLayout where TActivation : IGpuActivation
    {
        int row = Grid.IdxY * Tile + Group.IdxY, col = Grid.IdxX * Tile + Group.IdxX;
        if (row >= m || col >= n)
            return;
        (a, b, c) = (a.SubView(Grid.IdxZ * strideA), b.SubView(Grid.IdxZ * strideB), c.SubView(Grid.IdxZ * strideC));
        k = MatMulPart.Of(k, totalK);
        float sum = 0;
        for (int i = 0; i < k; i++)
            sum += a[TA.At(row, i, lda)] * b[TB.At(col, i, ldb)];
        MatMulEpilogue.Store<TActivation>(c, bias, preActivation, row * ldc + col, col, sum, accumulate);
    }
}
