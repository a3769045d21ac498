using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>
/// The backward pass of one head of one sequence: the scores are computed again, block by block; for each block of keys the
/// blocks of queries go by in order, so every sum has one order and no two threads add to the same memory.
/// </summary>
/// <remarks>Dao et al. 2022, arXiv:2205.14135, algorithm 4. Derivation in ../README.md.</remarks>
internal unsafe struct AttentionBackwardJob<TSimd, V> : ITileJob where TSimd : ISimd<V> where V : struct
{
    public AttentionCall Call;

    /// <summary>The gradients, from the first query's and the first key's on: strides are those of queries and keys.</summary>
    public float* DQueries, DKeysValues;

    /// <summary>Whether a gradient is overwritten, or added to.</summary>
    public bool OverwritesDQueries, OverwritesDKeysValues;

    /// <summary>[queries, C].</summary>
    public float* Dy;

    /// <summary>The scratch memory of one worker, cut up: of the queries every block, of the keys one at a time.</summary>
    private readonly ref struct Buffers
    {
        public readonly float* Scores, DScores, Keys, KeysTransposed, ValuesTransposed, DKeys, DValues, Queries, DOutputs, DQueries;
        public readonly float* LogSumExp, Delta, Factors;

        public Buffers(in AttentionCall call, int worker)
        {
            nint slabFloats = (nint)call.Slabs * AttentionBlock.Floats;
            nint blocks = AttentionBlock.Count(call.MostQueries), rows = blocks * AttentionBlock.Size;
            float* next = call.Scratch(
                worker, 2 * AttentionBlock.Floats + slabFloats * (5 + 3 * blocks) + 2 * rows + AttentionBlock.Size);
            Scores = Take(ref next, AttentionBlock.Floats);
            DScores = Take(ref next, AttentionBlock.Floats);
            Keys = Take(ref next, slabFloats);
            KeysTransposed = Take(ref next, slabFloats);
            ValuesTransposed = Take(ref next, slabFloats);
            DKeys = Take(ref next, slabFloats);
            DValues = Take(ref next, slabFloats);
            Queries = Take(ref next, slabFloats * blocks);
            DOutputs = Take(ref next, slabFloats * blocks);
            DQueries = Take(ref next, slabFloats * blocks);
            LogSumExp = Take(ref next, rows);
            Delta = Take(ref next, rows);
            Factors = next;
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
        AttentionItem item = Call.Item(tile);
        var buffers = new Buffers(Call, worker);
        for (int block = 0; block < AttentionBlock.Count(item.Queries); block++)
            PackQueries(item, block, buffers);
        for (int block = 0; block < AttentionBlock.Count(item.Keys); block++)
            Keys(item, block, buffers);
        for (int block = 0; block < AttentionBlock.Count(item.Queries); block++)
            StoreQueries(item, block, buffers);
    }

    private readonly int SlabSize(int slab) => AttentionBlock.SizeOf(slab, Call.HeadSize);

    private readonly nint SlabAt(int block, int slab) => ((nint)block * Call.Slabs + slab) * AttentionBlock.Floats;

    // Queries in units in which a score's exponential is a power of two, dy, and of each row log Σ exp and delta = y·dy.
    private readonly void PackQueries(AttentionItem item, int block, in Buffers buffers)
    {
        int query = item.FirstQuery + block * AttentionBlock.Size, rows = AttentionBlock.SizeOf(block, item.Queries);
        float scale = (float)(Math.Log2(Math.E) / Math.Sqrt(Call.HeadSize));
        for (int slab = 0; slab < Call.Slabs; slab++)
        {
            Block<TSimd, V>.Load(buffers.Queries + SlabAt(block, slab), Call.Query(query, item.Head, slab), Call.QueryStride, rows, SlabSize(slab), scale);
            Block<TSimd, V>.Load(buffers.DOutputs + SlabAt(block, slab), Dy + Call.OutputAt(query, item.Head, slab), Call.C, rows, SlabSize(slab));
        }
        for (int row = 0; row < rows; row++)
        {
            nint at = Call.OutputAt(query + row, item.Head);
            buffers.Delta[block * AttentionBlock.Size + row] = RowMath.Dot<TSimd, V>(Call.Y + at, Dy + at, Call.HeadSize);
            buffers.LogSumExp[block * AttentionBlock.Size + row] =
                (float)(Call.LogSumExp[(nint)(query + row) * Call.Heads + item.Head] * Math.Log2(Math.E));
        }
    }

    // One block of keys against all queries.
    private readonly void Keys(AttentionItem item, int block, in Buffers buffers)
    {
        int token = item.FirstKey + block * AttentionBlock.Size, keys = AttentionBlock.SizeOf(block, item.Keys);
        nint stride = Call.KeyStride;
        for (int slab = 0; slab < Call.Slabs; slab++)
        {
            float* k = Call.Key(token, item.Head, slab), v = k + Call.C;
            Block<TSimd, V>.Load(buffers.Keys + SlabAt(0, slab), k, stride, keys, SlabSize(slab));
            Block<TSimd, V>.LoadTransposed(buffers.KeysTransposed + SlabAt(0, slab), k, stride, keys, SlabSize(slab));
            Block<TSimd, V>.LoadTransposed(buffers.ValuesTransposed + SlabAt(0, slab), v, stride, keys, SlabSize(slab));
        }
        int firstBlock = Call.IsCausal ? block : 0;
        for (int queryBlock = firstBlock; queryBlock < AttentionBlock.Count(item.Queries); queryBlock++)
        {
            int rows = AttentionBlock.SizeOf(queryBlock, item.Queries);
            Scores(queryBlock, rows, keys, buffers);
            if (Call.IsCausal && queryBlock == block)
                SoftmaxRows<TSimd, V>.HideFollowing(buffers.Scores, rows, keys);
            Softmax(item, queryBlock, block, rows, keys, buffers);
            Products(queryBlock, block, rows, keys, queryBlock > firstBlock, buffers);
        }
        if (item.Queries == 0)
            ClearSums(buffers);
        StoreKeys(item, block, buffers);
    }

    // scores = q·kᵀ and the gradient of the probabilities, dy·vᵀ.
    private readonly void Scores(int queryBlock, int rows, int keys, in Buffers buffers)
    {
        for (int slab = 0; slab < Call.Slabs; slab++)
        {
            int size = SlabSize(slab);
            nint right = SlabAt(0, slab), left = SlabAt(queryBlock, slab);
            Block<TSimd, V>.Multiply<AsIs>(buffers.Scores, buffers.Queries + left,
                Block<TSimd, V>.RightTransposed(buffers.KeysTransposed + right, size), rows, keys, size, slab > 0);
            Block<TSimd, V>.Multiply<AsIs>(buffers.DScores, buffers.DOutputs + left,
                Block<TSimd, V>.RightTransposed(buffers.ValuesTransposed + right, size), rows, keys, size, slab > 0);
        }
    }

    [MethodImpl(Jit.Alone)]
    private readonly void Softmax(AttentionItem item, int queryBlock, int keyBlock, int rows, int keys, in Buffers buffers)
    {
        int columns = SoftmaxRows<TSimd, V>.Padded(keys), first = queryBlock * AttentionBlock.Size;
        float* factors = Call.Dropout.IsNone ? null : buffers.Factors;
        for (int row = 0; row < rows; row++)
        {
            if (factors != null)
            {
                uint maskRow = (uint)((item.FirstQuery + first + row) * Call.Heads + item.Head);
                Call.Dropout.Draw(factors, maskRow, (uint)keyBlock);
            }
            if (keyBlock == 0)
                Call.FetchNextHead(item.FirstQuery + first + row, item.Head, Dy);
            SoftmaxRows<TSimd, V>.Backward(buffers.Scores + row * AttentionBlock.Stride, buffers.DScores + row * AttentionBlock.Stride,
                columns, factors, buffers.LogSumExp[first + row], buffers.Delta[first + row]);
        }
    }

    // dv += pᵀ·dy, dk += dsᵀ·q, dq += ds·k.
    private readonly void Products(int queryBlock, int keyBlock, int rows, int keys, bool accumulate, in Buffers buffers)
    {
        for (int slab = 0; slab < Call.Slabs; slab++)
        {
            int size = SlabSize(slab);
            nint query = SlabAt(queryBlock, slab), key = SlabAt(0, slab);
            Block<TSimd, V>.Multiply<Transposed>(buffers.DValues + key, buffers.Scores,
                Block<TSimd, V>.Right(buffers.DOutputs + query), keys, size, rows, accumulate);
            Block<TSimd, V>.Multiply<Transposed>(buffers.DKeys + key, buffers.DScores,
                Block<TSimd, V>.Right(buffers.Queries + query), keys, size, rows, accumulate);
            Block<TSimd, V>.Multiply<AsIs>(buffers.DQueries + query, buffers.DScores,
                Block<TSimd, V>.Right(buffers.Keys + key), rows, size, keys, keyBlock > 0);
        }
    }

    // Nobody asked, and no product has begun the sums.
    private readonly void ClearSums(in Buffers buffers)
    {
        nint floats = (nint)Call.Slabs * AttentionBlock.Floats;
        new Span<float>(buffers.DKeys, (int)floats).Clear();
        new Span<float>(buffers.DValues, (int)floats).Clear();
    }

    private readonly void StoreKeys(AttentionItem item, int block, in Buffers buffers)
    {
        int token = item.FirstKey + block * AttentionBlock.Size, keys = AttentionBlock.SizeOf(block, item.Keys);
        for (int slab = 0; slab < Call.Slabs; slab++)
        {
            float* dk = DKeysValues + Call.KeyAt(token, item.Head, slab), dv = dk + Call.C;
            float scale = (float)Math.Log(2); // The queries hold log₂e/√D, the gradient wants 1/√D.
            Block<TSimd, V>.Store(dk, Call.KeyStride, buffers.DKeys + SlabAt(0, slab), keys, SlabSize(slab), scale, accumulate: !OverwritesDKeysValues);
            Block<TSimd, V>.Store(dv, Call.KeyStride, buffers.DValues + SlabAt(0, slab), keys, SlabSize(slab), 1, accumulate: !OverwritesDKeysValues);
        }
    }

    private readonly void StoreQueries(AttentionItem item, int block, in Buffers buffers)
    {
        int query = item.FirstQuery + block * AttentionBlock.Size, rows = AttentionBlock.SizeOf(block, item.Queries);
        float scale = (float)(1 / Math.Sqrt(Call.HeadSize));
        for (int slab = 0; slab < Call.Slabs; slab++)
        {
            Block<TSimd, V>.Store(DQueries + Call.QueryAt(query, item.Head, slab), Call.QueryStride,
                buffers.DQueries + SlabAt(block, slab), rows, SlabSize(slab), scale, accumulate: !OverwritesDQueries);
        }
    }
}
