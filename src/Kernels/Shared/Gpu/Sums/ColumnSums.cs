using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    // sums += the column sums of x.
    private void AddColumnSums(Tensor sums, Tensor x) => AddColumnSums(ColumnSumKernels.Partials<PlainTerm>, sums, x, default, default, default);

    // Two stages: each group sums a column tile of some rows, then the tiles are added in order.
    private void AddColumnSums(Delegate partialsKernel, Tensor sums, Tensor x, Tensor y, Tensor mean, Tensor rstd)
    {
        if (x.Count > 0)
            _scratch.Begin(ColumnSumBytes(x.Rows, x.Cols));
        AddColumnSums(partialsKernel, Floats(sums), Floats(x), x.Rows, x.Cols, x.Cols, Floats(y), Floats(mean), Floats(rstd));
    }

    private void AddColumnSums(
        Delegate partialsKernel, ArrayView<float> sums, ArrayView<float> x, int rows, int cols, int stride,
        ArrayView<float> y, ArrayView<float> mean, ArrayView<float> rstd)
    {
        if (rows == 0 || cols == 0)
            return;
        int tiles = ColumnTiles(rows);
        ArrayView<float> partials = _scratch.Take((long)tiles * cols);
        Launch(partialsKernel, (Divide(cols, 32), tiles), partials, x, y, mean, rstd, rows, cols, stride);
        LaunchElements(ColumnSumKernels.Total, cols, sums, partials, tiles, cols);
    }

    private static long ColumnSumBytes(int rows, int cols) => GpuScratch.FloatBytes((long)ColumnTiles(rows) * cols);

    private static int ColumnTiles(int rows) => Math.Clamp(Divide(rows, 8 * ColumnSumKernels.Warps), 1, 64);
}

/// <summary>What is summed over the rows.</summary>
internal interface IColumnTerm
{
    static abstract float Of(ArrayView<float> x, ArrayView<float> y, ArrayView<float> mean, ArrayView<float> rstd, int row, int at);
}

internal readonly struct PlainTerm : IColumnTerm
{
    public static float Of(ArrayView<float> x, ArrayView<float> y, ArrayView<float> mean, ArrayView<float> rstd, int row, int at) => x[at];
}

/// <summary>x·ŷ, ŷ = (y − mean)·rstd: the gradient of LayerNorm's weight.</summary>
internal readonly struct NormalisedTerm : IColumnTerm
{
    public static float Of(ArrayView<float> x, ArrayView<float> y, ArrayView<float> mean, ArrayView<float> rstd, int row, int at) =>
        x[at] * ((y[at] - mean[row]) * rstd[row]);
}

internal static class ColumnSumKernels
{
    /// <summary>Warps of a group; a warp reads 32 neighbouring columns of a row at once.</summary>
    public const int Warps = 8;

    /// <summary>partials[tile] ← the column sums of rows tile·8 + warp, + 8·tiles, + ….</summary>
    /// <param name="partials">[tiles, cols].</param>
    /// <param name="x">[rows, cols], a row every stride elements.</param>
    /// <param name="y">As x, where the term reads it.</param>
    /// <param name="mean">[rows], where the term reads it.</param>
    /// <param name="rstd">[rows], where the term reads it.</param>
    [GpuKernel(GroupSize = 32 * Warps, GroupRows = Warps)]
    public static void Partials<TTerm>(
        ArrayView<float> partials, ArrayView<float> x, ArrayView<float> y, ArrayView<float> mean, ArrayView<float> rstd,
        int rows, int cols, int stride) where TTerm : IColumnTerm
    {
        ArrayView<float> sums = SharedMemory.Allocate<float>(Warps * 32);
        int lane = Group.IdxX, warp = Group.IdxY, col = Grid.IdxX * 32 + lane;
        float sum = 0;
        if (col < cols)
        {
            for (int row = Grid.IdxY * Warps + warp; row < rows; row += Grid.DimY * Warps)
                sum += TTerm.Of(x, y, mean, rstd, row, row * stride + col);
        }
        sums[warp * 32 + lane] = sum;
        Group.Barrier();
        if (warp != 0 || col >= cols)
            return;
        for (int other = 1; other < Warps; other++)
            sum += sums[other * 32 + lane];
        partials[Grid.IdxY * cols + col] = sum;
    }

    /// <summary>sums += Σ partials over the tiles, a thread a column.</summary>
    /// <param name="sums">[cols].</param>
    /// <param name="partials">[tiles, cols].</param>
    [GpuKernel]
    public static void Total(ArrayView<float> sums, ArrayView<float> partials, int tiles, int cols)
    {
        int col = Grid.IdxX * Group.DimX + Group.IdxX;
        if (col >= cols)
            return;
        float sum = 0;
        for (int tile = 0; tile < tiles; tile++)
            sum += partials[tile * cols + col];
        sums[col] += sum;
    }
}
