using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    void IKernel<RowNormalisationForward>.Run(in RowNormalisationForward call) => ForRange(call.X.Rows, 1, 3L * call.X.Cols, new RowLengthKernel
    {
        Y = call.Y.Floats(), InverseLength = call.InverseLength.Floats(), X = call.X.Floats(), Cols = call.X.Cols, Eps = (float)call.Eps,
    });

    void IKernel<RowNormalisationBackward>.Run(in RowNormalisationBackward call) => ForRange(call.Y.Rows, 1, 4L * call.Y.Cols, new RowLengthGradientKernel
    {
        DX = call.DX.Floats(), DY = call.DY.Floats(), Y = call.Y.Floats(), InverseLength = call.InverseLength.Floats(), Cols = call.Y.Cols,
    });

    private struct RowLengthKernel : IRangeKernel
    {
        public float* Y, InverseLength, X;
        public int Cols;
        public float Eps;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint row = first; row < end; row++)
            {
                float* x = X + row * Cols;
                InverseLength[row] = 1 / MathF.Sqrt(RowMath.Dot<TSimd, V>(x, x, Cols) + Eps);
                RowMath.Scale<TSimd, V>(Y + row * Cols, x, InverseLength[row], Cols);
            }
        }
    }

    private struct RowLengthGradientKernel : IRangeKernel
    {
        public float* DX, DY, Y, InverseLength;
        public int Cols;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint row = first; row < end; row++)
            {
                float* dy = DY + row * Cols, y = Y + row * Cols;
                Row<TSimd, V>(DX + row * Cols, dy, y, InverseLength[row], -InverseLength[row] * RowMath.Dot<TSimd, V>(y, dy, Cols));
            }
        }

        // dx += dy·r + y·factor.
        [MethodImpl(Jit.Alone)]
        private readonly void Row<TSimd, V>(float* dx, float* dy, float* y, float r, float factor) where TSimd : ISimd<V> where V : struct
        {
            V rs = TSimd.Broadcast(r), fs = TSimd.Broadcast(factor);
            int i = 0;
            for (; i <= Cols - TSimd.Width; i += TSimd.Width)
                TSimd.Store(dx + i, TSimd.MultiplyAdd(TSimd.Load(dy + i), rs, TSimd.MultiplyAdd(TSimd.Load(y + i), fs, TSimd.Load(dx + i))));
            int rest = Cols - i;
            if (rest > 0)
            {
                V sum = TSimd.MultiplyAdd(Lanes.Load<TSimd, V>(y + i, rest), fs, Lanes.Load<TSimd, V>(dx + i, rest));
                Lanes.Store<TSimd, V>(dx + i, TSimd.MultiplyAdd(Lanes.Load<TSimd, V>(dy + i, rest), rs, sum), rest);
            }
        }
    }
}
