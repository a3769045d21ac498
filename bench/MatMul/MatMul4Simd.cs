using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>
/// The inner loop multiplies and adds a whole vector at a time. Each multiply-add still needs two loads and a store, so
/// the load units are the limit, not the arithmetic.
/// </summary>
public unsafe struct MatMul4Simd<TSimd, V> : IMatMul where TSimd : ISimd<V> where V : struct
{
    private const int TileK = 128, TileN = 512;

    public static void Multiply(int m, int n, int k, float* a, float* b, float* c)
    {
        new Span<float>(c, m * n).Clear();
        for (int k0 = 0; k0 < k; k0 += TileK)
        {
            for (int j0 = 0; j0 < n; j0 += TileN)
                MultiplyTile(m, n, k, a, b, c, k0, Math.Min(k, k0 + TileK), j0, Math.Min(n, j0 + TileN));
        }
    }

    private static void MultiplyTile(int m, int n, int k, float* a, float* b, float* c, int k0, int k1, int j0, int j1)
    {
        for (int i = 0; i < m; i++)
        {
            for (int l = k0; l < k1; l++)
            {
                float x = a[i * k + l];
                V xs = TSimd.Broadcast(x);
                float* row = b + l * n, to = c + i * n;
                int j = j0;
                for (; j <= j1 - TSimd.Width; j += TSimd.Width)
                    TSimd.Store(to + j, TSimd.MultiplyAdd(xs, TSimd.Load(row + j), TSimd.Load(to + j)));
                for (; j < j1; j++)
                    to[j] += x * row[j];
            }
        }
    }
}
