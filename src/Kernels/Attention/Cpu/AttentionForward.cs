using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>
/// The forward pass of one head of one sequence. K transposed and V are packed once; then each block of queries goes over the
/// blocks of keys: scores, a step of the online softmax, and the product with V, all in blocks that stay in the caches.
/// </summary>
/// <remarks>Dao et al. 2022, arXiv:2205.14135, algorithm 1; Milakov and Gimelshein 2018, arXiv:1805.02867. Derivation in ../README.md.</remarks>
internal unsafe struct AttentionForwardJob<TSimd, V> : ITileJob where TSimd : ISimd<V> where V : struct
{
    // Rows of scores whose softmax is taken together: they stay in level 1.
    private const int RowsAtATime = 16;

    public AttentionCall Call;

    /// <summary>Into how many tiles of work an item is cut: 1, or its query blocks.</summary>
    public int Parts;

    /// <summary>The scratch memory of one worker, cut up.</summary>
    private readonly ref struct Buffers
    {
        public readonly float* Scores, Queries, Outputs, Max, Sums, Factors, Keys, Values;

        public Buffers(in AttentionCall call, int worker)
        {
            nint slabFloats = (nint)call.Slabs * AttentionBlock.Floats;
            nint keyBlocks = AttentionBlock.Count(call.LongestSequence);
            nint rows = AttentionBlock.Size * (2 + TSimd.Width);
            float* next = call.Scratch(worker, AttentionBlock.Floats + slabFloats * (2 + 2 * keyBlocks) + rows);
            Scores = Take(ref next, AttentionBlock.Floats);
            Queries = Take(ref next, slabFloats);
            Outputs = Take(ref next, slabFloats);
            Max = Take(ref next, AttentionBlock.Size);
            Factors = Take(ref next, AttentionBlock.Size);
            Sums = Take(ref next, AttentionBlock.Size * TSimd.Width);
            Keys = Take(ref next, slabFloats * keyBlocks);
            Values = next;
        }

        private static float* Take(ref float* next, nint floats)
        {
            float* taken = next;
            next += floats;
            return taken;
        }
    }

    public readonly void Invoke(int tile, int worker)
    {
        AttentionItem item = Call.Item(tile / Parts);
        int part = tile % Parts, blocks = AttentionBlock.Count(item.Queries);
        if (part >= blocks)
            return;
        var buffers = new Buffers(Call, worker);
        Pack(item, buffers);
        for (int block = part; block < (Parts == 1 ? blocks : part + 1); block++)
            Queries(item, block, buffers);
    }

    private readonly int SlabSize(int slab) => AttentionBlock.SizeOf(slab, Call.HeadSize);

    private readonly nint SlabAt(int block, int slab) => ((nint)block * Call.Slabs + slab) * AttentionBlock.Floats;

    private readonly void Pack(AttentionItem item, in Buffers buffers)
    {
        for (int block = 0; block < AttentionBlock.Count(item.Keys); block++)
        {
            int token = item.FirstKey + block * AttentionBlock.Size, keys = AttentionBlock.SizeOf(block, item.Keys);
            for (int slab = 0; slab < Call.Slabs; slab++)
            {
                float* k = Call.Key(token, item.Head, slab), v = k + Call.C;
                Block<TSimd, V>.LoadTransposed(buffers.Keys + SlabAt(block, slab), k, Call.KeyStride, keys, SlabSize(slab));
                Block<TSimd, V>.Load(buffers.Values + SlabAt(block, slab), v, Call.KeyStride, keys, SlabSize(slab));
            }
        }
    }

    private readonly void Queries(AttentionItem item, int block, in Buffers buffers)
    {
        int query = item.FirstQuery + block * AttentionBlock.Size, rows = AttentionBlock.SizeOf(block, item.Queries);
        float scale = (float)(Math.Log2(Math.E) / Math.Sqrt(Call.HeadSize));
        for (int slab = 0; slab < Call.Slabs; slab++)
            Block<TSimd, V>.Load(buffers.Queries + SlabAt(0, slab), Call.Query(query, item.Head, slab), Call.QueryStride, rows, SlabSize(slab), scale);
        new Span<float>(buffers.Max, rows).Fill(float.NegativeInfinity);
        new Span<float>(buffers.Sums, rows * TSimd.Width).Clear();
        for (int keyBlock = 0; keyBlock < (Call.IsCausal ? block + 1 : AttentionBlock.Count(item.Keys)); keyBlock++)
        {
            int keys = AttentionBlock.SizeOf(keyBlock, item.Keys);
            Scores(keyBlock, rows, keys, buffers);
            if (Call.IsCausal && keyBlock == block)
                SoftmaxRows<TSimd, V>.HideFollowing(buffers.Scores, rows, keys);
            Softmax(item, query, keyBlock, rows, keys, buffers);
            for (int slab = 0; slab < Call.Slabs; slab++)
            {
                Block<TSimd, V>.Multiply<AsIs>(buffers.Outputs + SlabAt(0, slab), buffers.Scores,
                    Block<TSimd, V>.Right(buffers.Values + SlabAt(keyBlock, slab)), rows, SlabSize(slab), keys, keyBlock > 0);
            }
        }
        Finish(item, query, rows, buffers);
    }

