using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>
/// Rung 6: the tensor cores multiply, in TF32, and tiles come by cp.async, three under way at a time, without passing through
/// registers. A group makes 128x128 elements, each of its eight warps 64x32: 4x4 fragments of 16x8.
/// </summary>
/// <remarks>
/// A tile keeps memory's order, and so that the lanes of a fragment (8 outers, 4 ks) lie in 32 different banks, rows of ks are 136 floats apart where outers are contiguous;
/// where ks are, a row's four pieces of 16 bytes are swapped among themselves: piece i of row r lies where piece i ^ (r / 2 % 4) would. Rows must start at
/// multiples of 16 bytes.
/// </remarks>
internal static class MatMul6TensorCoreTf32
{
    public const int Tile = 128;
    public const int Threads = 256;

    /// <summary>Dynamic shared memory of a group.</summary>
    public const int SharedBytes = Stages * 2 * StageFloats * sizeof(float);

    private const int TileK = 16;
    private const int Stages = 3;
    private const int KOuterStride = Tile + 8;
    private const int StageFloats = TileK * KOuterStride;

    /// <inheritdoc cref="MatMul1Naive.Run{TA, TB, TActivation}"/>
    [GpuKernel(GroupSize = Threads, SharedBytes = SharedBytes)]
    public static void Run<TA, TB, TActivation>(
        ArrayView<float> c, ArrayView<float> a, ArrayView<float> b, ArrayView<float> bias, ArrayView<float> preActivation,
        int m, int n, int k, int lda, int ldb, int ldc, long strideA, long strideB, long strideC, long totalK, int accumulate)
        where TA : IOperandLayout where TB : IOperandLayout where TActivation : IGpuActivation
    {
        ArrayView<float> tilesA = SharedMemory.GetDynamic<float>(), tilesB = tilesA.SubView(Stages * StageFloats);
        ArrayView<Float4> sums = LocalMemory.Allocate<Float4>(16);
        for (int i = 0; i < 16; i++)
            sums[i] = new Float4(0, 0, 0, 0);
        (a, b, c) = (a.SubView(Grid.IdxZ * strideA), b.SubView(Grid.IdxZ * strideB), c.SubView(Grid.IdxZ * strideC));
        k = MatMulPart.Of(k, totalK);
        int firstRow = Grid.IdxY * Tile, firstCol = Grid.IdxX * Tile;
        int warpRow = Warp.WarpIdx / 4 * 64, warpCol = Warp.WarpIdx % 4 * 32;
        for (int stage = 0; stage < Stages - 1; stage++)
        {
            Fetch<TA>(tilesA.SubView(stage * StageFloats), a, firstRow, m, stage * TileK, k, lda);
            Fetch<TB>(tilesB.SubView(stage * StageFloats), b, firstCol, n, stage * TileK, k, ldb);
            AsyncCopy.Commit();
        }
        int current = 0, next = (Stages - 1) * StageFloats;
        for (int k0 = 0; k0 < k; k0 += TileK)
        {
            AsyncCopy.Wait(Stages - 2);
            Group.Barrier();
            Fetch<TA>(tilesA.SubView(next), a, firstRow, m, k0 + (Stages - 1) * TileK, k, lda);
            Fetch<TB>(tilesB.SubView(next), b, firstCol, n, k0 + (Stages - 1) * TileK, k, ldb);
            AsyncCopy.Commit();
            for (int piece = 0; piece < TileK / 4; piece += 2)
                AddProduct<TA, TB>(sums, From<TA>(tilesA.SubView(current), warpRow), From<TB>(tilesB.SubView(current), warpCol), piece);
            (current, next) = (Following(current), Following(next));
        }
        AsyncCopy.Wait(0);
        TensorCoreTile.Store<TActivation>(c, bias, preActivation, sums, 4, 4, firstRow + warpRow, firstCol + warpCol, m, n, ldc, accumulate);
    }

    private static int Following(int stage) => stage == (Stages - 1) * StageFloats ? 0 : stage + StageFloats;

    // Sixteen multiplies of 16x8 by 8x8, of a warp's 64x32 elements and eight ks, the pieces piece and piece + 1.
    private static void AddProduct<TA, TB>(ArrayView<Float4> sums, ArrayView<float> tileA, ArrayView<float> tileB, int piece)
        where TA : IOperandLayout where TB : IOperandLayout
    {
        ArrayView<UInt2> right = LocalMemory.Allocate<UInt2>(4);
        for (int j = 0; j < 4; j++)
            right[j] = new UInt2(Operand<TB>(tileB, 8 * j, piece), Operand<TB>(tileB, 8 * j, piece + 1));
        for (int i = 0; i < 4; i++)
        {
            var left = new UInt4(
                Operand<TA>(tileA, 16 * i, piece), Operand<TA>(tileA, 16 * i + 8, piece),
                Operand<TA>(tileA, 16 * i, piece + 1), Operand<TA>(tileA, 16 * i + 8, piece + 1));
            for (int j = 0; j < 4; j++)
                TensorCore.MultiplyTf32(ref sums[i * 4 + j], left, right[j]);
        }
    }

    // Outer g of the eight from outer on, k t of a piece, of lane (g, t).
    private static uint Operand<TLayout>(ArrayView<float> tile, int outer, int piece) where TLayout : IOperandLayout
    {
        int g = Warp.LaneIdx / 4, t = Warp.LaneIdx % 4;
        return TensorCore.ToTf32(tile[TLayout.KContiguous
            ? g * TileK + (piece ^ g / 2) * 4 + t + outer * TileK : t * KOuterStride + g + (piece * 4 * KOuterStride + outer)]);
    }

    // A tile from an outer on, a multiple of 8.
    private static ArrayView<float> From<TLayout>(ArrayView<float> tile, int outer) where TLayout : IOperandLayout =>
        tile.SubView(TLayout.KContiguous ? outer * TileK : outer);

    private static void Fetch<TLayout>(ArrayView<float> tile, ArrayView<float> x, int firstOuter, int outers, int k0, int k, int ld)
        where TLayout : IOperandLayout
    {
        ArrayView<Float4> from = x.AsFloat4(), to = tile.AsFloat4();
        for (int part = 0; part < Tile * TileK / 4 / Threads; part++)
        {
            int e = part * Threads + Group.IdxX;
            int outer = TLayout.KContiguous ? e / 4 : e % 32 * 4, i = TLayout.KContiguous ? e % 4 * 4 : e / 32;
            int at = TLayout.KContiguous ? outer * (TileK / 4) + (e % 4 ^ outer / 2 % 4) : (i * KOuterStride + outer) / 4;
            bool inside = firstOuter + outer < outers && k0 + i < k;
            AsyncCopy.Copy16(ref to[at], ref from[TLayout.At(firstOuter + outer, k0 + i, ld) / 4], inside);
        }
    }
}
