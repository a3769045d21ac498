namespace BareBert.Kernels;

public partial interface IKernels
{
    /// <summary>Matrix multiply: c = op(a)·op(b), or c += op(a)·op(b). Three dimensions: one multiply per batch entry.</summary>
    /// <param name="c">[M, N] or [batch, M, N].</param>
    /// <param name="a">[M, K], or [K, M] where transposed; or the same with a batch dimension in front.</param>
    /// <param name="b">[K, N], or [N, K] where transposed; or the same with a batch dimension in front.</param>
    /// <param name="transposeA">op(a) = aᵀ.</param>
    /// <param name="transposeB">op(b) = bᵀ.</param>
    /// <param name="accumulate">Add to c instead of overwriting it.</param>
    /// <exception cref="ArgumentException">The dimensions do not fit.</exception>
    /// <remarks>2·M·N·K flops. K is summed in a fixed order. Derivation in README.md.</remarks>
    void MatMul(Tensor c, Tensor a, Tensor b, bool transposeA = false, bool transposeB = false, bool accumulate = false);
}

/// <summary>The sizes of one matrix multiply, taken from its operands and checked.</summary>
internal readonly record struct MatMulShape(int Batch, int M, int N, int K)
{
    public static MatMulShape Of(Tensor c, Tensor a, Tensor b, bool transposeA, bool transposeB)
    {
        int rank = c.Shape.Rank;
        if (rank is not (2 or 3))
            throw new ArgumentException($"c is {c}: a multiply takes two dimensions, or three with a batch in front");
        Checks.Rank(a, rank);
        Checks.Rank(b, rank);
        int batch = rank == 3 ? c.Shape[0] : 1;
        int m = c.Shape[rank - 2], n = c.Shape[rank - 1], k = a.Shape[transposeA ? rank - 2 : rank - 1];
        bool fits = a.Shape[transposeA ? rank - 1 : rank - 2] == m
            && b.Shape[transposeB ? rank - 1 : rank - 2] == k && b.Shape[transposeB ? rank - 2 : rank - 1] == n
            && (rank == 2 || (a.Shape[0] == batch && b.Shape[0] == batch));
        return fits ? new MatMulShape(batch, m, n, k)
            : throw new ArgumentException($"cannot multiply a {a.Shape}{Mark(transposeA)} by b {b.Shape}{Mark(transposeB)} into c {c.Shape}");
    }

    private static string Mark(bool transpose) => transpose ? "ᵀ" : "";
}

public sealed partial class ReferenceKernels<T>
{
    /// <inheritdoc/>
    public void MatMul(Tensor c, Tensor a, Tensor b, bool transposeA = false, bool transposeB = false, bool accumulate = false)
    {
        (int batch, int m, int n, int k) = MatMulShape.Of(c, a, b, transposeA, transposeB);
        Span<T> cs = c.Span<T>(), @as = a.Span<T>(), bs = b.Span<T>();
        for (int i = 0; i < batch; i++)
        {
            Multiply(cs.Slice(i * m * n, m * n), @as.Slice(i * m * k, m * k), bs.Slice(i * k * n, k * n),
                m, n, k, transposeA, transposeB, accumulate);
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
