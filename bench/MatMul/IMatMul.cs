namespace BareBert.Bench;

/// <summary>A rung of the ladder: C = A·B, all row-major and without gaps.</summary>
public unsafe interface IMatMul
{
    /// <summary>C[m, n] = A[m, k]·B[k, n].</summary>
    static abstract void Multiply(int m, int n, int k, float* a, float* b, float* c);
}
