using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>How wide a group's tile is. A type, so that a kernel is compiled for it.</summary>
internal interface IBf16TileShape
{
    /// <summary>Columns of c that a group makes; two warps of 64x64 for each 64 of them.</summary>
    static abstract int Cols { get; }
}

/// <summary>
/// What the bfloat16 rungs share: operands packed beforehand (<see cref="Bf16Panel"/>), four tiles of 32 ks under way by cp.async, fragments by ldmatrix, warps
/// of 64x64 elements: per 16 ks eight ldmatrix serve 32 multiplies.
/// </summary>
/// <remarks>
/// A tile's rows are 64 bytes long, four pieces of 16, and follow one another. Piece i of row r lies where piece i ^ (r / 2 % 4) would: so the eight rows of an
/// ldmatrix lie in 32 different banks, as do the eight pieces that cp.async writes at a time.
/// </remarks>
internal static class Bf16Tile
{
    /// <summary>Rows of c that a group makes.</summary>
    public const int Rows = 128;

    private const int TileK = Bf16Panel.Ks;
    private const int Stages = 4;
    private const int Stride = TileK / 2;
    private const int Pieces = TileK / 8;

    // Tiles of c are dealt out in bands of so many rows of tiles: the groups that run at one time then share panels of a and of b in the second-level cache.
    private const int Band = 8;

    /// <summary>Threads of a group for each of its columns: a warp makes 64x64 elements.</summary>
    public const int ColumnThreads = Rows / 64 * 32 / 64;

    /// <summary>Dynamic shared memory of a group for each of its rows and columns.</summary>
    public const int LineBytes = Stages * Stride * sizeof(uint);

    /// <inheritdoc cref="MatMul7TensorCoreBf16.Run{TA, TB, TActivation}"/>
    public static void Multiply<TShape, TActivation>(
        ArrayView<float> c, ArrayView<float> a, ArrayView<float> b, ArrayView<float> bias, ArrayView<float> preActivation,
        int m, int n, int k, int lda, int ldb, int ldc, long strideA, long strideB, long strideC, long totalK, int accumulate)
        where TShape : IBf16TileShape where TActivation : IGpuActivation
    {
        ArrayView<uint> tilesA = SharedMemory.GetDynamic<uint>(), tilesB = tilesA.SubView(Stages * Rows * Stride);
        ArrayView<Float4> sums = LocalMemory.Allocate<Float4>(32);
        for (int i = 0; i < 32; i++)
            sums[i] = new Float4(0, 0, 0, 0);
        (int row, int col) = TileOf(Grid.IdxY * Grid.DimX + Grid.IdxX);
        int firstRow = row * Rows, firstCol = col * TShape.Cols;
        int warpRow = Warp.WarpIdx / (TShape.Cols / 64) * 64, warpCol = Warp.WarpIdx % (TShape.Cols / 64) * 64;
        ArrayView<UInt4> rows = a.SubView(Grid.IdxZ * strideA + (long)firstRow * (lda / 2)).AsUInt4();
        ArrayView<UInt4> cols = b.SubView(Grid.IdxZ * strideB + (long)firstCol * (ldb / 2)).AsUInt4();
        k = MatMulPart.Of(k, totalK);
        for (int stage = 0; stage < Stages - 1; stage++)
        {
            Fetch<TShape>(tilesA.SubView(stage * Rows * Stride), rows, Rows, stage * TileK, k, lda);
            Fetch<TShape>(tilesB.SubView(stage * TShape.Cols * Stride), cols, TShape.Cols, stage * TileK, k, ldb);
            AsyncCopy.Commit();
        }
        int current = 0, next = Stages - 1;
        for (int k0 = 0; k0 < k; k0 += TileK)
        {
            AsyncCopy.Wait(Stages - 2);
            Group.Barrier();
            Fetch<TShape>(tilesA.SubView(next * (Rows * Stride)), rows, Rows, k0 + (Stages - 1) * TileK, k, lda);
            Fetch<TShape>(tilesB.SubView(next * (TShape.Cols * Stride)), cols, TShape.Cols, k0 + (Stages - 1) * TileK, k, ldb);
            AsyncCopy.Commit();
            for (int i = 0; i < TileK; i += 16)
            {
                AddProduct(sums, tilesA.SubView(current * (Rows * Stride) + warpRow * Stride), tilesB.SubView(current * (TShape.Cols * Stride) + warpCol * Stride), i);
            }
            (current, next) = (Following(current), Following(next));
        }
        AsyncCopy.Wait(0);
        TensorCoreTile.Store<TActivation>(
            c.SubView(Grid.IdxZ * strideC), bias, preActivation, sums, 4, 8, firstRow + warpRow, firstCol + warpCol, m, n, ldc, accumulate);
    }

    private static int Following(int stage) => stage == Stages - 1 ? 0 : stage + 1;

    // The n-th tile: down the rows of a band, then the next column.
    private static (int Row, int Col) TileOf(int n)
    {
        int first = n / (Band * Grid.DimX) * Band, height = Math.Min(Band, Grid.DimY - first), inBand = n - first * Grid.DimX;
        return (first + inBand % height, inBand / height);
    }

    // 32 multiplies of 16x16 by 16x8, of a warp's 64x64 elements and sixteen ks.
    private static void AddProduct(ArrayView<Float4> sums, ArrayView<uint> tileA, ArrayView<uint> tileB, int k)
    {
        int lane = Warp.LaneIdx;
        // The four 8x8 matrices of a's fragment: rows 0-7 and 8-15 of ks 0-7, then of ks 8-15.
        int atA = lane % 16 * Stride + (k / 8 + lane / 16 ^ lane / 2 % 4) * 4;
        // Two fragments of b at once: ks 0-7 and 8-15 of columns 0-7, then of columns 8-15.
        int atB = (lane % 8 + lane / 16 * 8) * Stride + (k / 8 + lane / 8 % 2 ^ lane / 2 % 4) * 4;
        (tileA, tileB) = (tileA.SubView(atA), tileB.SubView(atB));
        ArrayView<UInt4> right = LocalMemory.Allocate<UInt4>(4);
        for (int j = 0; j < 4; j++)
            right[j] = TensorCore.LoadMatrix4(ref tileB[16 * j * Stride]);
        for (int i = 0; i < 4; i++)
        {
            UInt4 left = TensorCore.LoadMatrix4(ref tileA[16 * i * Stride]);
            for (int j = 0; j < 4; j++)
            {
                UInt4 pair = right[j];
                TensorCore.MultiplyBf16(ref sums[i * 8 + 2 * j], left, new UInt2(pair.X, pair.Y));
                TensorCore.MultiplyBf16(ref sums[i * 8 + 2 * j + 1], left, new UInt2(pair.Z, pair.W));
            }
        }
    }

    // Rows of 64 bytes, in pieces of 16; rows are padded in memory, so only the end of k needs a look.
    private static void Fetch<TShape>(ArrayView<uint> tile, ArrayView<UInt4> panel, int outers, int k0, int k, int ld) where TShape : IBf16TileShape
    {
        int threads = TShape.Cols * ColumnThreads;
        int row = Group.IdxX / Pieces, piece = Group.IdxX % Pieces;
        ArrayView<UInt4> to = tile.AsUInt4().SubView(row * Pieces + (piece ^ row / 2 % 4)), from = panel.SubView(row * (ld / 8) + k0 / 8 + piece);
        for (int first = 0; first < outers; first += threads / Pieces)
            AsyncCopy.Copy16(ref to[first * Pieces], ref from[first * (ld / 8)], k0 < k);
    }
}
