namespace BareBert.Bench;

/// <summary>
/// The two inner loops change places: rows of B and C are now read in the order in which they lie in memory, and the
/// additions of a row do not wait for each other. But C is loaded and stored once for every k.
/// </summary>
public unsafe struct MatMul2LoopOrder : IMatMul
{
    public static void Multiply(int m, int n, int k, float* a, float* b, float* c)
    {
        new Span<float>(c, m * n).Clear();
        for (int i = 0; i < m; i++)
        {
            for (int l = 0; l < k; l++)
            {
                float x = a[i * k + l];
                float* row = b + l * n, to = c + i * n;
                for (int j = 0; j < n; j++)
                    to[j] += x * row[j];
            }
        }
    }
}
