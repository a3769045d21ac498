namespace BareBert.Kernels;

public partial interface IDeviceKernels : IKernel<MatrixMultiply>;

/// <summary>c = op(a)·op(b), or c += op(a)·op(b). Three dimensions: one multiply per batch entry.</summary>
/// <remarks>2·M·N·K flops. K is summed in a fixed order. Derivation in README.md.</remarks>
public readonly struct MatrixMultiply : IKernelCall<MatrixMultiply>
{
    /// <summary>[M, N] or [batch, M, N].</summary>
    public required Tensor C { get; init; }

    /// <summary>[M, K], or [K, M] where transposed; or the same with a batch dimension in front.</summary>
    public required Tensor A { get; init; }

    /// <summary>[K, N], or [N, K] where transposed; or the same with a batch dimension in front.</summary>
    public required Tensor B { get; init; }

    /// <summary>op(a) = aᵀ.</summary>
    public bool TransposeA { get; init; }

    /// <summary>op(b) = bᵀ.</summary>
    public bool TransposeB { get; init; }

    /// <summary>Add to c instead of overwriting it.</summary>
    public bool Accumulate { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(2.0 * C.Count * Sizes.K, Accumulate ? Traffic.Of([A, B], updated: [C]) : Traffic.Of([A, B], [C]));

    internal (int Batch, int M, int N, int K) Sizes
    {
        get
        {
            int rank = C.Shape.Rank;
            return (rank == 3 ? C.Shape[0] : 1, C.Shape[rank - 2], C.Shape[rank - 1], A.Shape[TransposeA ? rank - 2 : rank - 1]);
        }
    }

    /// <inheritdoc/>
    public void Check()
    {
        int rank = C.Shape.Rank;
        if (rank is not (2 or 3))
            throw new ArgumentException($"C is {C}: a multiply takes two dimensions, or three with a batch in front");
        Checks.Rank(A, rank);
        Checks.Rank(B, rank);
        (int batch, int m, int n, int k) = Sizes;
        bool fits = A.Shape[TransposeA ? rank - 1 : rank - 2] == m
            && B.Shape[TransposeB ? rank - 1 : rank - 2] == k && B.Shape[TransposeB ? rank - 2 : rank - 1] == n
            && (rank == 2 || (A.Shape[0] == batch && B.Shape[0] == batch));
        if (!fits)
            throw new ArgumentException($"cannot multiply A {A.Shape}{Mark(TransposeA)} by B {B.Shape}{Mark(TransposeB)} into C {C.Shape}");
    }

    private static string Mark(bool transpose) => transpose ? "ᵀ" : "";
}

public sealed partial class ReferenceKernels<T>
{
    void IKernel<MatrixMultiply>.Run(in MatrixMultiply call)
    {
        (int batch, int m, int n, int k) = call.Sizes;
        Span<T> cs = call.C.Span<T>(), @as = call.A.Span<T>(), bs = call.B.Span<T>();
        for (int i = 0; i < batch; i++)
        {
            Multiply(cs.Slice(i * m * n, m * n), @as.Slice(i * m * k, m * k), bs.Slice(i * k * n, k * n),
                m, n, k, call.TransposeA, call.TransposeB, call.Accumulate);
        }
    }

    private static void Multiply(
        Span<T> c, Span<T> a, Span<T> b, int m, int n, int k, bool transposeA, bool transposeB, bool accumulate)
    {
        for (int row = 0; row < m; row++)
        {
            for (int col = 0; col < n; col++)
            {
                double sum = accumulate ? Get(c, row * n + col) : 0;
                for (int i = 0; i < k; i++)
                    sum += Get(a, transposeA ? i * m + row : row * k + i) * Get(b, transposeB ? col * k + i : i * n + col);
                Set(c, row * n + col, sum);
            }
        }
    }
}
