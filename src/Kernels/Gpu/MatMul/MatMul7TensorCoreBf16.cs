using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>
/// Rung 7: bfloat16 operands, packed beforehand (<see cref="Bf16Panel"/>), four tiles under way by cp.async, fragments by ldmatrix. A group makes
/// 128x128 elements, each of its four warps 64x64: per 16 ks eight ldmatrix serve 32 multiplies.
/// </summary>
/// <remarks>A tile's rows of 32 numbers are 40 apart (80 bytes): the eight rows of an ldmatrix lie in different banks.</remarks>
internal static class MatMul7TensorCoreBf16
{
    public const int Tile = Bf16Panel.Outers;
    public const int Threads = 128;

    /// <summary>Dynamic shared memory of a group.</summary>
    public const int SharedBytes = Stages * 2 * StageWords * sizeof(uint);

    private const int TileK = Bf16Panel.Ks;
    private const int Stages = 4;
    private const int Stride = (TileK + 8) / 2;
    private const int StageWords = Tile * Stride;

    /// <summary>As <see cref="MatMul1Naive.Run{TA, TB, TActivation}"/>, a and b packed and as long as their padding; the layouts say nothing here.</summary>
    /// <param name="k">Padded to a multiple of 32.</param>
    public static void Run<TA, TB, TActivation>(
        ArrayView<float> c, ArrayView<float> a, ArrayView<float> b, ArrayView<float> bias, ArrayView<float> preActivation,
        int m, int n, int k, int lda, int ldb, int ldc, long strideA, long strideB, long strideC, int accumulate)
        where TA : IOperandLayout where TB : IOperandLayout where TActivation : IGpuActivation
    {
        ArrayView<uint> tilesA = SharedMemory.GetDynamic<uint>(), tilesB = tilesA.SubView(Stages * StageWords);
        ArrayView<Float4> sums = LocalMemory.Allocate<Float4>(32);
        for (int i = 0; i < 32; i++)
            sums[i] = new Float4(0, 0, 0, 0);
        int firstRow = Grid.IdxY * Tile, firstCol = Grid.IdxX * Tile;
        int warpRow = Warp.WarpIdx / 2 * 64, warpCol = Warp.WarpIdx % 2 * 64;
        ArrayView<UInt4> rows = a.SubView(Grid.IdxZ * strideA + (long)firstRow * (k / 2)).Cast<UInt4>();
        ArrayView<UInt4> cols = b.SubView(Grid.IdxZ * strideB + (long)firstCol * (k / 2)).Cast<UInt4>();
        for (int stage = 0; stage < Stages - 1; stage++)
        {
            Fetch(tilesA.SubView(stage * StageWords), rows, stage * TileK, k);
            Fetch(tilesB.SubView(stage * StageWords), cols, stage * TileK, k);
            AsyncCopy.Commit();
        }
        int current = 0, next = (Stages - 1) * StageWords;
        for (int k0 = 0; k0 < k; k0 += TileK)
        {
            AsyncCopy.Wait(Stages - 2);
            Group.Barrier();
            Fetch(tilesA.SubView(next), rows, k0 + (Stages - 1) * TileK, k);
            Fetch(tilesB.SubView(next), cols, k0 + (Stages - 1) * TileK, k);
            AsyncCopy.Commit();
            for (int i = 0; i < TileK; i += 16)
                AddProduct(sums, tilesA.SubView(current), tilesB.SubView(current), warpRow, warpCol, i);
            (current, next) = (Following(current), Following(next));
        }
        AsyncCopy.Wait(0);
        TensorCoreTile.Store<TActivation>(
            c.SubView(Grid.IdxZ * strideC), bias, preActivation, sums, 4, 8, firstRow + warpRow, firstCol + warpCol, m, n, ldc, accumulate);
    }

    private static int Following(int stage) => stage == (Stages - 1) * StageWords ? 0 : stage + StageWords;

    // 32 multiplies of 16x16 by 16x8, of a warp's 64x64 elements and sixteen ks.
    private static void AddProduct(ArrayView<Float4> sums, ArrayView<uint> tileA, ArrayView<uint> tileB, int warpRow, int warpCol, int k)
    {
        int lane = Warp.LaneIdx;
        // The four 8x8 matrices of a's fragment: rows 0-7 and 8-15 of ks 0-7, then of ks 8-15.
        int atA = (warpRow + lane % 16) * Stride + (k + lane / 16 * 8) / 2;
        // Two fragments of b at once: ks 0-7 and 8-15 of columns 0-7, then of columns 8-15.
        int atB = (warpCol + lane % 8 + lane / 16 * 8) * Stride + (k + lane / 8 % 2 * 8) / 2;
        ArrayView<UInt4> right = LocalMemory.Allocate<UInt4>(4);
        for (int j = 0; j < 4; j++)
            right[j] = TensorCore.LoadMatrix4(ref tileB[atB + 16 * j * Stride]);
        for (int i = 0; i < 4; i++)
        {
            UInt4 left = TensorCore.LoadMatrix4(ref tileA[atA + 16 * i * Stride]);
            for (int j = 0; j < 4; j++)
            {
                UInt4 pair = right[j];
                TensorCore.MultiplyBf16(ref sums[i * 8 + 2 * j], left, new UInt2(pair.X, pair.Y));
                TensorCore.MultiplyBf16(ref sums[i * 8 + 2 * j + 1], left, new UInt2(pair.Z, pair.W));
            }
        }
    }

    // 128 rows of 64 bytes, in pieces of 16; rows are padded in memory, so only the end of k needs a look.
    private static void Fetch(ArrayView<uint> tile, ArrayView<UInt4> panel, int k0, int k)
    {
        ArrayView<UInt4> to = tile.Cast<UInt4>();
        for (int part = 0; part < Tile * TileK / 8 / Threads; part++)
        {
            int e = part * Threads + Group.IdxX, outer = e / (TileK / 8), i = e % (TileK / 8);
            AsyncCopy.Copy16(ref to[outer * (Stride / 4) + i], ref panel[outer * (k / 8) + k0 / 8 + i], k0 < k);
        }
    }
}
