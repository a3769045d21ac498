using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>The sizes of one multiply, C[M, N] = A[M, K]·B[K, N].</summary>
public sealed record MatMulSize(int M, int N, int K) : IWork
{
    public double Flops => 2.0 * M * N * K;

    public override string ToString() => $"{M}x{N}x{K}";
}
