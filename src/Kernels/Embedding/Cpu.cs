namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    void IKernel<EmbeddingForward>.Run(in EmbeddingForward call) => Gather(
        call.Y, new Lookup(call.Word, call.Ids), new Lookup(call.Position, call.Positions), new Lookup(call.Type, call.Types));

    void IKernel<EmbeddingBackward>.Run(in EmbeddingBackward call) => Scatter(
        call.DY, new Lookup(call.DWord, call.Ids), new Lookup(call.DPosition, call.Positions), new Lookup(call.DType, call.Types));

    void IKernel<RowGather>.Run(in RowGather call) => Gather(call.Y, new Lookup(call.X, call.Rows), default, default);

    void IKernel<RowScatterAdd>.Run(in RowScatterAdd call) => Scatter(call.DY, new Lookup(call.DX, call.Rows), default, default);

    private void Gather(Tensor y, Lookup word, Lookup position, Lookup type) =>
        ForRange(y.Rows, 1, (position.IsNone ? 1L : 3L) * y.Cols, new GatherKernel
        {
            Y = y.Floats(), Cols = y.Cols, Word = word, Position = position, Type = type,
        });

    // Rows may meet in a table, so threads share columns instead: each adds its own columns of all rows, in the order of the rows.
    private void Scatter(Tensor dy, Lookup word, Lookup position, Lookup type) =>
        ForRange(dy.Cols, ColumnGranule, 3L * dy.Rows, new ScatterKernel
        {
            DY = dy.Floats(), Rows = dy.Rows, Cols = dy.Cols, Word = word, Position = position, Type = type,
        });

    // A table and which of its rows each token takes; none where the table was left out.
    private readonly struct Lookup(Tensor table, Tensor ids)
    {
        private readonly float* _table = OptionalFloats(table);
        private readonly int* _ids = table.IsNone ? null : ids.Ints();

        public bool IsNone => _table is null;

        public float* Row(nint token, int cols) => _table + (nint)_ids[token] * cols;
    }

    // y[i] = word[ids[i]] (+ position[positions[i]] (+ type[types[i]])).
    private struct GatherKernel : IRangeKernel
    {
        public float* Y;
        public int Cols;
        public Lookup Word, Position, Type;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint token = first; token < end; token++)
            {
                float* y = Y + token * Cols;
                new ReadOnlySpan<float>(Word.Row(token, Cols), Cols).CopyTo(new Span<float>(y, Cols));
                if (!Position.IsNone)
                    RowMath.Add<TSimd, V>(y, Position.Row(token, Cols), Cols);
                if (!Type.IsNone)
                    RowMath.Add<TSimd, V>(y, Type.Row(token, Cols), Cols);
            }
        }
    }

    // word[ids[i]] += dy[i], and so on, in the columns of the range.
    private struct ScatterKernel : IRangeKernel
    {
        public float* DY;
        public int Rows, Cols;
        public Lookup Word, Position, Type;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint token = 0; token < Rows; token++)
            {
                Add<TSimd, V>(Word, token, first, end);
                Add<TSimd, V>(Position, token, first, end);
                Add<TSimd, V>(Type, token, first, end);
            }
        }

        private readonly void Add<TSimd, V>(Lookup table, nint token, nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            if (!table.IsNone)
                RowMath.Add<TSimd, V>(table.Row(token, Cols) + first, DY + token * Cols + first, (int)(end - first));
        }
    }
}
