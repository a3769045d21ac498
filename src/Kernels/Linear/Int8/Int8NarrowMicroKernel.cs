using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Sums = BareBert.Kernels.Int8MicroKernel<BareBert.Kernels.Int8Vectors256, System.Runtime.Intrinsics.Vector256<int>>;

namespace BareBert.Kernels;

/// <summary>
/// The tile with AVX2 alone: vpmaddubsw multiplies bytes and adds pairs of products in 16 bits. Those of two groups are added in 16 bits too, and widened once:
/// five instructions for 64 products, where pairs of 16 bits take eight. The weight's codes are so narrow that nothing overflows.
/// </summary>
/// <remarks>
/// Four rows at most: eight vectors of sums, four of the weight, one of ones, three for products.
/// </remarks>
internal readonly unsafe struct Int8NarrowMicroKernel : IInt8MicroKernel
{
    private const int GroupBytes = 4 * Int8Weight.PanelColumns, VectorBytes = 32;

    public static bool IsSupported => Avx2.IsSupported;

    public static Int8Layout Layout => Int8Layout.NarrowBytes;

    public static int Columns => 8;

    public static int Rows => 4;

    public static void Run(in Int8Tile tile)
    {
        switch (tile.Rows)
        {
            case 4: Run<Rows4>(tile); break;
            case 3: Run<Rows3>(tile); break;
            case 2: Run<Rows2>(tile); break;
            default: Run<Rows1>(tile); break;
        }
    }

    [MethodImpl(Jit.Alone)]
    private static void Run<TRows>(in Int8Tile tile) where TRows : IRows
    {
        int* zeros = tile.Zeros, start = tile.MinusColumnSums;
        Sums.Start<TRows>(0, zeros, start, out Vector256<int> c0, out Vector256<int> d0);
        Sums.Start<TRows>(1, zeros, start, out Vector256<int> c1, out Vector256<int> d1);
        Sums.Start<TRows>(2, zeros, start, out Vector256<int> c2, out Vector256<int> d2);
        Sums.Start<TRows>(3, zeros, start, out Vector256<int> c3, out Vector256<int> d3);
        nint stride = tile.Stride;
        int* x = tile.X, x2 = x + 2 * stride, end = x + tile.Groups;
        sbyte* w = tile.Weight;
        for (; x < end - 1; w += 2 * GroupBytes, x += 2, x2 += 2)
        {
            Vector256<sbyte> left = Vector256.Load(w), right = Vector256.Load(w + VectorBytes), nextLeft = Vector256.Load(w + GroupBytes), nextRight = Vector256.Load(w + GroupBytes + VectorBytes);
            Two<TRows>(0, x, left, right, nextLeft, nextRight, ref c0, ref d0);
            Two<TRows>(1, x + stride, left, right, nextLeft, nextRight, ref c1, ref d1);
            Two<TRows>(2, x2, left, right, nextLeft, nextRight, ref c2, ref d2);
            Two<TRows>(3, x2 + stride, left, right, nextLeft, nextRight, ref c3, ref d3);
        }
        if (x < end)
        {
            Vector256<sbyte> left = Vector256.Load(w), right = Vector256.Load(w + VectorBytes);
            One<TRows>(0, x, left, right, ref c0, ref d0);
            One<TRows>(1, x + stride, left, right, ref c1, ref d1);
            One<TRows>(2, x2, left, right, ref c2, ref d2);
            One<TRows>(3, x2 + stride, left, right, ref c3, ref d3);
        }
        float* sums = tile.Sums;
        Sums.Store<TRows>(0, sums, c0, d0);
        Sums.Store<TRows>(1, sums, c1, d1);
        Sums.Store<TRows>(2, sums, c2, d2);
        Sums.Store<TRows>(3, sums, c3, d3);
    }

    // sums += two groups of a row's codes times both vectors of the weight's.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Two<TRows>(
        int row, int* x, Vector256<sbyte> left, Vector256<sbyte> right, Vector256<sbyte> nextLeft, Vector256<sbyte> nextRight, ref Vector256<int> c, ref Vector256<int> d) where TRows : IRows
    {
        if (row >= TRows.Count)
            return;
        Vector256<byte> group = Vector256.Create(x[0]).AsByte(), next = Vector256.Create(x[1]).AsByte();
        c += Widen(Avx2.MultiplyAddAdjacent(group, left) + Avx2.MultiplyAddAdjacent(next, nextLeft));
        d += Widen(Avx2.MultiplyAddAdjacent(group, right) + Avx2.MultiplyAddAdjacent(next, nextRight));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void One<TRows>(int row, int* x, Vector256<sbyte> left, Vector256<sbyte> right, ref Vector256<int> c, ref Vector256<int> d) where TRows : IRows
    {
        if (row >= TRows.Count)
            return;
        Vector256<byte> group = Vector256.Create(*x).AsByte();
        c += Widen(Avx2.MultiplyAddAdjacent(group, left));
        d += Widen(Avx2.MultiplyAddAdjacent(group, right));
    }

    // Both sums of a column, added in 32 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Widen(Vector256<short> sums) => Avx2.MultiplyAddAdjacent(sums, Vector256.Create((short)1));
}
