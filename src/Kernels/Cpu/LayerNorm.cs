using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    /// <inheritdoc/>
    public void LayerNormForward(Tensor y, Tensor mean, Tensor rstd, Tensor x, Tensor weight, Tensor bias, double eps)
    {
        (int rows, int cols) = LayerNormShape.OfForward(y, x, mean, rstd, weight, bias);
        ForRange(rows, 1, 2L * cols, new LayerNormForwardKernel
        {
            Y = y.Floats(), Mean = mean.Floats(), Rstd = rstd.Floats(), X = x.Floats(),
            Weight = weight.Floats(), Bias = bias.Floats(), Cols = cols, Eps = (float)eps, Streams = Streams(x.Bytes) && y.Address != x.Address,
        });
    }

    /// <inheritdoc/>
    public void ResidualLayerNormForward(
        Tensor y, Tensor sum, Tensor mean, Tensor rstd, Tensor residual, Tensor branch, Tensor weight, Tensor bias,
        double eps, DropoutMask dropout)
    {
        (int rows, int cols) = LayerNormShape.OfResidualForward(y, sum, mean, rstd, residual, branch, weight, bias);
        ForRange(rows, 1, 4L * cols, new LayerNormForwardKernel
        {
            Y = y.Floats(), Mean = mean.Floats(), Rstd = rstd.Floats(), X = sum.Floats(),
            Residual = residual.Floats(), Branch = branch.Floats(), Scales = new DropoutScales(dropout),
            Weight = weight.Floats(), Bias = bias.Floats(), Cols = cols, Eps = (float)eps, Streams = Streams(sum.Bytes),
        });
    }

    // Rows of y = (x − mean)·rstd·weight + bias, x first made from residual + dropout(branch) where there is a branch.
    private struct LayerNormForwardKernel : IRangeKernel
    {
        public float* Y, Mean, Rstd, X, Residual, Branch, Weight, Bias;
        public DropoutScales Scales;
        public int Cols;
        public float Eps;
        public bool Streams;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            bool streams = Streams && Cols % TSimd.Width == 0 && MemoryHints.AreAligned<TSimd, V>(Y);
            for (nint row = first; row < end; row++)
            {
                float* x = X + row * Cols;
                if (Branch is not null)
                    AddBranch<TSimd, V>(x, row);
                (float mean, float rstd) = Moments<TSimd, V>(x, Cols, Eps);
                Normalise<TSimd, V>(Y + row * Cols, x, mean, rstd, streams);
                Mean[row] = mean;
                Rstd[row] = rstd;
            }
            if (streams)
                MemoryHints.Fence();
        }

        private readonly void AddBranch<TSimd, V>(float* sum, nint row) where TSimd : ISimd<V> where V : struct
        {
            float* residual = Residual + row * Cols, branch = Branch + row * Cols;
            float* scales = stackalloc float[DropoutMask.GroupCols];
            new Span<float>(scales, DropoutMask.GroupCols).Fill(1);
            for (int col = 0; col < Cols; col += DropoutMask.GroupCols)
            {
                if (!Scales.IsNone)
                    Scales.Draw(scales, (uint)row, (uint)(col / DropoutMask.GroupCols));
                int count = Math.Min(DropoutMask.GroupCols, Cols - col);
                RowMath.MultiplyAdd<TSimd, V>(sum + col, branch + col, scales, residual + col, count);
            }
        }

        private readonly void Normalise<TSimd, V>(float* y, float* x, float mean, float rstd, bool streams) where TSimd : ISimd<V> where V : struct
        {
            V m = TSimd.Broadcast(mean), r = TSimd.Broadcast(rstd);
            int rest = Cols % TSimd.Width, whole = Cols - rest;
            if (streams)
                Stream<TSimd, V>(y, x, Weight, Bias, m, r, whole);
            else
                Store<TSimd, V>(y, x, Weight, Bias, m, r, whole);
            if (rest > 0)
            {
                V xhat = TSimd.Multiply(TSimd.Subtract(Lanes.Load<TSimd, V>(x + whole, rest), m), r);
                V last = TSimd.MultiplyAdd(xhat, Lanes.Load<TSimd, V>(Weight + whole, rest), Lanes.Load<TSimd, V>(Bias + whole, rest));
                Lanes.Store<TSimd, V>(y + whole, last, rest);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Store<TSimd, V>(float* y, float* x, float* weight, float* bias, V mean, V rstd, int count)
            where TSimd : ISimd<V> where V : struct
        {
            for (int i = 0; i < count; i += TSimd.Width)
            {
                V xhat = TSimd.Multiply(TSimd.Subtract(TSimd.Load(x + i), mean), rstd);
                TSimd.Store(y + i, TSimd.MultiplyAdd(xhat, TSimd.Load(weight + i), TSimd.Load(bias + i)));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Stream<TSimd, V>(float* y, float* x, float* weight, float* bias, V mean, V rstd, int count)
            where TSimd : ISimd<V> where V : struct
        {
            for (int i = 0; i < count; i += TSimd.Width)
            {
                V xhat = TSimd.Multiply(TSimd.Subtract(TSimd.Load(x + i), mean), rstd);
                TSimd.StoreStreaming(y + i, TSimd.MultiplyAdd(xhat, TSimd.Load(weight + i), TSimd.Load(bias + i)));
            }
        }
    }

    // The mean and 1/√(variance + eps) of a row that lies in the first cache after the first pass.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (float Mean, float Rstd) Moments<TSimd, V>(float* x, int cols, float eps) where TSimd : ISimd<V> where V : struct
    {
        float mean = MeanOf<TSimd, V>(x, cols);
        V m = TSimd.Broadcast(mean), a = TSimd.Zero, b = TSimd.Zero, c = TSimd.Zero, d = TSimd.Zero;
        int i = 0;
        for (; i <= cols - 4 * TSimd.Width; i += 4 * TSimd.Width)
        {
            V da = TSimd.Subtract(TSimd.Load(x + i), m), db = TSimd.Subtract(TSimd.Load(x + i + TSimd.Width), m);
            V dc = TSimd.Subtract(TSimd.Load(x + i + 2 * TSimd.Width), m), dd = TSimd.Subtract(TSimd.Load(x + i + 3 * TSimd.Width), m);
            a = TSimd.MultiplyAdd(da, da, a);
            b = TSimd.MultiplyAdd(db, db, b);
            c = TSimd.MultiplyAdd(dc, dc, c);
            d = TSimd.MultiplyAdd(dd, dd, d);
        }
        for (; i <= cols - TSimd.Width; i += TSimd.Width)
        {
            V da = TSimd.Subtract(TSimd.Load(x + i), m);
            a = TSimd.MultiplyAdd(da, da, a);
        }
        float squares = TSimd.SumLanes(TSimd.Add(TSimd.Add(a, b), TSimd.Add(c, d)));
        for (; i < cols; i++)
            squares += (x[i] - mean) * (x[i] - mean);
        return (mean, 1 / MathF.Sqrt(squares / cols + eps));
    }

    // The mean, taken of the distances from the first element: far from zero the sum of the elements themselves would be rounded
    // to steps that are large beside their spread. A row of equal elements has exactly their mean.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float MeanOf<TSimd, V>(float* x, int cols) where TSimd : ISimd<V> where V : struct
    {
        float first = x[0];
        V f = TSimd.Broadcast(first), a = TSimd.Zero, b = TSimd.Zero, c = TSimd.Zero, d = TSimd.Zero;
        int i = 0;
        for (; i <= cols - 4 * TSimd.Width; i += 4 * TSimd.Width)
        {
            // Four sums side by side: one alone would wait for each addition's latency.
            a = TSimd.Add(a, TSimd.Subtract(TSimd.Load(x + i), f));
            b = TSimd.Add(b, TSimd.Subtract(TSimd.Load(x + i + TSimd.Width), f));
            c = TSimd.Add(c, TSimd.Subtract(TSimd.Load(x + i + 2 * TSimd.Width), f));
            d = TSimd.Add(d, TSimd.Subtract(TSimd.Load(x + i + 3 * TSimd.Width), f));
        }
        for (; i <= cols - TSimd.Width; i += TSimd.Width)
            a = TSimd.Add(a, TSimd.Subtract(TSimd.Load(x + i), f));
        float sum = TSimd.SumLanes(TSimd.Add(TSimd.Add(a, b), TSimd.Add(c, d)));
        for (; i < cols; i++)
            sum += x[i] - first;
        return first + sum / cols;
    }
}