    // scores = (q·log₂e/√D)·kᵀ.
    private readonly void Scores(int keyBlock, int rows, int keys, in Buffers buffers)
    {
        for (int slab = 0; slab < Call.Slabs; slab++)
        {
            RightFactor right = Block<TSimd, V>.RightTransposed(buffers.Keys + SlabAt(keyBlock, slab), SlabSize(slab));
            Block<TSimd, V>.Multiply<AsIs>(
                buffers.Scores, buffers.Queries + SlabAt(0, slab), right, rows, keys, SlabSize(slab), slab > 0);
        }
        SoftmaxRows<TSimd, V>.HidePadding(buffers.Scores, rows, keys);
    }

    // A few rows at a time: their maxima first, so that the processor works on several rows' chains of comparisons at once.
    private readonly void Softmax(AttentionItem item, int query, int keyBlock, int rows, int keys, in Buffers buffers)
    {
        int columns = SoftmaxRows<TSimd, V>.Padded(keys);
        float* former = stackalloc float[RowsAtATime];
        for (int first = 0; first < rows; first += RowsAtATime)
        {
            int count = Math.Min(RowsAtATime, rows - first);
            float* max = buffers.Max + first, scores = buffers.Scores + first * AttentionBlock.Stride;
            new ReadOnlySpan<float>(max, count).CopyTo(new Span<float>(former, count));
            SoftmaxRows<TSimd, V>.Maxima(scores, count, columns, max);
            if (keyBlock > 0)
                Rescale(first, count, former, buffers);
            Probabilities(item, query, keyBlock, first, count, columns, buffers);
        }
    }

    [MethodImpl(Jit.Alone)]
    private readonly void Probabilities(AttentionItem item, int query, int keyBlock, int first, int count, int columns, in Buffers buffers)
    {
        float* factors = Call.Dropout.IsNone ? null : buffers.Factors;
        for (int row = first; row < first + count; row++)
        {
            if (factors != null)
                Call.Dropout.Draw(factors, (uint)((query + row) * Call.Heads + item.Head), (uint)keyBlock);
            float* sums = buffers.Sums + row * TSimd.Width;
            V sum = SoftmaxRows<TSimd, V>.Forward(
                buffers.Scores + row * AttentionBlock.Stride, columns, factors, Shift(buffers.Max[row]), TSimd.Load(sums));
            TSimd.Store(sums, sum);
        }
    }

    // What earlier key blocks gave was relative to the largest score until then.
    [MethodImpl(Jit.Alone)]
    private readonly void Rescale(int first, int count, float* former, in Buffers buffers)
    {
        for (int row = first; row < first + count; row++)
        {
            float max = buffers.Max[row], before = former[row - first];
            if (max == before)
                continue;
            V correction = PowersOfTwo.Exp2<TSimd, V>(TSimd.Broadcast(before - Shift(max)));
            float* sums = buffers.Sums + row * TSimd.Width;
            TSimd.Store(sums, TSimd.Multiply(TSimd.Load(sums), correction));
            for (int slab = 0; slab < Call.Slabs; slab++)
            {
                float* output = buffers.Outputs + SlabAt(0, slab) + row * AttentionBlock.Stride;
                for (int c = 0; c < SlabSize(slab); c += TSimd.Width)
                    TSimd.Store(output + c, TSimd.Multiply(TSimd.Load(output + c), correction));
            }
        }
    }

    // Where all scores are −∞ so far, subtracting 0 gives probabilities 0 and not NaN: later blocks may have finite ones.
    private static float Shift(float max) => float.IsNegativeInfinity(max) ? 0 : max;

    [MethodImpl(Jit.Alone)]
    private readonly void Finish(AttentionItem item, int query, int rows, in Buffers buffers)
    {
        for (int row = 0; row < rows; row++)
        {
            Call.FetchNextHead(query + row, item.Head);
            float sum = TSimd.SumLanes(TSimd.Load(buffers.Sums + row * TSimd.Width));
            if (Call.LogSumExp != null)
            {
                Call.LogSumExp[(nint)(query + row) * Call.Heads + item.Head] = sum == 0 ? float.NaN
                    : (float)((buffers.Max[row] + Math.Log2(sum)) * Math.Log(2));
            }
            for (int slab = 0; slab < Call.Slabs; slab++)
            {
                Block<TSimd, V>.StoreRow(Call.Y + Call.OutputAt(query + row, item.Head, slab),
                    buffers.Outputs + SlabAt(0, slab) + row * AttentionBlock.Stride, SlabSize(slab), 1 / sum, accumulate: false);
            }
        }
    }
}
