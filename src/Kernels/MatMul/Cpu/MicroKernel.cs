using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>
/// The innermost loop of the multiply: a tile of up to 14 rows by two vectors of C held in registers while k runs.
/// Each k loads two vectors of B, and one element of A for each row, which multiplies both. Or by one vector, where C has no more.
/// </summary>
/// <remarks>
/// With 32 registers 14·2 accumulators, two vectors of B and one broadcast fill 31; with 16, 6·2 fill 15. Goto and van
/// de Geijn 2008, "Anatomy of high-performance matrix multiplication", doi:10.1145/1356052.1356053.
/// </remarks>
internal static unsafe class MicroKernel
{
    /// <summary>
    /// C = A·B, or C += A·B: A a packed panel [TRows, depth], B so many panels [depth, two vectors] one after the other, C [TRows, two vectors for each panel]; the rows
    /// of B and C ldb and ldc floats apart. Meanwhile the rows of <paramref name="goal"/> are fetched, C or where values go from C, and of <paramref name="next"/> what is packed next.
    /// </summary>
    [MethodImpl(Jit.Alone)]
    public static void Run<TSimd, V, TRows, TLayout>(
        nint depth, float* a, float* b, nint ldb, float* c, nint ldc, bool accumulate, float* goal, nint goalStride, nint panels, nint panelStride, FetchAhead* next)
        where TSimd : ISimd<V> where V : struct where TRows : IRows where TLayout : IPanelLayout
    {
        // All of it is one method: what is called from here would be compiled without optimisation at first.
        for (float* endOfC = c + panels * 2 * TSimd.Width; c < endOfC; c += 2 * TSimd.Width, goal += 2 * TSimd.Width, b += panelStride)
        {
            float* atA = a, atB = b, atC = c, toFetch = goal;
            V c0 = TSimd.Zero, d0 = c0, c1 = c0, d1 = c0, c2 = c0, d2 = c0, c3 = c0, d3 = c0, c4 = c0, d4 = c0;
            V c5 = c0, d5 = c0, c6 = c0, d6 = c0, c7 = c0, d7 = c0, c8 = c0, d8 = c0, c9 = c0, d9 = c0;
            V c10 = c0, d10 = c0, c11 = c0, d11 = c0, c12 = c0, d12 = c0, c13 = c0, d13 = c0;
            // The goal is far away: a row of it is asked for now and then. All at once they fill the processor's buffers for lines under way.
            int turns = TLayout.B == SourceOfB.Near ? 0 : TRows.Count;
            nint k = 0, share = depth / (turns + 1);
            for (int row = 0; row <= turns; row++, toFetch += goalStride)
            {
                if (row < turns)
                {
                    Prefetch.ToLevel1<TSimd, V>(toFetch);
                    if (TLayout.B == SourceOfB.Level2)
                        next->Fetch();
                }
                for (nint end = row < turns ? k + share : depth; k < end; k++)
                {
                    V b0 = TSimd.Load(atB), b1 = TLayout.Vectors == 1 ? b0 : TSimd.Load(atB + TSimd.Width);
                    FetchB<TSimd, V, TLayout>(atB);
                    Row<TSimd, V, TRows, TLayout>(0, atA, b0, b1, ref c0, ref d0);
                    Row<TSimd, V, TRows, TLayout>(1, atA, b0, b1, ref c1, ref d1);
                    Row<TSimd, V, TRows, TLayout>(2, atA, b0, b1, ref c2, ref d2);
                    Row<TSimd, V, TRows, TLayout>(3, atA, b0, b1, ref c3, ref d3);
                    Row<TSimd, V, TRows, TLayout>(4, atA, b0, b1, ref c4, ref d4);
                    Row<TSimd, V, TRows, TLayout>(5, atA, b0, b1, ref c5, ref d5);
                    Row<TSimd, V, TRows, TLayout>(6, atA, b0, b1, ref c6, ref d6);
                    Row<TSimd, V, TRows, TLayout>(7, atA, b0, b1, ref c7, ref d7);
                    Row<TSimd, V, TRows, TLayout>(8, atA, b0, b1, ref c8, ref d8);
                    Row<TSimd, V, TRows, TLayout>(9, atA, b0, b1, ref c9, ref d9);
                    Row<TSimd, V, TRows, TLayout>(10, atA, b0, b1, ref c10, ref d10);
                    Row<TSimd, V, TRows, TLayout>(11, atA, b0, b1, ref c11, ref d11);
                    Row<TSimd, V, TRows, TLayout>(12, atA, b0, b1, ref c12, ref d12);
                    Row<TSimd, V, TRows, TLayout>(13, atA, b0, b1, ref c13, ref d13);
                    atA += TLayout.DepthStride;
                    atB += ldb;
                }
            }

            Finish<TSimd, V, TRows, TLayout>(0, ref atC, ldc, accumulate, c0, d0);
            Finish<TSimd, V, TRows, TLayout>(1, ref atC, ldc, accumulate, c1, d1);
            Finish<TSimd, V, TRows, TLayout>(2, ref atC, ldc, accumulate, c2, d2);
            Finish<TSimd, V, TRows, TLayout>(3, ref atC, ldc, accumulate, c3, d3);
            Finish<TSimd, V, TRows, TLayout>(4, ref atC, ldc, accumulate, c4, d4);
            Finish<TSimd, V, TRows, TLayout>(5, ref atC, ldc, accumulate, c5, d5);
            Finish<TSimd, V, TRows, TLayout>(6, ref atC, ldc, accumulate, c6, d6);
            Finish<TSimd, V, TRows, TLayout>(7, ref atC, ldc, accumulate, c7, d7);
            Finish<TSimd, V, TRows, TLayout>(8, ref atC, ldc, accumulate, c8, d8);
            Finish<TSimd, V, TRows, TLayout>(9, ref atC, ldc, accumulate, c9, d9);
            Finish<TSimd, V, TRows, TLayout>(10, ref atC, ldc, accumulate, c10, d10);
            Finish<TSimd, V, TRows, TLayout>(11, ref atC, ldc, accumulate, c11, d11);
            Finish<TSimd, V, TRows, TLayout>(12, ref atC, ldc, accumulate, c12, d12);
            Finish<TSimd, V, TRows, TLayout>(13, ref atC, ldc, accumulate, c13, d13);
        }
    }

