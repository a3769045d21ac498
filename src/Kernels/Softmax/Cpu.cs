using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    void IKernel<SoftmaxForward>.Run(in SoftmaxForward call) =>
        ForRange(call.X.Rows, 1, 8L * call.X.Cols, new SoftmaxRowsKernel { Y = call.Y.Floats(), X = call.X.Floats(), Cols = call.X.Cols });

    void IKernel<SoftmaxBackward>.Run(in SoftmaxBackward call) => ForRange(call.Y.Rows, 1, 4L * call.Y.Cols, new SoftmaxGradientKernel
    {
        DX = call.DX.Floats(), DY = call.DY.Floats(), Y = call.Y.Floats(), Cols = call.Y.Cols,
    });

    private struct SoftmaxRowsKernel : IRangeKernel
    {
        public float* Y, X;
        public int Cols;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint row = first; row < end; row++)
            {
                float* y = Y + row * Cols, x = X + row * Cols;
                float sum = RowMath.Exponentials<TSimd, V>(y, x, RowMath.Max<TSimd, V>(x, Cols), Cols);
                RowMath.Scale<TSimd, V>(y, y, 1 / sum, Cols);
            }
        }
    }

    private struct SoftmaxGradientKernel : IRangeKernel
    {
        public float* DX, DY, Y;
        public int Cols;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint row = first; row < end; row++)
                Row<TSimd, V>(DX + row * Cols, DY + row * Cols, Y + row * Cols, RowMath.Dot<TSimd, V>(Y + row * Cols, DY + row * Cols, Cols));
        }

        // dx += y·(dy − dot).
        [MethodImpl(Jit.Alone)]
        private readonly void Row<TSimd, V>(float* dx, float* dy, float* y, float dot) where TSimd : ISimd<V> where V : struct
        {
            V mean = TSimd.Broadcast(dot);
            int i = 0;
            for (; i <= Cols - TSimd.Width; i += TSimd.Width)
                TSimd.Store(dx + i, TSimd.MultiplyAdd(TSimd.Load(y + i), TSimd.Subtract(TSimd.Load(dy + i), mean), TSimd.Load(dx + i)));
            int rest = Cols - i;
            if (rest > 0)
            {
                V difference = TSimd.Subtract(Lanes.Load<TSimd, V>(dy + i, rest), mean);
                Lanes.Store<TSimd, V>(dx + i, TSimd.MultiplyAdd(Lanes.Load<TSimd, V>(y + i, rest), difference, Lanes.Load<TSimd, V>(dx + i, rest)), rest);
            }
        }
    }
}
