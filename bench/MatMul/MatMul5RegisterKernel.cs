using System.Runtime.CompilerServices;
using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>
/// A tile of C, 4 rows by 2 vectors, stays in registers while k runs: for 8 multiply-adds there are 6 loads and no store.
/// But the rows of B that a tile reads lie a whole row of B apart, each on a page of its own where B is wide.
/// </summary>
public unsafe struct MatMul5RegisterKernel<TSimd, V> : IMatMul where TSimd : ISimd<V> where V : struct
{
    private const int Rows = 4;

    public static void Multiply(int m, int n, int k, float* a, float* b, float* c)
    {
        int width = 2 * TSimd.Width, fullRows = m / Rows * Rows, fullColumns = n / width * width;
        for (int j = 0; j < fullColumns; j += width)
        {
            for (int i = 0; i < fullRows; i += Rows)
                Tile(n, k, a + i * k, b + j, c + i * n + j);
        }
        Rest(0, fullRows, fullColumns, n, n, k, a, b, c);
        Rest(fullRows, m, 0, n, n, k, a, b, c);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile(int n, int k, float* a, float* b, float* c)
    {
        V c0 = TSimd.Zero, d0 = c0, c1 = c0, d1 = c0, c2 = c0, d2 = c0, c3 = c0, d3 = c0;
        for (int l = 0; l < k; l++, b += n)
        {
            V left = TSimd.Load(b), right = TSimd.Load(b + TSimd.Width);
            V x0 = TSimd.Broadcast(a[l]), x1 = TSimd.Broadcast(a[k + l]);
            V x2 = TSimd.Broadcast(a[2 * k + l]), x3 = TSimd.Broadcast(a[3 * k + l]);
            (c0, d0) = (TSimd.MultiplyAdd(x0, left, c0), TSimd.MultiplyAdd(x0, right, d0));
            (c1, d1) = (TSimd.MultiplyAdd(x1, left, c1), TSimd.MultiplyAdd(x1, right, d1));
            (c2, d2) = (TSimd.MultiplyAdd(x2, left, c2), TSimd.MultiplyAdd(x2, right, d2));
            (c3, d3) = (TSimd.MultiplyAdd(x3, left, c3), TSimd.MultiplyAdd(x3, right, d3));
        }
        Store(c, c0, d0);
        Store(c + n, c1, d1);
        Store(c + 2 * n, c2, d2);
        Store(c + 3 * n, c3, d3);
    }

    private static void Store(float* c, V left, V right)
    {
        TSimd.Store(c, left);
        TSimd.Store(c + TSimd.Width, right);
    }

    // What is left over at the right and at the bottom, an element at a time.
    private static void Rest(int i0, int i1, int j0, int j1, int n, int k, float* a, float* b, float* c)
    {
        for (int i = i0; i < i1; i++)
        {
            for (int j = j0; j < j1; j++)
            {
                float sum = 0;
                for (int l = 0; l < k; l++)
                    sum += a[i * k + l] * b[l * n + j];
                c[i * n + j] = sum;
            }
        }
    }
}
