using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>
/// Flash attention, backward, without atomics: one kernel goes over the queries of 64 keys and sums dk and dv, another over the
/// keys of 64 queries and sums dq. Both compute the probabilities again from q, k and the saved log-sum-exp.
/// </summary>
/// <remarks>That is seven products of tiles where one kernel with atomic additions to dq would do with five; in return two runs give the same bits.</remarks>
internal static class AttentionBackwardKernels
{
    /// <summary>Bytes of dynamic shared memory: tiles of q, k, v, dy and of probabilities or their gradients.</summary>
    public const int SharedBytes = 5 * AttentionTile.Floats * sizeof(float);

    /// <summary>delta ← Σ y·dy over a head's columns: Σⱼ pⱼ·dpⱼ, because y = Σⱼ pⱼ·vⱼ. A warp a query and head.</summary>
    /// <param name="delta">[queries, heads], n elements.</param>
    /// <param name="y">[queries, C].</param>
    /// <param name="dy">[queries, C].</param>
    [GpuKernel(GroupSize = 32 * LayerNormKernels.Warps)]
    public static void Delta(ArrayView<float> delta, ArrayView<float> y, ArrayView<float> dy, int n, int headSize)
    {
        int row = Grid.IdxX * LayerNormKernels.Warps + Warp.WarpIdx;
        if (row >= n)
            return;
        float sum = 0;
        for (int d = Warp.LaneIdx; d < headSize; d += 32)
            sum += y[row * headSize + d] * dy[row * headSize + d];
        sum = Reduce.WarpSum(sum);
        if (Warp.LaneIdx == 0)
            delta[row] = sum;
    }

    /// <summary>dk and dv of 64 keys: dv += (dropped p)ᵀ·dy, dk += dsᵀ·q.</summary>
    /// <param name="gradient">Of keys and values, from the first key on; of the queries, from the first one on.</param>
    /// <param name="dy">[queries, C].</param>
    /// <param name="logSumExp">[queries, heads].</param>
    /// <param name="delta">[queries, heads].</param>
    /// <param name="queries">From the first query on.</param>
    /// <param name="queryStride">Elements from query to query.</param>
    /// <param name="queryOffsets">[B + 1].</param>
    /// <param name="keys">From the first key on; a key's value lies C behind it.</param>
    /// <param name="keyStride">Elements from key to key.</param>
    /// <param name="offsets">[B + 1].</param>
    [GpuKernel(GroupSize = AttentionTile.Threads, SharedBytes = SharedBytes)]
    public static void KeysAndValues(
        ArrayView<float> gradient, ArrayView<float> dy, ArrayView<float> logSumExp, ArrayView<float> delta, ArrayView<float> queries, int queryStride, ArrayView<int> queryOffsets,
        ArrayView<float> keys, int keyStride, ArrayView<int> offsets, int heads, int headSize, int chunks, float scale, int causal, ulong seed, uint step, uint op, uint firstRow, uint threshold, float keptScale)
    {
        var dropout = new DropoutDraw(seed, step, op, firstRow, threshold, keptScale);
        AttentionPlace place = AttentionPlace.Of(queryOffsets, queryStride, offsets, keyStride, heads, headSize, chunks, AttentionTile.Size);
        if (place.First >= place.KeyCount)
            return;
        int tx = Group.IdxX % 16, ty = Group.IdxX / 16;
        ArrayView<float> tiles = SharedMemory.GetDynamic<float>(), probs = tiles.SubView(4 * AttentionTile.Floats);
        ArrayView<float> dk = LocalMemory.Allocate<float>(16), dv = LocalMemory.Allocate<float>(16);
        ArrayView<float> p = LocalMemory.Allocate<float>(16), ds = LocalMemory.Allocate<float>(16);
        AttentionTile.Clear(dk);
        AttentionTile.Clear(dv);
        int firstQuery = causal != 0 ? place.First : 0;
        for (int query = firstQuery; query < place.QueryCount; query += AttentionTile.Size)
        {
            Scores(p, ds, tiles, place, dy, queries, keys, query, place.First, true, query == firstQuery || chunks > 1, tx, ty);
            Gradients(p, ds, place, logSumExp, delta, dropout, query, place.First, scale, causal, tx, ty);
            if (chunks > 1)
            {
                Group.Barrier();
                AttentionTile.Fetch(tiles, place.Queries(queries, query, place.Chunk), place.QueryCount - query, headSize - place.Chunk, queryStride);
                AttentionTile.Fetch(tiles.SubView(3 * AttentionTile.Floats), place.Outputs(dy, query, place.Chunk), place.QueryCount - query, headSize - place.Chunk, place.C);
            }
            AttentionTile.Put(probs, p, tx, ty);
            Group.Barrier();
            AttentionTile.AddTransposedProduct(dv, probs, tiles.SubView(3 * AttentionTile.Floats), tx, ty);
            Group.Barrier();
            AttentionTile.Put(probs, ds, tx, ty);
            Group.Barrier();
            AttentionTile.AddTransposedProduct(dk, probs, tiles, tx, ty);
        }
        Add(place.Keys(gradient, place.First, place.Chunk), dk, place, place.KeyCount, keyStride, tx, ty);
        Add(place.Keys(gradient, place.First, place.C + place.Chunk), dv, place, place.KeyCount, keyStride, tx, ty);
    }

