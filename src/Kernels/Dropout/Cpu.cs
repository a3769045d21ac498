namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    /// <inheritdoc/>
    public void DropoutForward(Tensor y, Tensor x, DropoutMask dropout)
    {
        Checks.Same(y, x);
        ForRange(x.Rows, 1, 2L * x.Cols, new DropoutKernel(y.Floats(), x.Floats(), x.Cols, new DropoutScales(dropout), accumulate: false));
    }

    /// <inheritdoc/>
    public void DropoutBackward(Tensor dx, Tensor dy, DropoutMask dropout)
    {
        Checks.Same(dx, dy);
        ForRange(dy.Rows, 1, 2L * dy.Cols, new DropoutKernel(dx.Floats(), dy.Floats(), dy.Cols, new DropoutScales(dropout), accumulate: true));
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
