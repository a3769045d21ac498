using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>The sizes of one multiply, C[M, N] = A[M, K]·B[K, N].</summary>
public sealed record MatMulSize(int M, int N, int K) : IWork
{
    public double Flops => 2.0 * M * N * K;

    /// <summary>Up and down, of mini and base, and a gradient of weights.</summary>
    public bool IsQuick => (M, N, K) is (4096, 1024, 256) or (4096, 256, 1024) or (1024, 3072, 768) or (256, 256, 4096);

    public override string ToString() => $"{M}x{N}x{K}";
}