    /// <summary>The same for a number of rows that is known only now: at most <see cref="Tile{TSimd,V}.Rows"/>.</summary>
    [MethodImpl(Jit.Alone)]
    public static void Run<TSimd, V, TLayout>(
        nint rows, nint depth, float* a, float* b, nint ldb, float* c, nint ldc, bool accumulate, float* goal, nint goalStride,
        nint panels = 1, nint panelStride = 0, FetchAhead* next = null)
        where TSimd : ISimd<V> where V : struct where TLayout : IPanelLayout
    {
        switch (rows)
        {
            case 14: Run<TSimd, V, Rows14, TLayout>(depth, a, b, ldb, c, ldc, accumulate, goal, goalStride, panels, panelStride, next); break;
            case 13: Run<TSimd, V, Rows13, TLayout>(depth, a, b, ldb, c, ldc, accumulate, goal, goalStride, panels, panelStride, next); break;
            case 12: Run<TSimd, V, Rows12, TLayout>(depth, a, b, ldb, c, ldc, accumulate, goal, goalStride, panels, panelStride, next); break;
            case 11: Run<TSimd, V, Rows11, TLayout>(depth, a, b, ldb, c, ldc, accumulate, goal, goalStride, panels, panelStride, next); break;
            case 10: Run<TSimd, V, Rows10, TLayout>(depth, a, b, ldb, c, ldc, accumulate, goal, goalStride, panels, panelStride, next); break;
            case 9: Run<TSimd, V, Rows9, TLayout>(depth, a, b, ldb, c, ldc, accumulate, goal, goalStride, panels, panelStride, next); break;
            case 8: Run<TSimd, V, Rows8, TLayout>(depth, a, b, ldb, c, ldc, accumulate, goal, goalStride, panels, panelStride, next); break;
            case 7: Run<TSimd, V, Rows7, TLayout>(depth, a, b, ldb, c, ldc, accumulate, goal, goalStride, panels, panelStride, next); break;
            case 6: Run<TSimd, V, Rows6, TLayout>(depth, a, b, ldb, c, ldc, accumulate, goal, goalStride, panels, panelStride, next); break;
            case 5: Run<TSimd, V, Rows5, TLayout>(depth, a, b, ldb, c, ldc, accumulate, goal, goalStride, panels, panelStride, next); break;
            case 4: Run<TSimd, V, Rows4, TLayout>(depth, a, b, ldb, c, ldc, accumulate, goal, goalStride, panels, panelStride, next); break;
            case 3: Run<TSimd, V, Rows3, TLayout>(depth, a, b, ldb, c, ldc, accumulate, goal, goalStride, panels, panelStride, next); break;
            case 2: Run<TSimd, V, Rows2, TLayout>(depth, a, b, ldb, c, ldc, accumulate, goal, goalStride, panels, panelStride, next); break;
            default: Run<TSimd, V, Rows1, TLayout>(depth, a, b, ldb, c, ldc, accumulate, goal, goalStride, panels, panelStride, next); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<TSimd, V, TRows, TLayout>(int row, float* a, V b0, V b1, ref V c, ref V d)
        where TSimd : ISimd<V> where V : struct where TRows : IRows where TLayout : IPanelLayout
    {
        if (row >= TRows.Count)
            return;
        V x = TSimd.LoadFactor(a + row * TLayout.RowStride);
        c = TSimd.MultiplyAddFactor(b0, x, c);
        if (TLayout.Vectors == 2)
            d = TSimd.MultiplyAddFactor(b1, x, d);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<TSimd, V, TRows, TLayout>(int row, ref float* target, nint ldc, bool accumulate, V c, V d)
        where TSimd : ISimd<V> where V : struct where TRows : IRows where TLayout : IPanelLayout
    {
        if (row >= TRows.Count)
            return;
        if (accumulate)
        {
            c = TSimd.Add(TSimd.Load(target), c);
            if (TLayout.Vectors == 2)
                d = TSimd.Add(TSimd.Load(target + TSimd.Width), d);
        }
        TSimd.Store(target, c);
        if (TLayout.Vectors == 2)
            TSimd.Store(target + TSimd.Width, d);
        target += ldc;
    }

    // What one k reads of B.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FetchB<TSimd, V, TLayout>(float* b) where TSimd : ISimd<V> where V : struct where TLayout : IPanelLayout
    {
        if (TLayout.B == SourceOfB.Level2)
            Prefetch.ToLevel1<TSimd, V>(b + Prefetch.DepthsAhead * 2 * TSimd.Width);
        else if (TLayout.B == SourceOfB.Memory)
            Prefetch.ToLevel2<TSimd, V>(b + Prefetch.FarAhead);
    }
}