    /// <summary>dq of 64 queries: dq += ds·k. Parameters as in <see cref="KeysAndValues"/>.</summary>
    [GpuKernel(GroupSize = AttentionTile.Threads, SharedBytes = SharedBytes)]
    public static void Queries(
        ArrayView<float> gradient, ArrayView<float> dy, ArrayView<float> logSumExp, ArrayView<float> delta, ArrayView<float> queries, int queryStride, ArrayView<int> queryOffsets,
        ArrayView<float> keys, int keyStride, ArrayView<int> offsets, int heads, int headSize, int chunks, float scale, int causal, ulong seed, uint step, uint op, uint firstRow, uint threshold, float keptScale)
    {
        var dropout = new DropoutDraw(seed, step, op, firstRow, threshold, keptScale);
        AttentionPlace place = AttentionPlace.Of(queryOffsets, queryStride, offsets, keyStride, heads, headSize, chunks, AttentionTile.Size);
        if (place.First >= place.QueryCount)
            return;
        int tx = Group.IdxX % 16, ty = Group.IdxX / 16;
        ArrayView<float> tiles = SharedMemory.GetDynamic<float>();
        ArrayView<float> keyTile = tiles.SubView(AttentionTile.Floats), gradients = tiles.SubView(4 * AttentionTile.Floats);
        ArrayView<float> dq = LocalMemory.Allocate<float>(16), p = LocalMemory.Allocate<float>(16), ds = LocalMemory.Allocate<float>(16);
        AttentionTile.Clear(dq);
        int end = causal != 0 ? Math.Min(place.KeyCount, place.First + AttentionTile.Size) : place.KeyCount;
        for (int key = 0; key < end; key += AttentionTile.Size)
        {
            Scores(p, ds, tiles, place, dy, queries, keys, place.First, key, key == 0 || chunks > 1, true, tx, ty);
            Gradients(p, ds, place, logSumExp, delta, dropout, place.First, key, scale, causal, tx, ty);
            if (chunks > 1)
            {
                Group.Barrier();
                AttentionTile.Fetch(keyTile, place.Keys(keys, key, place.Chunk), place.KeyCount - key, headSize - place.Chunk, keyStride);
            }
            AttentionTile.Put(gradients, ds, tx, ty);
            Group.Barrier();
            AttentionTile.AddProductByRows(dq, gradients, keyTile, tx, ty);
        }
        Add(place.Queries(gradient, place.First, place.Chunk), dq, place, place.QueryCount, queryStride, tx, ty);
    }

