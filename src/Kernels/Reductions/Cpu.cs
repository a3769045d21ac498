using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    // Elements whose sum is taken alone; the blocks' sums are added in order, whoever computed them.
    private const int SumBlock = SquareBlocks.Length;

    void IKernel<Sum>.Run(in Sum call)
    {
        float* result = call.Total.Floats();
        *result = (float)(*result + call.Scale * SumBlocks(call.X, squares: false));
    }

    void IKernel<SumOfSquares>.Run(in SumOfSquares call)
    {
        float* result = call.Total.Floats();
        *result = (float)(*result + SumBlocks(call.X, squares: true));
    }

    void IKernel<AddScaled>.Run(in AddScaled call)
    {
        ForRange((nint)call.X.Count, ElementGranule, 1, new AddScaledKernel(call.Y.Floats(), call.X.Floats(), (float)call.Scale));
    }

    private double SumBlocks(Tensor x, bool squares)
    {
        nint blocks = (nint)((x.Count + SumBlock - 1) / SumBlock);
        double* sums = (double*)_partials.Floats(2 * Math.Max(1, blocks));
        ForRange(blocks, 1, SumBlock / 2, new SumKernel(sums, x.Floats(), (nint)x.Count, squares));
        double sum = 0;
        for (nint block = 0; block < blocks; block++)
            sum += sums[block];
        return sum;
    }

    // sums[b] = Σ x or Σ x² of block b, in double precision.
    private readonly struct SumKernel(double* sums, float* x, nint count, bool squares) : IRangeKernel
    {
        private readonly double* _sums = sums;
        private readonly float* _x = x;
        private readonly nint _count = count;
        private readonly bool _squares = squares;

        public void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint block = first; block < end; block++)
            {
                float* x = _x + block * SumBlock;
                int count = (int)Math.Min(SumBlock, _count - block * SumBlock);
                _sums[block] = _squares ? SquareBlocks.Sum(x, count) : Sum(x, count);
            }
        }

        [MethodImpl(Jit.Alone)]
        private static double Sum(float* x, int count)
        {
            Vector256<double> a = default, b = default, c = default, d = default;
            int i = 0;
            for (; i <= count - 16; i += 16)
            {
                a += SquareBlocks.Widen(x + i);
                b += SquareBlocks.Widen(x + i + 4);
                c += SquareBlocks.Widen(x + i + 8);
                d += SquareBlocks.Widen(x + i + 12);
            }
            double sum = Vector256.Sum(a + b + (c + d));
            for (; i < count; i++)
                sum += x[i];
            return sum;
        }
    }

    // y += scale·x.
    private readonly struct AddScaledKernel(float* y, float* x, float scale) : IRangeKernel
    {
        private readonly float* _y = y, _x = x;
        private readonly float _scale = scale;

        [MethodImpl(Jit.Alone)]
        public void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            float* y = _y, x = _x;
            V scale = TSimd.Broadcast(_scale);
            nint i = first;
            for (; i <= end - TSimd.Width; i += TSimd.Width)
                TSimd.Store(y + i, TSimd.MultiplyAdd(TSimd.Load(x + i), scale, TSimd.Load(y + i)));
            int rest = (int)(end - i);
            if (rest > 0)
                Lanes.Store<TSimd, V>(y + i, TSimd.MultiplyAdd(Lanes.Load<TSimd, V>(x + i, rest), scale, Lanes.Load<TSimd, V>(y + i, rest)), rest);
        }
    }
}
