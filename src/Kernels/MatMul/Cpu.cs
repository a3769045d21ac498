namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    private Gemm? _gemm;

    // The engine of every multiply here; its scratch memory grows to the largest one and stays.
    private Gemm Gemm => _gemm ??= new Gemm(_team);

    void IKernel<MatrixMultiply>.Run(in MatrixMultiply call)
    {
        (int batch, int m, int n, int k) = call.Sizes;
        GemmCall gemm = Call(m, n, k, call.A.Floats(), call.TransposeA, call.B.Floats(), call.TransposeB, call.C.Floats(), call.Accumulate);
        Gemm.RunBatch(gemm, batch, (nint)m * k, (nint)k * n, (nint)m * n);
    }

    // A multiply of whole tensors: each row begins where the one before it ends.
    private static GemmCall Call(
        int m, int n, int k, float* a, bool transposeA, float* b, bool transposeB, float* c, bool accumulate) => new()
        {
            M = m,
            N = n,
            K = k,
            A = a,
            Lda = transposeA ? m : k,
            TransposeA = transposeA,
            B = b,
            Ldb = transposeB ? k : n,
            TransposeB = transposeB,
            C = c,
            Ldc = n,
            Accumulate = accumulate,
        };

    partial void DisposeMatMul() => _gemm?.Dispose();
}
