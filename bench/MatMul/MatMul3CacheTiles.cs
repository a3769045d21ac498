namespace BareBert.Bench;

/// <summary>
/// A tile of B that fits into level 2 is used for every row of A before the next one is fetched: B is read from memory
/// once, not once for every row of A.
/// </summary>
public unsafe struct MatMul3CacheTiles : IMatMul
{
    private const int TileK = 128, TileN = 512; // 256 KB of B.

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
                float* row = b + l * n, to = c + i * n;
                for (int j = j0; j < j1; j++)
                    to[j] += x * row[j];
            }
        }
    }
}
