namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    void IKernel<DropoutForward>.Run(in DropoutForward call)
    {
        int cols = call.X.Cols;
        ForRange(call.X.Rows, 1, 2L * cols, new DropoutKernel(call.Y.Floats(), call.X.Floats(), cols, new DropoutScales(call.Dropout), accumulate: false));
    }

    void IKernel<DropoutBackward>.Run(in DropoutBackward call)
    {
        int cols = call.DY.Cols;
        ForRange(call.DY.Rows, 1, 2L * cols, new DropoutKernel(call.DX.Floats(), call.DY.Floats(), cols, new DropoutScales(call.Dropout), accumulate: true));
    }

    // target = source·scale, or target += source·scale, a row at a time.
    private readonly struct DropoutKernel(float* target, float* source, int cols, DropoutScales scales, bool accumulate) : IRangeKernel
    {
        private readonly float* _target = target, _source = source;
        private readonly int _cols = cols;
        private readonly DropoutScales _scales = scales;
        private readonly bool _accumulate = accumulate;

        public void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            float* scales = stackalloc float[DropoutMask.GroupCols];
            new Span<float>(scales, DropoutMask.GroupCols).Fill(1);
            for (nint row = first; row < end; row++)
            {
                for (int col = 0; col < _cols; col += DropoutMask.GroupCols)
                {
                    if (!_scales.IsNone)
                        _scales.Draw(scales, (uint)row, (uint)(col / DropoutMask.GroupCols));
                    nint start = row * _cols + col;
                    int count = Math.Min(DropoutMask.GroupCols, _cols - col);
                    if (_accumulate)
                        RowMath.MultiplyAdd<TSimd, V>(_target + start, _source + start, scales, count);
                    else
                        RowMath.Multiply<TSimd, V>(_target + start, _source + start, scales, count);
                }
            }
        }
    }
}
