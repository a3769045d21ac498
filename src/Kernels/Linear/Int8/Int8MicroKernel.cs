using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>The tile as .NET compiles it, of up to 12 rows.</summary>
internal readonly unsafe struct Int8MicroKernel<TVectors, V> : IInt8MicroKernel where TVectors : IInt8Vectors<V> where V : struct
{
    public static Int8Layout Layout => new(TVectors.Group);

    public static int Columns => TVectors.Columns;

    public static int Rows => TVectors.Rows;

    public static void Run(in Int8Tile tile)
    {
        switch (tile.Rows)
        {
            case 12: Run<Rows12>(tile); break;
            case 11: Run<Rows11>(tile); break;
            case 10: Run<Rows10>(tile); break;
            case 9: Run<Rows9>(tile); break;
            case 8: Run<Rows8>(tile); break;
            case 7: Run<Rows7>(tile); break;
            case 6: Run<Rows6>(tile); break;
            case 5: Run<Rows5>(tile); break;
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
        Start<TRows>(0, zeros, start, out V c0, out V d0);
        Start<TRows>(1, zeros, start, out V c1, out V d1);
        Start<TRows>(2, zeros, start, out V c2, out V d2);
        Start<TRows>(3, zeros, start, out V c3, out V d3);
        Start<TRows>(4, zeros, start, out V c4, out V d4);
        Start<TRows>(5, zeros, start, out V c5, out V d5);
        Start<TRows>(6, zeros, start, out V c6, out V d6);
        Start<TRows>(7, zeros, start, out V c7, out V d7);
        Start<TRows>(8, zeros, start, out V c8, out V d8);
        Start<TRows>(9, zeros, start, out V c9, out V d9);
        Start<TRows>(10, zeros, start, out V c10, out V d10);
        Start<TRows>(11, zeros, start, out V c11, out V d11);
        // Rows lie at multiples of one stride from two of them: as many addresses as there are registers for.
        nint stride = tile.Stride;
        int* x = tile.X, x6 = x + 6 * stride, endOfRow = x + stride;
        while (true)
        {
            int* end = x + tile.Groups;
            sbyte* w = tile.Weight;
            // Two at a time: a loop of one lies in three or in four lines of code, as chance has it, and in four takes Zen 3 a twelfth longer.
            for (; x < end - 1; w += 2 * GroupBytes, x += 2, x6 += 2)
            {
                Add<TRows>(x, x6, stride, w,
                    ref c0, ref d0, ref c1, ref d1, ref c2, ref d2, ref c3, ref d3, ref c4, ref d4, ref c5, ref d5,
                    ref c6, ref d6, ref c7, ref d7, ref c8, ref d8, ref c9, ref d9, ref c10, ref d10, ref c11, ref d11);
                Add<TRows>(x + 1, x6 + 1, stride, w + GroupBytes,
                    ref c0, ref d0, ref c1, ref d1, ref c2, ref d2, ref c3, ref d3, ref c4, ref d4, ref c5, ref d5,
                    ref c6, ref d6, ref c7, ref d7, ref c8, ref d8, ref c9, ref d9, ref c10, ref d10, ref c11, ref d11);
            }
            if (x < end)
            {
                Add<TRows>(x++, x6++, stride, w,
                    ref c0, ref d0, ref c1, ref d1, ref c2, ref d2, ref c3, ref d3, ref c4, ref d4, ref c5, ref d5,
                    ref c6, ref d6, ref c7, ref d7, ref c8, ref d8, ref c9, ref d9, ref c10, ref d10, ref c11, ref d11);
            }
            if (x == endOfRow)
                break;
            Shift<TRows>(0, ref c0, ref d0);
            Shift<TRows>(1, ref c1, ref d1);
            Shift<TRows>(2, ref c2, ref d2);
            Shift<TRows>(3, ref c3, ref d3);
            Shift<TRows>(4, ref c4, ref d4);
            Shift<TRows>(5, ref c5, ref d5);
            Shift<TRows>(6, ref c6, ref d6);
            Shift<TRows>(7, ref c7, ref d7);
            Shift<TRows>(8, ref c8, ref d8);
            Shift<TRows>(9, ref c9, ref d9);
            Shift<TRows>(10, ref c10, ref d10);
            Shift<TRows>(11, ref c11, ref d11);
        }
        float* sums = tile.Sums;
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

    // A call of it in the loop would send all sums to memory and back.
    private static int GroupBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TVectors.Group * Int8Weight.PanelColumns;
    }

    // sums += one group of each row's codes times both vectors of the weight's.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<TRows>(int* x, int* x6, nint stride, sbyte* w,
        ref V c0, ref V d0, ref V c1, ref V d1, ref V c2, ref V d2, ref V c3, ref V d3, ref V c4, ref V d4, ref V c5, ref V d5,
        ref V c6, ref V d6, ref V c7, ref V d7, ref V c8, ref V d8, ref V c9, ref V d9, ref V c10, ref V d10, ref V c11, ref V d11) where TRows : IRows
    {
        V left = TVectors.Load(w), right = TVectors.Load(w + TVectors.Group * TVectors.Columns);
        Row<TRows>(0, x, left, right, ref c0, ref d0);
        Row<TRows>(1, x + stride, left, right, ref c1, ref d1);
        Row<TRows>(2, x + 2 * stride, left, right, ref c2, ref d2);
        Row<TRows>(3, x + 3 * stride, left, right, ref c3, ref d3);
        Row<TRows>(4, x + 4 * stride, left, right, ref c4, ref d4);
        Row<TRows>(5, x + 5 * stride, left, right, ref c5, ref d5);
        Row<TRows>(6, x6, left, right, ref c6, ref d6);
        Row<TRows>(7, x6 + stride, left, right, ref c7, ref d7);
        Row<TRows>(8, x6 + 2 * stride, left, right, ref c8, ref d8);
        Row<TRows>(9, x6 + 3 * stride, left, right, ref c9, ref d9);
        Row<TRows>(10, x6 + 4 * stride, left, right, ref c10, ref d10);
        Row<TRows>(11, x6 + 5 * stride, left, right, ref c11, ref d11);
    }

    /// <summary>A row's sums at first: what its code of zero is too much.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Start<TRows>(int row, int* zeros, int* minusColumnSums, out V c, out V d) where TRows : IRows
    {
        (c, d) = (default, default);
        if (row >= TRows.Count)
            return;
        c = TVectors.Times(minusColumnSums, zeros[row]);
        d = TVectors.Times(minusColumnSums + TVectors.Columns, zeros[row]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<TRows>(int row, int* x, V left, V right, ref V c, ref V d) where TRows : IRows
    {
        if (row >= TRows.Count)
            return;
        V group = TVectors.Broadcast(*x);
        c = TVectors.Add(c, group, left);
        d = TVectors.Add(d, group, right);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Shift<TRows>(int row, ref V c, ref V d) where TRows : IRows
    {
        if (row < TRows.Count)
            (c, d) = (TVectors.Shift(c), TVectors.Shift(d));
    }

    /// <summary>A row's sums at the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TRows>(int row, float* sums, V c, V d) where TRows : IRows
    {
        if (row >= TRows.Count)
            return;
        TVectors.Store(sums + 2 * row * TVectors.Columns, c);
        TVectors.Store(sums + (2 * row + 1) * TVectors.Columns, d);
    }
}
