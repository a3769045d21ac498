using System.Runtime.CompilerServices;
using BareBert.Kernels;

namespace BareBert.Samples;

/// <summary>Root mean square normalisation on the processor.</summary>
internal static unsafe class RmsNormCpu
{
    public static void Forward(CpuKernels device, in RmsNormForward call) => device.ForRange(call.X.Rows, 1, 2L * call.X.Cols, new ForwardRows
    {
        Y = call.Y.Floats(), Rstd = call.Rstd.Floats(), X = call.X.Floats(), Weight = call.Weight.Floats(), Cols = call.X.Cols, Eps = (float)call.Eps,
    });

    public static void Backward(CpuKernels device, in RmsNormBackward call)
    {
        (int rows, int cols) = (call.X.Rows, call.X.Cols);
        float* dy = call.DY.Floats(), x = call.X.Floats(), rstd = call.Rstd.Floats();
        if (!call.DX.IsNone)
        {
            device.ForRange(rows, 1, 4L * cols, new BackwardRows
            {
                DX = call.DX.Floats(), DY = dy, X = x, Rstd = rstd, Weight = call.Weight.Floats(), Cols = cols,
            });
        }
        // All rows meet in the weight's gradient: threads share its columns, and each adds the rows in order.
        if (!call.DWeight.IsNone)
            device.ForRange(cols, CpuKernels.ElementGranule, 2L * rows, new WeightColumns { DWeight = call.DWeight.Floats(), DY = dy, X = x, Rstd = rstd, Rows = rows, Cols = cols });
    }

    private struct ForwardRows : IRangeKernel
    {
        public float* Y, Rstd, X, Weight;
        public int Cols;
        public float Eps;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint row = first; row < end; row++)
            {
                float* x = X + row * Cols;
                Rstd[row] = 1 / MathF.Sqrt(SumOfProducts<TSimd, V>(x, x, Cols) / Cols + Eps);
                Scale<TSimd, V>(Y + row * Cols, x, Rstd[row]);
            }
        }

        // y = x·rstd·weight.
        [MethodImpl(Jit.Alone)]
        private readonly void Scale<TSimd, V>(float* y, float* x, float rstd) where TSimd : ISimd<V> where V : struct
        {
            V r = TSimd.Broadcast(rstd);
            int i = 0;
            for (; i <= Cols - TSimd.Width; i += TSimd.Width)
                TSimd.Store(y + i, TSimd.Multiply(TSimd.Multiply(TSimd.Load(x + i), r), TSimd.Load(Weight + i)));
            if (i < Cols)
                TSimd.StoreFirst(y + i, TSimd.Multiply(TSimd.Multiply(TSimd.LoadFirst(x + i, Cols - i), r), TSimd.LoadFirst(Weight + i, Cols - i)), Cols - i);
        }
    }

    private struct BackwardRows : IRangeKernel
    {
        public float* DX, DY, X, Rstd, Weight;
        public int Cols;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint row = first; row < end; row++)
            {
                nint at = row * Cols;
                float r = Rstd[row], meanGx = SumOfGradients<TSimd, V>(DY + at, X + at) * r / Cols;
                Add<TSimd, V>(DX + at, DY + at, X + at, r, -r * r * meanGx);
            }
        }

        // Σ dy·weight·x.
        [MethodImpl(Jit.Alone)]
        private readonly float SumOfGradients<TSimd, V>(float* dy, float* x) where TSimd : ISimd<V> where V : struct
        {
            V sum = TSimd.Zero;
            int i = 0;
            for (; i <= Cols - TSimd.Width; i += TSimd.Width)
                sum = TSimd.MultiplyAdd(TSimd.Multiply(TSimd.Load(dy + i), TSimd.Load(Weight + i)), TSimd.Load(x + i), sum);
            if (i < Cols)
                sum = TSimd.MultiplyAdd(TSimd.Multiply(TSimd.LoadFirst(dy + i, Cols - i), TSimd.LoadFirst(Weight + i, Cols - i)), TSimd.LoadFirst(x + i, Cols - i), sum);
            return TSimd.SumLanes(sum);
        }

        // dx += dy·weight·r + x·factor.
        [MethodImpl(Jit.Alone)]
        private readonly void Add<TSimd, V>(float* dx, float* dy, float* x, float rstd, float factor) where TSimd : ISimd<V> where V : struct
        {
            V r = TSimd.Broadcast(rstd), f = TSimd.Broadcast(factor);
            int i = 0;
            for (; i <= Cols - TSimd.Width; i += TSimd.Width)
            {
                V g = TSimd.Multiply(TSimd.Load(dy + i), TSimd.Load(Weight + i));
                TSimd.Store(dx + i, TSimd.MultiplyAdd(g, r, TSimd.MultiplyAdd(TSimd.Load(x + i), f, TSimd.Load(dx + i))));
            }
            for (; i < Cols; i++)
                dx[i] += dy[i] * Weight[i] * rstd + x[i] * factor;
        }
    }

    private struct WeightColumns : IRangeKernel
    {
        public float* DWeight, DY, X, Rstd;
        public int Rows, Cols;

        [MethodImpl(Jit.Alone)]
        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint row = 0; row < Rows; row++)
            {
                float* dy = DY + row * Cols, x = X + row * Cols;
                V r = TSimd.Broadcast(Rstd[row]);
                nint i = first;
                for (; i <= end - TSimd.Width; i += TSimd.Width)
                    TSimd.Store(DWeight + i, TSimd.MultiplyAdd(TSimd.Multiply(TSimd.Load(dy + i), TSimd.Load(x + i)), r, TSimd.Load(DWeight + i)));
                for (; i < end; i++)
                    DWeight[i] += dy[i] * x[i] * Rstd[row];
            }
        }
    }

    [MethodImpl(Jit.Alone)]
    private static float SumOfProducts<TSimd, V>(float* a, float* b, int count) where TSimd : ISimd<V> where V : struct
    {
        V sum = TSimd.Zero;
        int i = 0;
        for (; i <= count - TSimd.Width; i += TSimd.Width)
            sum = TSimd.MultiplyAdd(TSimd.Load(a + i), TSimd.Load(b + i), sum);
        if (i < count)
            sum = TSimd.MultiplyAdd(TSimd.LoadFirst(a + i, count - i), TSimd.LoadFirst(b + i, count - i), sum);
        return TSimd.SumLanes(sum);
    }
}
