using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    // The sums over rows, dweight and dbias, are taken over blocks of rows and the blocks added in order; so many blocks at most.
    private const int MaxRowBlocks = 128;
    private const int MinBlockRows = 16;

    /// <inheritdoc/>
    public void LayerNormBackward(
        Tensor dx, Tensor dweight, Tensor dbias, Tensor dy, Tensor x, Tensor mean, Tensor rstd, Tensor weight) =>
        ResidualLayerNormBackward(dx, default, dweight, dbias, dy, x, mean, rstd, weight, DropoutMask.None);

    /// <inheritdoc/>
    public void ResidualLayerNormBackward(
        Tensor dresidual, Tensor dbranch, Tensor dweight, Tensor dbias, Tensor dy, Tensor sum, Tensor mean, Tensor rstd,
        Tensor weight, DropoutMask dropout)
    {
        (int rows, int cols) = LayerNormShape.OfBackward(dresidual, dbranch, dweight, dbias, dy, sum, mean, rstd, weight);
        int blockRows = Math.Max(MinBlockRows, (rows + MaxRowBlocks - 1) / MaxRowBlocks), blocks = (rows + blockRows - 1) / blockRows;
        bool parameters = !dweight.IsNone || !dbias.IsNone;
        float* partials = parameters ? _partials.Floats((nint)Math.Max(1, blocks) * 2 * cols) : null;
        ForRange(blocks, 1, 4L * cols * blockRows, new LayerNormBackwardKernel
        {
            DResidual = OptionalFloats(dresidual), DBranch = OptionalFloats(dbranch), Partials = partials,
            DY = dy.Floats(), X = sum.Floats(), Mean = mean.Floats(), Rstd = rstd.Floats(), Weight = weight.Floats(),
            Scales = new DropoutScales(dropout), Rows = rows, Cols = cols, BlockRows = blockRows,
        });
        if (!dweight.IsNone)
            AddBlocks(dweight.Floats(), partials, blocks, cols);
        if (!dbias.IsNone)
            AddBlocks(dbias.Floats(), partials + cols, blocks, cols);
    }

    private static float* OptionalFloats(Tensor tensor) => tensor.IsNone ? null : tensor.Floats();

    // target += Σ over blocks of partials[block], in the order of the blocks.
    private void AddBlocks(float* target, float* partials, int blocks, int cols) =>
        ForRange(cols, ElementGranule, blocks, new AddBlocksKernel(target, partials, blocks, cols));

    private readonly struct AddBlocksKernel(float* target, float* partials, int blocks, int cols) : IRangeKernel
    {
        private readonly float* _target = target, _partials = partials;
        private readonly int _blocks = blocks, _cols = cols;

        public void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint i = first; i < end; i += TSimd.Width)
            {
                int count = (int)Math.Min(TSimd.Width, end - i);
                V sum = TSimd.Zero;
                for (int block = 0; block < _blocks; block++)
                    sum = TSimd.Add(sum, Lanes.Load<TSimd, V>(_partials + (nint)block * 2 * _cols + i, count));
                Lanes.Store<TSimd, V>(_target + i, TSimd.Add(Lanes.Load<TSimd, V>(_target + i, count), sum), count);
            }
        }
    }

    // Blocks of rows: two passes over each row, the second of which finds it in the first cache.
    private struct LayerNormBackwardKernel : IRangeKernel
    {
        public float* DResidual, DBranch, Partials, DY, X, Mean, Rstd, Weight;
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
            (float meanG, float meanGx) = Partials is null ? Means<TSimd, V>(row) : MeansAndPartials<TSimd, V>(block, row);
            if (DBranch is not null)
                AddDropped<TSimd, V>(row, meanG, meanGx);
            if (DResidual is not null)
                AddInputGradient<TSimd, V>(DResidual + row * Cols, row, meanG, meanGx);
        }

        // The means over the row of g = dy·weight and of g·x̂.
        private readonly (float G, float GX) Means<TSimd, V>(nint row) where TSimd : ISimd<V> where V : struct
        {
            V sumG = TSimd.Zero, sumGx = TSimd.Zero;
            int i = 0;
            for (; i <= Cols - TSimd.Width; i += TSimd.Width)
                Accumulate<TSimd, V>(row, i, TSimd.Width, ref sumG, ref sumGx, out _, out _);
            if (i < Cols)
                Accumulate<TSimd, V>(row, i, Cols - i, ref sumG, ref sumGx, out _, out _);
            return (TSimd.SumLanes(sumG) / Cols, TSimd.SumLanes(sumGx) / Cols);
        }

        // The same, and dy·x̂ and dy added to the block's sums.
        private readonly (float G, float GX) MeansAndPartials<TSimd, V>(nint block, nint row) where TSimd : ISimd<V> where V : struct
        {
            float* dweight = Partials + block * 2 * Cols, dbias = dweight + Cols;
            V sumG = TSimd.Zero, sumGx = TSimd.Zero;
            for (int i = 0; i < Cols; i += TSimd.Width)
            {
                int count = Math.Min(TSimd.Width, Cols - i);
                Accumulate<TSimd, V>(row, i, count, ref sumG, ref sumGx, out V dy, out V xhat);
                Lanes.Store<TSimd, V>(dweight + i, TSimd.MultiplyAdd(dy, xhat, Lanes.Load<TSimd, V>(dweight + i, count)), count);
                Lanes.Store<TSimd, V>(dbias + i, TSimd.Add(dy, Lanes.Load<TSimd, V>(dbias + i, count)), count);
            }
            return (TSimd.SumLanes(sumG) / Cols, TSimd.SumLanes(sumGx) / Cols);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Accumulate<TSimd, V>(nint row, int i, int count, ref V sumG, ref V sumGx, out V dy, out V xhat)
            where TSimd : ISimd<V> where V : struct
        {
            dy = Lanes.Load<TSimd, V>(DY + row * Cols + i, count);
            xhat = Normalised<TSimd, V>(row, i, count);
            V g = TSimd.Multiply(dy, Lanes.Load<TSimd, V>(Weight + i, count));
            sumG = TSimd.Add(sumG, g);
            sumGx = TSimd.MultiplyAdd(g, xhat, sumGx);
        }

        // target += rstd·(g − mean(g) − x̂·mean(g·x̂)).
        private readonly void AddInputGradient<TSimd, V>(float* target, nint row, float meanG, float meanGx) where TSimd : ISimd<V> where V : struct
        {
            int i = 0;
            for (; i <= Cols - TSimd.Width; i += TSimd.Width)
            {
                V dx = InputGradient<TSimd, V>(row, i, TSimd.Width, meanG, meanGx);
                TSimd.Store(target + i, TSimd.Add(TSimd.Load(target + i), dx));
            }
            if (i < Cols)
            {
                V dx = InputGradient<TSimd, V>(row, i, Cols - i, meanG, meanGx);
                Lanes.Store<TSimd, V>(target + i, TSimd.Add(Lanes.Load<TSimd, V>(target + i, Cols - i), dx), Cols - i);
            }
        }

        // dbranch += dropout(dx): the mask is drawn again.
        private readonly void AddDropped<TSimd, V>(nint row, float meanG, float meanGx) where TSimd : ISimd<V> where V : struct
        {
            float* target = DBranch + row * Cols;
            if (Scales.IsNone)
            {
                AddInputGradient<TSimd, V>(target, row, meanG, meanGx);
                return;
            }
            float* scales = stackalloc float[DropoutMask.GroupCols];
            for (int col = 0; col < Cols; col += DropoutMask.GroupCols)
            {
                Scales.Draw(scales, (uint)row, (uint)(col / DropoutMask.GroupCols));
                int end = Math.Min(Cols, col + DropoutMask.GroupCols);
                for (int i = col; i < end; i += TSimd.Width)
                {
                    int count = Math.Min(TSimd.Width, end - i);
                    V dx = InputGradient<TSimd, V>(row, i, count, meanG, meanGx), scale = TSimd.Load(scales + (i - col));
                    Lanes.Store<TSimd, V>(target + i, TSimd.MultiplyAdd(dx, scale, Lanes.Load<TSimd, V>(target + i, count)), count);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly V InputGradient<TSimd, V>(nint row, int i, int count, float meanG, float meanGx) where TSimd : ISimd<V> where V : struct
        {
            V g = TSimd.Multiply(Lanes.Load<TSimd, V>(DY + row * Cols + i, count), Lanes.Load<TSimd, V>(Weight + i, count));
            V projected = TSimd.MultiplyAdd(Normalised<TSimd, V>(row, i, count), TSimd.Broadcast(-meanGx), TSimd.Subtract(g, TSimd.Broadcast(meanG)));
            return TSimd.Multiply(TSimd.Broadcast(Rstd[row]), projected);
        }

        // x̂ of a row. Lanes beyond its end hold something finite: dy and weight are 0 there, so they add nothing.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly V Normalised<TSimd, V>(nint row, int i, int count) where TSimd : ISimd<V> where V : struct =>
            TSimd.Multiply(TSimd.Subtract(Lanes.Load<TSimd, V>(X + row * Cols + i, count), TSimd.Broadcast(Mean[row])), TSimd.Broadcast(Rstd[row]));
    }
}
