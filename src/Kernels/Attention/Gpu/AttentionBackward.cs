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

    /// <summary>delta ← Σ y·dy over a head's columns: Σⱼ pⱼ·dpⱼ, because y = Σⱼ pⱼ·vⱼ. A warp a token and head.</summary>
    /// <param name="delta">[tokens, heads], n elements.</param>
    /// <param name="y">[tokens, C].</param>
    /// <param name="dy">[tokens, C].</param>
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
    /// <param name="dqkv">[tokens, 3C].</param>
    /// <param name="dy">[tokens, C].</param>
    /// <param name="logSumExp">[tokens, heads].</param>
    /// <param name="delta">[tokens, heads].</param>
    /// <param name="qkv">[tokens, 3C].</param>
    /// <param name="offsets">[B + 1].</param>
    [GpuKernel(GroupSize = AttentionTile.Threads, SharedBytes = SharedBytes)]
    public static void KeysAndValues(
        ArrayView<float> dqkv, ArrayView<float> dy, ArrayView<float> logSumExp, ArrayView<float> delta, ArrayView<float> qkv, ArrayView<int> offsets,
        int heads, int headSize, int chunks, float scale, int causal, ulong seed, uint step, uint op, uint firstRow, uint threshold, float keptScale)
    {
        var dropout = new DropoutDraw(seed, step, op, firstRow, threshold, keptScale);
        AttentionPlace place = AttentionPlace.Of(offsets, heads, headSize, chunks, AttentionTile.Size);
        if (place.First >= place.Length)
            return;
        int tx = Group.IdxX % 16, ty = Group.IdxX / 16;
        ArrayView<float> tiles = SharedMemory.GetDynamic<float>(), probs = tiles.SubView(4 * AttentionTile.Floats);
        ArrayView<float> dk = LocalMemory.Allocate<float>(16), dv = LocalMemory.Allocate<float>(16);
        ArrayView<float> p = LocalMemory.Allocate<float>(16), ds = LocalMemory.Allocate<float>(16);
        AttentionTile.Clear(dk);
        AttentionTile.Clear(dv);
        for (int query = causal != 0 ? place.First : 0; query < place.Length; query += AttentionTile.Size)
        {
            Scores(p, ds, tiles, place, dy, qkv, query, place.First, tx, ty);
            Gradients(p, ds, place, logSumExp, delta, dropout, query, place.First, scale, causal, tx, ty);
            if (chunks > 1)
            {
                Group.Barrier();
                AttentionTile.Fetch(tiles, place.Queries(qkv, query, place.Chunk), place.Length - query, headSize - place.Chunk, 3 * place.C);
                AttentionTile.Fetch(tiles.SubView(3 * AttentionTile.Floats), place.Outputs(dy, query, place.Chunk), place.Length - query, headSize - place.Chunk, place.C);
            }
            AttentionTile.Put(probs, p, tx, ty);
            Group.Barrier();
            AttentionTile.AddTransposedProduct(dv, probs, tiles.SubView(3 * AttentionTile.Floats), tx, ty);
            Group.Barrier();
            AttentionTile.Put(probs, ds, tx, ty);
            Group.Barrier();
            AttentionTile.AddTransposedProduct(dk, probs, tiles, tx, ty);
        }
        Add(place.Keys(dqkv, place.First, place.Chunk), dk, place, tx, ty);
        Add(place.Keys(dqkv, place.First, place.C + place.Chunk), dv, place, tx, ty);
    }

    /// <summary>dq of 64 queries: dq += ds·k. Parameters as in <see cref="KeysAndValues"/>.</summary>
    [GpuKernel(GroupSize = AttentionTile.Threads, SharedBytes = SharedBytes)]
    public static void Queries(
        ArrayView<float> dqkv, ArrayView<float> dy, ArrayView<float> logSumExp, ArrayView<float> delta, ArrayView<float> qkv, ArrayView<int> offsets,
        int heads, int headSize, int chunks, float scale, int causal, ulong seed, uint step, uint op, uint firstRow, uint threshold, float keptScale)
    {
        var dropout = new DropoutDraw(seed, step, op, firstRow, threshold, keptScale);
        AttentionPlace place = AttentionPlace.Of(offsets, heads, headSize, chunks, AttentionTile.Size);
        if (place.First >= place.Length)
            return;
        int tx = Group.IdxX % 16, ty = Group.IdxX / 16;
        ArrayView<float> tiles = SharedMemory.GetDynamic<float>();
        ArrayView<float> keys = tiles.SubView(AttentionTile.Floats), gradients = tiles.SubView(4 * AttentionTile.Floats);
        ArrayView<float> dq = LocalMemory.Allocate<float>(16), p = LocalMemory.Allocate<float>(16), ds = LocalMemory.Allocate<float>(16);
        AttentionTile.Clear(dq);
        int end = causal != 0 ? Math.Min(place.Length, place.First + AttentionTile.Size) : place.Length;
        for (int key = 0; key < end; key += AttentionTile.Size)
        {
            Scores(p, ds, tiles, place, dy, qkv, place.First, key, tx, ty);
            Gradients(p, ds, place, logSumExp, delta, dropout, place.First, key, scale, causal, tx, ty);
            if (chunks > 1)
            {
                Group.Barrier();
                AttentionTile.Fetch(keys, place.Keys(qkv, key, place.Chunk), place.Length - key, headSize - place.Chunk, 3 * place.C);
            }
            AttentionTile.Put(gradients, ds, tx, ty);
            Group.Barrier();
            AttentionTile.AddProductByRows(dq, gradients, keys, tx, ty);
        }
        Add(place.Queries(dqkv, place.First, place.Chunk), dq, place, tx, ty);
    }

    // p ← q·kᵀ and dp ← dy·vᵀ of a tile of queries and one of keys. Afterwards tiles holds the last columns of q, k, v, dy.
    private static void Scores(
        ArrayView<float> p, ArrayView<float> dp, ArrayView<float> tiles, AttentionPlace place, ArrayView<float> dy, ArrayView<float> qkv,
        int query, int key, int tx, int ty)
    {
        ArrayView<float> q = tiles, k = tiles.SubView(AttentionTile.Floats);
        ArrayView<float> v = tiles.SubView(2 * AttentionTile.Floats), dys = tiles.SubView(3 * AttentionTile.Floats);
        AttentionTile.Clear(p);
        AttentionTile.Clear(dp);
        for (int d = 0; d < place.HeadSize; d += AttentionTile.Size)
        {
            Group.Barrier();
            AttentionTile.Fetch(q, place.Queries(qkv, query, d), place.Length - query, place.HeadSize - d, 3 * place.C);
            AttentionTile.Fetch(k, place.Keys(qkv, key, d), place.Length - key, place.HeadSize - d, 3 * place.C);
            AttentionTile.Fetch(v, place.Keys(qkv, key, place.C + d), place.Length - key, place.HeadSize - d, 3 * place.C);
            AttentionTile.Fetch(dys, place.Outputs(dy, query, d), place.Length - query, place.HeadSize - d, place.C);
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
            int token = query + 4 * ty + i, row = (place.Start + token) * place.Heads + place.Head;
            bool inside = token < place.Length;
            int last = causal != 0 ? Math.Min(token + 1, place.Length) : place.Length;
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

    // x += sums, a thread's 4x4 elements of 64 rows of dqkv.
    private static void Add(ArrayView<float> x, ArrayView<float> sums, AttentionPlace place, int tx, int ty)
    {
        for (int i = 0; i < 4; i++)
        {
            for (int j = 0; j < 4; j++)
            {
                if (place.First + 4 * ty + i < place.Length && place.Chunk + 4 * tx + j < place.HeadSize)
                    x[(4 * ty + i) * 3 * place.C + 4 * tx + j] += sums[i * 4 + j];
            }
        }
    }
}
