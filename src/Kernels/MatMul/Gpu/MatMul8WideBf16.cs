using ILGPU;

namespace BareBert.Kernels;

/// <summary>
/// Rung 8: the same with eight warps, which make 128x256 elements: a quarter less comes out of the second-level cache for each multiply, and that is what
/// bounds rung 7 where matrices are large.
/// </summary>
internal static class MatMul8WideBf16
{
    public const int Cols = 256;

    /// <inheritdoc cref="MatMul7TensorCoreBf16.Run{TA, TB, TActivation}"/>
    [GpuKernel(GroupSize = Cols * Bf16Tile.ColumnThreads, SharedBytes = (Bf16Tile.Rows + Cols) * Bf16Tile.LineBytes)]
    public static void Run<TA, TB, TActivation>(
        ArrayView<float> c, ArrayView<float> a, ArrayView<float> b, ArrayView<float> bias, ArrayView<float> preActivation,
        int m, int n, int k, int lda, int ldb, int ldc, long strideA, long strideB, long strideC, long totalK, int accumulate)
        where TA : IOperandLayout where TB : IOperandLayout where TActivation : IGpuActivation =>
        Bf16Tile.Multiply<Shape, TActivation>(c, a, b, bias, preActivation, m, n, k, lda, ldb, ldc, strideA, strideB, strideC, totalK, accumulate);

    private readonly struct Shape : IBf16TileShape
    {
        public static int Cols => MatMul8WideBf16.Cols;
    }
}
