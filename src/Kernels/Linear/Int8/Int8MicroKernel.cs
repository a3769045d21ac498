using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>The innermost loop: a tile of up to 12 rows by two vectors of sums in registers while k runs, two of its elements at a time.</summary>
internal static unsafe class Int8MicroKernel
{
    /// <summary>sums = the products of rows of codes with two vectors of columns of a weight, as floats.</summary>
    /// <param name="rows">At most <see cref="IInt8Vectors{V}.Rows"/>.</param>
    /// <param name="pairs">Half of k.</param>
    /// <param name="a">[rows][pairs], rows strideA apart.</param>
    /// <param name="b0">The first vector's columns; each next pair is a panel's width further on.</param>
    /// <param name="b1">The second one's.</param>
    /// <param name="sums">[rows, two vectors], overwritten.</param>
    [MethodImpl(Jit.Alone)]
    public static void Run<TVectors, V>(nint rows, nint pairs, int* a, nint strideA, sbyte* b0, sbyte* b1, float* sums)
        where TVectors : IInt8Vectors<V> where V : struct
    {
        switch (rows)
        {
            case 12: Run<TVectors, V, Rows12>(pairs, a, strideA, b0, b1, sums); break;
            case 11: Run<TVectors, V, Rows11>(pairs, a, strideA, b0, b1, sums); break;
            case 10: Run<TVectors, V, Rows10>(pairs, a, strideA, b0, b1, sums); break;
            case 9: Run<TVectors, V, Rows9>(pairs, a, strideA, b0, b1, sums); break;
            case 8: Run<TVectors, V, Rows8>(pairs, a, strideA, b0, b1, sums); break;
            case 7: Run<TVectors, V, Rows7>(pairs, a, strideA, b0, b1, sums); break;
            case 6: Run<TVectors, V, Rows6>(pairs, a, strideA, b0, b1, sums); break;
            case 5: Run<TVectors, V, Rows5>(pairs, a, strideA, b0, b1, sums); break;
            case 4: Run<TVectors, V, Rows4>(pairs, a, strideA, b0, b1, sums); break;
            case 3: Run<TVectors, V, Rows3>(pairs, a, strideA, b0, b1, sums); break;
            case 2: Run<TVectors, V, Rows2>(pairs, a, strideA, b0, b1, sums); break;
            default: Run<TVectors, V, Rows1>(pairs, a, strideA, b0, b1, sums); break;
        }
    }

    [MethodImpl(Jit.Alone)]
    private static void Run<TVectors, V, TRows>(nint pairs, int* a, nint strideA, sbyte* b0, sbyte* b1, float* sums)
        where TVectors : IInt8Vectors<V> where V : struct where TRows : IRows
    {
        V zero = default;
        V c0 = zero, d0 = zero, c1 = zero, d1 = zero, c2 = zero, d2 = zero, c3 = zero, d3 = zero, c4 = zero, d4 = zero, c5 = zero, d5 = zero;
        V c6 = zero, d6 = zero, c7 = zero, d7 = zero, c8 = zero, d8 = zero, c9 = zero, d9 = zero, c10 = zero, d10 = zero, c11 = zero, d11 = zero;
        // Rows lie at multiples of one stride from two of them: as many addresses as there are registers for.
        int* a6 = a + 6 * strideA;
        for (nint k = 0; k < pairs; k++, b0 += 2 * Int8Weight.PanelColumns, b1 += 2 * Int8Weight.PanelColumns, a++, a6++)
        {
            V left = TVectors.Load(b0), right = TVectors.Load(b1);
            Row<TVectors, V, TRows>(0, a, left, right, ref c0, ref d0);
            Row<TVectors, V, TRows>(1, a + strideA, left, right, ref c1, ref d1);
            Row<TVectors, V, TRows>(2, a + 2 * strideA, left, right, ref c2, ref d2);
            Row<TVectors, V, TRows>(3, a + 3 * strideA, left, right, ref c3, ref d3);
            Row<TVectors, V, TRows>(4, a + 4 * strideA, left, right, ref c4, ref d4);
            Row<TVectors, V, TRows>(5, a + 5 * strideA, left, right, ref c5, ref d5);
            Row<TVectors, V, TRows>(6, a6, left, right, ref c6, ref d6);
            Row<TVectors, V, TRows>(7, a6 + strideA, left, right, ref c7, ref d7);
            Row<TVectors, V, TRows>(8, a6 + 2 * strideA, left, right, ref c8, ref d8);
            Row<TVectors, V, TRows>(9, a6 + 3 * strideA, left, right, ref c9, ref d9);
            Row<TVectors, V, TRows>(10, a6 + 4 * strideA, left, right, ref c10, ref d10);
            Row<TVectors, V, TRows>(11, a6 + 5 * strideA, left, right, ref c11, ref d11);
        }
        Store<TVectors, V, TRows>(0, sums, c0, d0);
        Store<TVectors, V, TRows>(1, sums, c1, d1);
        Store<TVectors, V, TRows>(2, sums, c2, d2);
        Store<TVectors, V, TRows>(3, sums, c3, d3);
        Store<TVectors, V, TRows>(4, sums, c4, d4);
        Store<TVectors, V, TRows>(5, sums, c5, d5);
        Store<TVectors, V, TRows>(6, sums, c6, d6);
        Store<TVectors, V, TRows>(7, sums, c7, d7);
        Store<TVectors, V, TRows>(8, sums, c8, d8);
        Store<TVectors, V, TRows>(9, sums, c9, d9);
        Store<TVectors, V, TRows>(10, sums, c10, d10);
        Store<TVectors, V, TRows>(11, sums, c11, d11);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<TVectors, V, TRows>(int row, int* a, V left, V right, ref V c, ref V d) where TVectors : IInt8Vectors<V> where V : struct where TRows : IRows
    {
        if (row >= TRows.Count)
            return;
        V pair = TVectors.Broadcast(*a);
        c = TVectors.Add(c, pair, left);
        d = TVectors.Add(d, pair, right);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TVectors, V, TRows>(int row, float* sums, V c, V d) where TVectors : IInt8Vectors<V> where V : struct where TRows : IRows
    {
        if (row >= TRows.Count)
            return;
        TVectors.Store(sums + 2 * row * TVectors.Columns, c);
        TVectors.Store(sums + (2 * row + 1) * TVectors.Columns, d);
    }
}
