using ILGPU;

namespace BareBert.Kernels;

/// <summary>Rung 7: bfloat16 operands, tiles by cp.async, fragments by ldmatrix (<see cref="Bf16Tile"/>). A group of four warps makes 128x128 elements.</summary>
internal static class MatMul7TensorCoreBf16
{
    public const int Cols = 128;

    /// <summary>As <see cref="MatMul1Naive.Run{TA, TB, TActivation}"/>, a and b packed and as long as their padding; the layouts say nothing here.</summary>
    /// <param name="k">Padded to a multiple of 32.</param>
    /// <param name="lda">Padded k of all parts; ldb the same.</param>
    [GpuKernel(GroupSize = Cols * Bf16Tile.ColumnThreads, SharedBytes = (Bf16Tile.Rows + Cols) * Bf16Tile.LineBytes)]
    public static void Run<TA, TB, TActivation>(
        ArrayView<float> c, ArrayView<float> a, ArrayView<float> b, ArrayView<float> bias, ArrayView<float> preActivation,
        int m, int n, int k, int lda, int ldb, int ldc, long strideA, long strideB, long strideC, long totalK, int accumulate)
        where TA : IOperandLayout where TB : IOperandLayout where TActivation : IGpuActivation =>
        Bf16Tile.Multiply<Shape, TActivation>(c, a, b, bias, preActivation, m, n, k, lda, ldb, ldc, strideA, strideB, strideC, totalK, accumulate);

    private readonly struct Shape : IBf16TileShape
    {
        public static int Cols => MatMul7TensorCoreBf16.Cols;
    }
}