    // p ← q·kᵀ and dp ← dy·vᵀ of a tile of queries and one of keys. Afterwards tiles holds the last columns of q, k, v, dy: what is still there from before is not fetched.
    private static void Scores(
        ArrayView<float> p, ArrayView<float> dp, ArrayView<float> tiles, AttentionPlace place, ArrayView<float> dy, ArrayView<float> queries, ArrayView<float> keys,
        int query, int key, bool fetchesQueries, bool fetchesKeys, int tx, int ty)
    {
        ArrayView<float> q = tiles, k = tiles.SubView(AttentionTile.Floats);
        ArrayView<float> v = tiles.SubView(2 * AttentionTile.Floats), dys = tiles.SubView(3 * AttentionTile.Floats);
        AttentionTile.Clear(p);
        AttentionTile.Clear(dp);
        for (int d = 0; d < place.HeadSize; d += AttentionTile.Size)
        {
            Group.Barrier();
            if (fetchesQueries)
            {
                AttentionTile.Fetch(q, place.Queries(queries, query, d), place.QueryCount - query, place.HeadSize - d, place.QueryStride);
                AttentionTile.Fetch(dys, place.Outputs(dy, query, d), place.QueryCount - query, place.HeadSize - d, place.C);
            }
            if (fetchesKeys)
            {
                AttentionTile.Fetch(k, place.Keys(keys, key, d), place.KeyCount - key, place.HeadSize - d, place.KeyStride);
                AttentionTile.Fetch(v, place.Keys(keys, key, place.C + d), place.KeyCount - key, place.HeadSize - d, place.KeyStride);
            }
            Group.Barrier();
            AttentionTile.AddProductByColumns(p, q, k, tx, ty);
            AttentionTile.AddProductByColumns(dp, dys, v, tx, ty);
        }
    }

    // Scores become dropped probabilities, and dp becomes ds = p·(dp·kept − delta)/√D. Zero outside the sequence, and for keys that a causal query does not see.
    private static void Gradients(
        ArrayView<float> p, ArrayView<float> ds, AttentionPlace place, ArrayView<float> logSumExp, ArrayView<float> delta, DropoutDraw dropout,
        int query, int key, float scale, int causal, int tx, int ty)
    {
        for (int i = 0; i < 4; i++)
        {
            int own = query + 4 * ty + i, row = place.RowOf(own);
            bool inside = own < place.QueryCount;
            int last = causal != 0 ? Math.Min(own + 1, place.KeyCount) : place.KeyCount;
            float lse = inside ? logSumExp[row] : 0, rowDelta = inside ? delta[row] : 0;
            PhiloxBlock block = dropout.IsOn ? dropout.Block((uint)row, (uint)(key / DropoutMask.GroupCols), (uint)tx) : default;
            for (int j = 0; j < 4; j++)
            {
                float probability = inside && key + tx + 16 * j < last ? MathF.Exp(p[i * 4 + j] * scale - lse) : 0;
                float kept = dropout.IsOn ? AttentionTile.Kept(dropout, block, j, key) : 1;
                ds[i * 4 + j] = probability * (ds[i * 4 + j] * kept - rowDelta) * scale;
                p[i * 4 + j] = probability * kept;
            }
        }
    }

    // x += sums, a thread's 4x4 elements of 64 rows of a gradient, of which there are count in the sequence.
    private static void Add(ArrayView<float> x, ArrayView<float> sums, AttentionPlace place, int count, int stride, int tx, int ty)
    {
        for (int i = 0; i < 4; i++)
        {
            for (int j = 0; j < 4; j++)
            {
                if (place.First + 4 * ty + i < count && place.Chunk + 4 * tx + j < place.HeadSize)
                    x[(4 * ty + i) * stride + 4 * tx + j] += sums[i * 4 + j];
            }
        }
    }
}
