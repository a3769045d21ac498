using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>The tile as .NET compiles it, of up to 12 rows, two elements of k at a time.</summary>
internal readonly unsafe struct Int8MicroKernel<TVectors, V> : IInt8MicroKernel where TVectors : IInt8Vectors<V> where V : struct
{
    public static int Columns => TVectors.Columns;

    public static int Rows => TVectors.Rows;

    public static void Run(nint rows, nint pairs, int* a, nint strideA, sbyte* b, float* sums)
    {
        switch (rows)
        {
            case 12: Run<Rows12>(pairs, a, strideA, b, sums); break;
            case 11: Run<Rows11>(pairs, a, strideA, b, sums); break;
            case 10: Run<Rows10>(pairs, a, strideA, b, sums); break;
            case 9: Run<Rows9>(pairs, a, strideA, b, sums); break;
            case 8: Run<Rows8>(pairs, a, strideA, b, sums); break;
            case 7: Run<Rows7>(pairs, a, strideA, b, sums); break;
            case 6: Run<Rows6>(pairs, a, strideA, b, sums); break;
            case 5: Run<Rows5>(pairs, a, strideA, b, sums); break;
            case 4: Run<Rows4>(pairs, a, strideA, b, sums); break;
            case 3: Run<Rows3>(pairs, a, strideA, b, sums); break;
            case 2: Run<Rows2>(pairs, a, strideA, b, sums); break;
            default: Run<Rows1>(pairs, a, strideA, b, sums); break;
        }
    }

    [MethodImpl(Jit.Alone)]
    private static void Run<TRows>(nint pairs, int* a, nint strideA, sbyte* b, float* sums) where TRows : IRows
    {
        V zero = default;
        V c0 = zero, d0 = zero, c1 = zero, d1 = zero, c2 = zero, d2 = zero, c3 = zero, d3 = zero, c4 = zero, d4 = zero, c5 = zero, d5 = zero;
        V c6 = zero, d6 = zero, c7 = zero, d7 = zero, c8 = zero, d8 = zero, c9 = zero, d9 = zero, c10 = zero, d10 = zero, c11 = zero, d11 = zero;
        // Rows lie at multiples of one stride from two of them: as many addresses as there are registers for.
        int* a6 = a + 6 * strideA;
        for (nint k = 0; k < pairs; k++, b += 2 * Int8Weight.PanelColumns, a++, a6++)
        {
            V left = TVectors.Load(b), right = TVectors.Load(b + 2 * TVectors.Columns);
            Row<TRows>(0, a, left, right, ref c0, ref d0);
            Row<TRows>(1, a + strideA, left, right, ref c1, ref d1);
            Row<TRows>(2, a + 2 * strideA, left, right, ref c2, ref d2);
            Row<TRows>(3, a + 3 * strideA, left, right, ref c3, ref d3);
            Row<TRows>(4, a + 4 * strideA, left, right, ref c4, ref d4);
            Row<TRows>(5, a + 5 * strideA, left, right, ref c5, ref d5);
            Row<TRows>(6, a6, left, right, ref c6, ref d6);
            Row<TRows>(7, a6 + strideA, left, right, ref c7, ref d7);
            Row<TRows>(8, a6 + 2 * strideA, left, right, ref c8, ref d8);
            Row<TRows>(9, a6 + 3 * strideA, left, right, ref c9, ref d9);
            Row<TRows>(10, a6 + 4 * strideA, left, right, ref c10, ref d10);
            Row<TRows>(11, a6 + 5 * strideA, left, right, ref c11, ref d11);
        }
        Store<TRows>(0, sums, c0, d0);
        Store<TRows>(1, sums, c1, d1);
        Store<TRows>(2, sums, c2, d2);
        Store<TRows>(3, sums, c3, d3);
        Store<TRows>(4, sums, c4, d4);
        Store<TRows>(5, sums, c5, d5);
        Store<TRows>(6, sums, c6, d6);
        Store<TRows>(7, sums, c7, d7);
        Store<TRows>(8, sums, c8, d8);
        Store<TRows>(9, sums, c9, d9);
        Store<TRows>(10, sums, c10, d10);
        Store<TRows>(11, sums, c11, d11);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<TRows>(int row, int* a, V left, V right, ref V c, ref V d) where TRows : IRows
    {
        if (row >= TRows.Count)
            return;
        V pair = TVectors.Broadcast(*a);
        c = TVectors.Add(c, pair, left);
        d = TVectors.Add(d, pair, right);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TRows>(int row, float* sums, V c, V d) where TRows : IRows
    {
        if (row >= TRows.Count)
            return;
        TVectors.Store(sums + 2 * row * TVectors.Columns, c);
        TVectors.Store(sums + (2 * row + 1) * TVectors.Columns, d);
    }
}
