namespace BareBert.Kernels;

/// <summary>One multiply of row-major float32 matrices: C = op(A)·op(B), or C += op(A)·op(B), where op may transpose.</summary>
/// <remarks>C overlaps neither A nor B.</remarks>
public readonly unsafe struct GemmCall
{
    /// <summary>Rows of C and of op(A).</summary>
    public required nint M { get; init; }

    /// <summary>Columns of C and of op(B).</summary>
    public required nint N { get; init; }

    /// <summary>Columns of op(A), rows of op(B).</summary>
    public required nint K { get; init; }

    /// <summary>[M, K], or [K, M] where <see cref="TransposeA"/>.</summary>
    public required float* A { get; init; }

    /// <summary>Floats from one stored row of A to the next.</summary>
    public required nint Lda { get; init; }

    /// <summary>A is stored transposed.</summary>
    public bool TransposeA { get; init; }

    /// <summary>[K, N], or [N, K] where <see cref="TransposeB"/>.</summary>
    public required float* B { get; init; }

    /// <summary>Floats from one stored row of B to the next.</summary>
    public required nint Ldb { get; init; }

    /// <summary>B is stored transposed.</summary>
    public bool TransposeB { get; init; }

    /// <summary>[M, N].</summary>
    public required float* C { get; init; }

    /// <summary>Floats from one row of C to the next.</summary>
    public required nint Ldc { get; init; }

    /// <summary>Add to C instead of overwriting it.</summary>
    public bool Accumulate { get; init; }

    /// <summary>The same multiply of matrices that lie further on, by so many floats.</summary>
    internal GemmCall Moved(nint a, nint b, nint c) => this with { A = A + a, B = B + b, C = C + c };

    /// <summary>The same of a run of the terms.</summary>
    internal GemmCall Terms(nint first, nint count) => this with
    {
        K = count, A = A + first * (TransposeA ? Lda : 1), B = B + first * (TransposeB ? 1 : Ldb),
    };

    /// <exception cref="ArgumentException">A size is negative or a row is longer than its leading dimension.</exception>
    internal void Check()
    {
        if (M < 0 || N < 0 || K < 0)
            throw new ArgumentException($"matrix multiply: negative size M={M} N={N} K={K}");
        CheckRows(nameof(A), Lda, TransposeA ? M : K);
        CheckRows(nameof(B), Ldb, TransposeB ? K : N);
        CheckRows(nameof(C), Ldc, N);
    }

    private static void CheckRows(string matrix, nint stride, nint length)
    {
        if (stride < length)
            throw new ArgumentException($"matrix multiply: rows of {matrix} are {length} long but only {stride} apart");
    }
}
