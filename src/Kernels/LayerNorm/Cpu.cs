using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    void IKernel<LayerNormForward>.Run(in LayerNormForward call)
    {
        (int rows, int cols) = (call.X.Rows, call.X.Cols);
        ForRange(rows, 1, 2L * cols, new LayerNormForwardKernel
        {
            Y = call.Y.Floats(), Mean = call.Mean.Floats(), Rstd = call.Rstd.Floats(), X = call.X.Floats(),
            Weight = call.Weight.Floats(), Bias = call.Bias.Floats(), Cols = cols, Eps = (float)call.Eps,
            Streams = Streams(call.X.Bytes) && call.Y.Address != call.X.Address,
        });
    }

    void IKernel<ResidualLayerNormForward>.Run(in ResidualLayerNormForward call)
    {
        (int rows, int cols) = (call.Sum.Rows, call.Sum.Cols);
        ForRange(rows, 1, 4L * cols, new LayerNormForwardKernel
        {
            Y = call.Y.Floats(), Mean = call.Mean.Floats(), Rstd = call.Rstd.Floats(), X = call.Sum.Floats(),
            Residual = call.Residual.Floats(), Branch = call.Branch.Floats(), Scales = new DropoutScales(call.Dropout),
            Weight = call.Weight.Floats(), Bias = call.Bias.Floats(), Cols = cols, Eps = (float)call.Eps, Streams = Streams(call.Sum.Bytes),
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

        // A longer row than this does not leave room for the others in the first cache.
        private const int LongestStreamed = 2048;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            if (Streams && Cols % TSimd.Width == 0 && Cols <= LongestStreamed
                && MemoryHints.AreAligned<TSimd, V>(Y) && (Branch is null || MemoryHints.AreAligned<TSimd, V>(X)))
            {
                StreamRows<TSimd, V>(first, end);
                return;
            }
            for (nint row = first; row < end; row++)
            {
                float* x = X + row * Cols;
                if (Branch is not null)
                    AddBranch<TSimd, V>(x, row);
                (Mean[row], Rstd[row]) = Moments<TSimd, V>(x, Cols, Eps);
                Normalise<TSimd, V>(Y + row * Cols, x, Mean[row], Rstd[row]);
            }
        }

        // The same past the caches: the sum is made in a row of its own, so that no pass reads what a streaming store has sent away,
        // and while one row is normalised the next is fetched, or the memory would idle in all passes but the first.
        private readonly void StreamRows<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            float* room = stackalloc float[Branch is null ? 0 : Cols + TSimd.Width];
            float* sum = room + (-(nint)room / sizeof(float) & (TSimd.Width - 1));
            for (nint row = first; row < end; row++)
            {
                nint at = row * Cols, next = at + Cols;
                float* x = Branch is null ? X + at : sum;
                if (Branch is not null)
                    AddBranch<TSimd, V>(sum, row);
                (Mean[row], Rstd[row]) = Moments<TSimd, V>(x, Cols, Eps);
                V mean = TSimd.Broadcast(Mean[row]), rstd = TSimd.Broadcast(Rstd[row]);
                Stream<TSimd, V>(Y + at, x, Weight, Bias, mean, rstd, Cols, (Branch is null ? X : Residual) + next);
                if (Branch is not null)
                    StreamCopy<TSimd, V>(X + at, sum, Cols, Branch + next);
            }
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

        private readonly void Normalise<TSimd, V>(float* y, float* x, float mean, float rstd) where TSimd : ISimd<V> where V : struct
        {
            V m = TSimd.Broadcast(mean), r = TSimd.Broadcast(rstd);
            int rest = Cols % TSimd.Width, whole = Cols - rest;
            Store<TSimd, V>(y, x, Weight, Bias, m, r, whole);
            if (rest > 0)
            {
                V xhat = TSimd.Multiply(TSimd.Subtract(Lanes.Load<TSimd, V>(x + whole, rest), m), r);
                V last = TSimd.MultiplyAdd(xhat, Lanes.Load<TSimd, V>(Weight + whole, rest), Lanes.Load<TSimd, V>(Bias + whole, rest));
                Lanes.Store<TSimd, V>(y + whole, last, rest);
            }
        }

        [MethodImpl(Jit.Alone)]
        private static void Store<TSimd, V>(float* y, float* x, float* weight, float* bias, V mean, V rstd, int count)
            where TSimd : ISimd<V> where V : struct
        {
            for (int i = 0; i < count; i += TSimd.Width)
            {
                V xhat = TSimd.Multiply(TSimd.Subtract(TSimd.Load(x + i), mean), rstd);
                TSimd.Store(y + i, TSimd.MultiplyAdd(xhat, TSimd.Load(weight + i), TSimd.Load(bias + i)));
            }
        }

        [MethodImpl(Jit.Alone)]
        private static void Stream<TSimd, V>(float* y, float* x, float* weight, float* bias, V mean, V rstd, int count, float* next)
            where TSimd : ISimd<V> where V : struct
        {
            for (int i = 0; i < count; i += TSimd.Width)
            {
                MemoryHints.Prefetch(next + i);
                V xhat = TSimd.Multiply(TSimd.Subtract(TSimd.Load(x + i), mean), rstd);
                TSimd.StoreStreaming(y + i, TSimd.MultiplyAdd(xhat, TSimd.Load(weight + i), TSimd.Load(bias + i)));
            }
        }

        [MethodImpl(Jit.Alone)]
        private static void StreamCopy<TSimd, V>(float* y, float* x, int count, float* next) where TSimd : ISimd<V> where V : struct
        {
            for (int i = 0; i < count; i += TSimd.Width)
            {
                MemoryHints.Prefetch(next + i);
                TSimd.StoreStreaming(y + i, TSimd.Load(x + i));
            }
        }
    }

    // The mean and 1/√(variance + eps) of a row that lies in the first cache after the first pass.
    [MethodImpl(Jit.Alone)]
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
    [MethodImpl(Jit.Alone)]
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
