namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    void IKernel<ColumnCopy>.Run(in ColumnCopy call) => ForRange(call.X.Rows, 1, 2L * call.X.Cols, new ColumnCopyKernel
    {
        Y = call.Y.Floats() + call.First, X = call.X.Floats(), Cols = call.X.Cols, Stride = call.Y.Cols,
    });

    void IKernel<ColumnAdd>.Run(in ColumnAdd call) => ForRange(call.DX.Rows, 1, 3L * call.DX.Cols, new ColumnAddKernel
    {
        DX = call.DX.Floats(), DY = call.DY.Floats() + call.First, Cols = call.DX.Cols, Stride = call.DY.Cols,
    });

    private struct ColumnCopyKernel : IRangeKernel
    {
        public float* Y, X;
        public int Cols, Stride;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint row = first; row < end; row++)
                new ReadOnlySpan<float>(X + row * Cols, Cols).CopyTo(new Span<float>(Y + row * Stride, Cols));
        }
    }

    private struct ColumnAddKernel : IRangeKernel
    {
        public float* DX, DY;
        public int Cols, Stride;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint row = first; row < end; row++)
                RowMath.Add<TSimd, V>(DX + row * Cols, DY + row * Stride, Cols);
        }
    }
}
