using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>What the tensor-core rungs share: writing a warp's fragments to c.</summary>
internal static class TensorCoreTile
{
    /// <param name="sums">rows x cols fragments of 16x8: X, Y in row lane/4, columns 2·(lane % 4) and the next; Z, W eight rows below.</param>
    /// <param name="firstRow">Of the warp.</param>
    /// <param name="firstCol">Of the warp.</param>
    public static void Store<TActivation>(
        ArrayView<float> c, ArrayView<float> bias, ArrayView<float> preActivation, ArrayView<Float4> sums, int rows, int cols,
        int firstRow, int firstCol, int m, int n, int ldc, int accumulate) where TActivation : IGpuActivation
    {
        int g = Warp.LaneIdx / 4, t = Warp.LaneIdx % 4;
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < cols; j++)
            {
                int row = firstRow + 16 * i + g, col = firstCol + 8 * j + 2 * t;
                Float4 sum = sums[i * cols + j];
                StorePair<TActivation>(c, bias, preActivation, row, col, m, n, ldc, sum.X, sum.Y, accumulate);
                StorePair<TActivation>(c, bias, preActivation, row + 8, col, m, n, ldc, sum.Z, sum.W, accumulate);
            }
        }
    }

    private static void StorePair<TActivation>(
        ArrayView<float> c, ArrayView<float> bias, ArrayView<float> preActivation, int row, int col, int m, int n, int ldc, float x, float y, int accumulate)
        where TActivation : IGpuActivation
    {
        if (row >= m)
            return;
        if (col < n)
            MatMulEpilogue.Store<TActivation>(c, bias, preActivation, row * ldc + col, col, x, accumulate);
        if (col + 1 < n)
            MatMulEpilogue.Store<TActivation>(c, bias, preActivation, row * ldc + col + 1, col + 1, y, accumulate);
    }
}
