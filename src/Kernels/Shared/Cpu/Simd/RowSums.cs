using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    // sum += each of the rows of a matrix, in order: how the sums of blocks become one, whoever computed them.
    private void AddRows(float* sum, float* matrix, nint rows, nint cols, nint stride) =>
        ForRange(cols, ColumnGranule, rows, new AddRowsKernel(sum, matrix, rows, stride));

    // The units of the range are columns.
    private readonly struct AddRowsKernel(float* sum, float* matrix, nint rows, nint stride) : IRangeKernel
    {
        private readonly float* _sum = sum, _matrix = matrix;
        private readonly nint _rows = rows, _stride = stride;

        [MethodImpl(Jit.Alone)]
        public void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            nint i = first;
            for (; i <= end - TSimd.Width; i += TSimd.Width)
            {
                V total = TSimd.Zero;
                for (nint row = 0; row < _rows; row++)
                    total = TSimd.Add(total, TSimd.Load(_matrix + row * _stride + i));
                TSimd.Store(_sum + i, TSimd.Add(TSimd.Load(_sum + i), total));
            }
            for (; i < end; i++)
            {
                float total = 0;
                for (nint row = 0; row < _rows; row++)
                    total += _matrix[row * _stride + i];
                _sum[i] += total;
            }
        }
    }
}
