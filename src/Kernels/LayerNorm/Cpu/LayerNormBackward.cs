using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    // The sums over rows, dweight and dbias, are taken over blocks of rows and the blocks added in order; so many blocks at most.
    private const int MaxRowBlocks = 128;
    private const int MinBlockRows = 16;

    void IKernel<LayerNormBackward>.Run(in LayerNormBackward call) => Run(call.AsResidual);

    void IKernel<ResidualLayerNormBackward>.Run(in ResidualLayerNormBackward call)
    {
        (int rows, int cols) = (call.Sum.Rows, call.Sum.Cols);
        int blockRows = Math.Max(MinBlockRows, (rows + MaxRowBlocks - 1) / MaxRowBlocks), blocks = (rows + blockRows - 1) / blockRows;
        bool parameters = !call.DWeight.IsNone || !call.DBias.IsNone;
        float* partials = parameters ? _partials.Floats((nint)Math.Max(1, blocks) * 2 * cols) : null;
        ForRange(blocks, 1, 4L * cols * blockRows, new LayerNormBackwardKernel
        {
            DResidual = OptionalFloats(call.DResidual), DBranch = OptionalFloats(call.DBranch), Partials = partials,
            DY = call.DY.Floats(), X = call.Sum.Floats(), Mean = call.Mean.Floats(), Rstd = call.Rstd.Floats(), Weight = call.Weight.Floats(),
            OverwriteDResidual = call.OverwriteDResidual, OverwriteDBranch = call.OverwriteDBranch, Scales = new DropoutScales(call.Dropout), Rows = rows, Cols = cols, BlockRows = blockRows,
        });
        if (!call.DWeight.IsNone)
            AddRows(call.DWeight.Floats(), partials, blocks, cols, 2 * cols);
        if (!call.DBias.IsNone)
            AddRows(call.DBias.Floats(), partials + cols, blocks, cols, 2 * cols);
    }

    private static float* OptionalFloats(Tensor tensor) => tensor.IsNone ? null : tensor.Floats();

    // Blocks of rows: two passes over each row, the second of which finds it in the first cache.
    private struct LayerNormBackwardKernel : IRangeKernel
    {
        public float* DResidual, DBranch, Partials, DY, X, Mean, Rstd, Weight;
        public bool OverwriteDResidual, OverwriteDBranch;
        public DropoutScales Scales;
        public int Rows, Cols, BlockRows;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint block = first; block < end; block++)
            {
                if (Partials is not null)
                    new Span<float>(Partials + block * 2 * Cols, 2 * Cols).Clear();
                nint last = Math.Min(Rows, (block + 1) * BlockRows);
                for (nint row = block * BlockRows; row < last; row++)
                    Row<TSimd, V>(block, row);
            }
        }

        private readonly void Row<TSimd, V>(nint block, nint row) where TSimd : ISimd<V> where V : struct
        {
            float* dy = DY + row * Cols, x = X + row * Cols;
            var gradient = new RowGradient<TSimd, V>(Mean[row], Rstd[row]);
            if (Partials is null)
                gradient.TakeMeans(dy, x, Weight, Cols);
            else
                gradient.TakeMeansAndSums(dy, x, Weight, Partials + block * 2 * Cols, Cols);
            if (DResidual is not null && DBranch is not null)
                StoreBoth(gradient, dy, x, row);
            else if (DResidual is not null)
                gradient.Store(DResidual + row * Cols, OverwriteDResidual, dy, x, Weight, Cols);
            else if (DBranch is not null)
                StoreDropped(gradient, dy, x, row);
        }

        // dropout(dx) to dbranch: the mask is drawn again.
        private readonly void StoreDropped<TSimd, V>(RowGradient<TSimd, V> gradient, float* dy, float* x, nint row)
            where TSimd : ISimd<V> where V : struct
        {
            float* target = DBranch + row * Cols, scales = stackalloc float[DropoutMask.GroupCols];
            for (int col = 0; col < Cols; col += DropoutMask.GroupCols)
            {
                Scales.DrawOrOnes(scales, (uint)row, (uint)(col / DropoutMask.GroupCols));
                gradient.StoreScaled(target + col, OverwriteDBranch, dy + col, x + col, Weight + col, scales, Math.Min(DropoutMask.GroupCols, Cols - col));
            }
        }

        // The same, and dx to dresidual.
        private readonly void StoreBoth<TSimd, V>(RowGradient<TSimd, V> gradient, float* dy, float* x, nint row)
            where TSimd : ISimd<V> where V : struct
        {
            float* branch = DBranch + row * Cols, residual = DResidual + row * Cols, scales = stackalloc float[DropoutMask.GroupCols];
            for (int col = 0; col < Cols; col += DropoutMask.GroupCols)
            {
                Scales.DrawOrOnes(scales, (uint)row, (uint)(col / DropoutMask.GroupCols));
                int count = Math.Min(DropoutMask.GroupCols, Cols - col);
                gradient.StoreBoth(residual + col, OverwriteDResidual, branch + col, OverwriteDBranch, dy + col, x + col, Weight + col, scales, count);
            }
        }
    }

    // The gradient of one row's input, rstd·(g − mean(g) − x̂·mean(g·x̂)) with g = dy·weight: first the two means, then the rest.
    private struct RowGradient<TSimd, V>(float mean, float rstd) where TSimd : ISimd<V> where V : struct
    {
        private readonly float _mean = mean, _rstd = rstd;
        private float _meanG, _meanGx;

        [MethodImpl(Jit.Alone)]
        public void TakeMeans(float* dy, float* x, float* weight, int cols)
        {
            V mean = TSimd.Broadcast(_mean), rstd = TSimd.Broadcast(_rstd), sumG = TSimd.Zero, sumGx = TSimd.Zero;
            int i = 0;
            for (; i <= cols - TSimd.Width; i += TSimd.Width)
            {
                V g = TSimd.Multiply(TSimd.Load(dy + i), TSimd.Load(weight + i));
                sumG = TSimd.Add(sumG, g);
                sumGx = TSimd.MultiplyAdd(g, TSimd.Multiply(TSimd.Subtract(TSimd.Load(x + i), mean), rstd), sumGx);
            }
            float g0 = TSimd.SumLanes(sumG), gx0 = TSimd.SumLanes(sumGx);
            for (; i < cols; i++)
            {
                g0 += dy[i] * weight[i];
                gx0 += dy[i] * weight[i] * ((x[i] - _mean) * _rstd);
            }
            (_meanG, _meanGx) = (g0 / cols, gx0 / cols);
        }

        // The same, and dy·x̂ added to sums[0, cols), dy to sums[cols, 2·cols).
        [MethodImpl(Jit.Alone)]
        public void TakeMeansAndSums(float* dy, float* x, float* weight, float* sums, int cols)
        {
            V mean = TSimd.Broadcast(_mean), rstd = TSimd.Broadcast(_rstd), sumG = TSimd.Zero, sumGx = TSimd.Zero;
            float* dweight = sums, dbias = sums + cols;
            int i = 0;
            for (; i <= cols - TSimd.Width; i += TSimd.Width)
            {
                V d = TSimd.Load(dy + i), xhat = TSimd.Multiply(TSimd.Subtract(TSimd.Load(x + i), mean), rstd);
                V g = TSimd.Multiply(d, TSimd.Load(weight + i));
                sumG = TSimd.Add(sumG, g);
                sumGx = TSimd.MultiplyAdd(g, xhat, sumGx);
                TSimd.Store(dweight + i, TSimd.MultiplyAdd(d, xhat, TSimd.Load(dweight + i)));
                TSimd.Store(dbias + i, TSimd.Add(d, TSimd.Load(dbias + i)));
            }
            float g0 = TSimd.SumLanes(sumG), gx0 = TSimd.SumLanes(sumGx);
            for (; i < cols; i++)
            {
                float xhat = (x[i] - _mean) * _rstd;
                g0 += dy[i] * weight[i];
                gx0 += dy[i] * weight[i] * xhat;
                dweight[i] += dy[i] * xhat;
                dbias[i] += dy[i];
            }
            (_meanG, _meanGx) = (g0 / cols, gx0 / cols);
        }

        // target = the gradient, or target += it.
        [MethodImpl(Jit.Alone)]
        public readonly void Store(float* target, bool overwrite, float* dy, float* x, float* weight, int cols)
        {
            V mean = TSimd.Broadcast(_mean), rstd = TSimd.Broadcast(_rstd), meanG = TSimd.Broadcast(_meanG), meanGx = TSimd.Broadcast(_meanGx);
            int i = 0;
            for (; i <= cols - TSimd.Width; i += TSimd.Width)
            {
                V g = TSimd.Multiply(TSimd.Load(dy + i), TSimd.Load(weight + i)), xhat = TSimd.Multiply(TSimd.Subtract(TSimd.Load(x + i), mean), rstd);
                V projected = TSimd.Subtract(TSimd.Subtract(g, meanG), TSimd.Multiply(xhat, meanGx));
                TSimd.Store(target + i, TSimd.MultiplyAdd(rstd, projected, overwrite ? TSimd.Zero : TSimd.Load(target + i)));
            }
            for (; i < cols; i++)
                target[i] = (overwrite ? 0 : target[i]) + At(dy[i], x[i], weight[i]);
        }

        // target = the gradient·scales, or target += it.
        [MethodImpl(Jit.Alone)]
        public readonly void StoreScaled(float* target, bool overwrite, float* dy, float* x, float* weight, float* scales, int cols)
        {
            V mean = TSimd.Broadcast(_mean), rstd = TSimd.Broadcast(_rstd), meanG = TSimd.Broadcast(_meanG), meanGx = TSimd.Broadcast(_meanGx);
            int i = 0;
            for (; i <= cols - TSimd.Width; i += TSimd.Width)
            {
                V g = TSimd.Multiply(TSimd.Load(dy + i), TSimd.Load(weight + i)), xhat = TSimd.Multiply(TSimd.Subtract(TSimd.Load(x + i), mean), rstd);
                V projected = TSimd.Subtract(TSimd.Subtract(g, meanG), TSimd.Multiply(xhat, meanGx));
                V dx = TSimd.Multiply(rstd, projected);
                TSimd.Store(target + i, TSimd.MultiplyAdd(dx, TSimd.Load(scales + i), overwrite ? TSimd.Zero : TSimd.Load(target + i)));
            }
            for (; i < cols; i++)
                target[i] = (overwrite ? 0 : target[i]) + At(dy[i], x[i], weight[i]) * scales[i];
        }

        // Both of them.
        [MethodImpl(Jit.Alone)]
        public readonly void StoreBoth(
            float* plain, bool overwritePlain, float* scaled, bool overwriteScaled, float* dy, float* x, float* weight, float* scales, int cols)
        {
            V mean = TSimd.Broadcast(_mean), rstd = TSimd.Broadcast(_rstd), meanG = TSimd.Broadcast(_meanG), meanGx = TSimd.Broadcast(_meanGx);
            int i = 0;
            for (; i <= cols - TSimd.Width; i += TSimd.Width)
            {
                V g = TSimd.Multiply(TSimd.Load(dy + i), TSimd.Load(weight + i)), xhat = TSimd.Multiply(TSimd.Subtract(TSimd.Load(x + i), mean), rstd);
                V dx = TSimd.Multiply(rstd, TSimd.Subtract(TSimd.Subtract(g, meanG), TSimd.Multiply(xhat, meanGx)));
                TSimd.Store(plain + i, TSimd.Add(dx, overwritePlain ? TSimd.Zero : TSimd.Load(plain + i)));
                TSimd.Store(scaled + i, TSimd.MultiplyAdd(dx, TSimd.Load(scales + i), overwriteScaled ? TSimd.Zero : TSimd.Load(scaled + i)));
            }
            for (; i < cols; i++)
            {
                float dx = At(dy[i], x[i], weight[i]);
                plain[i] = (overwritePlain ? 0 : plain[i]) + dx;
                scaled[i] = (overwriteScaled ? 0 : scaled[i]) + dx * scales[i];
            }
        }

        private readonly float At(float dy, float x, float weight) => _rstd * (dy * weight - _meanG - (x - _mean) * _rstd * _meanGx);
    }
}
