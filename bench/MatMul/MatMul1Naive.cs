namespace BareBert.Bench;

/// <summary>
/// The definition: one dot product for each element of C. B is read down its columns, a cache line for every single
/// element, and each addition waits for the one before it.
/// </summary>
public unsafe struct MatMul1Naive : IMatMul
{
    public static void Multiply(int m, int n, int k, float* a, float* b, float* c)
    {
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                float sum = 0;
                for (int l = 0; l < k; l++)
                    sum += a[i * k + l] * b[l * n + j];
                c[i * n + j] = sum;
            }
        }
    }
}
