using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>
/// Flash attention, forward: a group makes 64 queries of one head of one sequence, and goes over the keys in tiles of 64 with an
/// online softmax (Dao et al. 2022, arXiv:2205.14135).
/// </summary>
/// <remarks>Heads of more than 64 columns take a group for every 64 of them, each of which computes all scores.</remarks>
internal static class AttentionForwardKernel
{
    /// <summary>Bytes of dynamic shared memory: tiles of q, of k and then v, and of probabilities.</summary>
    public const int SharedBytes = 3 * AttentionTile.Floats * sizeof(float);

    /// <param name="y">[queries, C].</param>
    /// <param name="logSumExp">[queries, heads].</param>
    /// <param name="queries">From the first query on.</param>
    /// <param name="queryStride">Elements from query to query.</param>
    /// <param name="queryOffsets">[B + 1].</param>
    /// <param name="keys">From the first key on; a key's value lies C behind it.</param>
    /// <param name="keyStride">Elements from key to key.</param>
    /// <param name="offsets">[B + 1].</param>
    /// <param name="headSize">D.</param>
    /// <param name="chunks">⌈D/64⌉.</param>
    /// <param name="scale">1/√D.</param>
    /// <param name="causal">1: a query sees no key behind itself.</param>
    [GpuKernel(GroupSize = AttentionTile.Threads, SharedBytes = SharedBytes)]
    public static void Run(
        ArrayView<float> y, ArrayView<float> logSumExp, ArrayView<float> queries, int queryStride, ArrayView<int> queryOffsets,
        ArrayView<float> keys, int keyStride, ArrayView<int> offsets, int heads, int headSize, int chunks, float scale, int causal,
        ulong seed, uint step, uint op, uint firstRow, uint threshold, float keptScale)
    {
        var dropout = new DropoutDraw(seed, step, op, firstRow, threshold, keptScale);
        ArrayView<float> shared = SharedMemory.GetDynamic<float>();
        ArrayView<float> q = shared, kv = shared.SubView(AttentionTile.Floats), probs = shared.SubView(2 * AttentionTile.Floats);
        AttentionPlace place = AttentionPlace.Of(queryOffsets, queryStride, offsets, keyStride, heads, headSize, chunks, AttentionTile.Size);
        if (place.First >= place.QueryCount)
            return;
        int tx = Group.IdxX % 16, ty = Group.IdxX / 16, length = place.KeyCount, query = place.First;
        ArrayView<float> sums = LocalMemory.Allocate<float>(16), scores = LocalMemory.Allocate<float>(16);
        ArrayView<float> max = LocalMemory.Allocate<float>(4), total = LocalMemory.Allocate<float>(4);
        AttentionTile.Clear(sums);
        for (int i = 0; i < 4; i++)
            (max[i], total[i]) = (float.NegativeInfinity, 0);

        // Tiles of keys behind the last query are not looked at.
        int end = causal != 0 ? Math.Min(length, query + AttentionTile.Size) : length;
        for (int key = 0; key < end; key += AttentionTile.Size)
        {
            AttentionTile.Clear(scores);
            for (int d = 0; d < headSize; d += AttentionTile.Size)
            {
                Group.Barrier();
                if (key == 0 || chunks > 1)
                    AttentionTile.Fetch(q, place.Queries(queries, query, d), place.QueryCount - query, headSize - d, queryStride);
                AttentionTile.Fetch(kv, place.Keys(keys, key, d), length - key, headSize - d, keyStride);
                Group.Barrier();
                AttentionTile.AddProductByColumns(scores, q, kv, tx, ty);
            }
            Softmax(scores, sums, max, total, scale, length - key, causal != 0 ? query + 4 * ty - key : length, tx);
            if (dropout.IsOn)
                Drop(scores, dropout, place.RowOf(query + 4 * ty), heads, key, tx);
            Group.Barrier();
            AttentionTile.Put(probs, scores, tx, ty);
            AttentionTile.Fetch(kv, place.Keys(keys, key, place.C + place.Chunk), length - key, headSize - place.Chunk, keyStride);
            Group.Barrier();
            AttentionTile.AddProductByRows(sums, probs, kv, tx, ty);
        }
        Store(y, logSumExp, sums, max, total, place.FirstQuery + query + 4 * ty, place.FirstQuery + place.QueryCount, place.Chunk + 4 * tx, place.Head, heads, headSize);
    }

    // scores become exp(score − max), max the row's so far; what was summed before is scaled to it. The thread's i-th row sees keys up to own + i.
    private static void Softmax(
        ArrayView<float> scores, ArrayView<float> sums, ArrayView<float> max, ArrayView<float> total, float scale, int keys, int own, int tx)
    {
        for (int i = 0; i < 4; i++)
        {
            float largest = max[i];
            for (int j = 0; j < 4; j++)
            {
                scores[i * 4 + j] = tx + 16 * j < keys && tx + 16 * j <= own + i ? scores[i * 4 + j] * scale : float.NegativeInfinity;
                largest = Reduce.Larger(largest, scores[i * 4 + j]);
            }
            largest = Reduce.WarpMax(largest, 16);
            float sum = 0, shrink = MathF.Exp(max[i] - largest);
            for (int j = 0; j < 4; j++)
            {
                scores[i * 4 + j] = MathF.Exp(scores[i * 4 + j] - largest);
                sum += scores[i * 4 + j];
            }
            total[i] = total[i] * shrink + Reduce.WarpSum(sum, 16);
            max[i] = largest;
            for (int j = 0; j < 4; j++)
                sums[i * 4 + j] *= shrink;
        }
    }

    private static void Drop(ArrayView<float> scores, DropoutDraw dropout, int row, int heads, int key, int tx)
    {
        for (int i = 0; i < 4; i++)
        {
            PhiloxBlock block = dropout.Block((uint)(row + i * heads), (uint)(key / DropoutMask.GroupCols), (uint)tx);
            for (int j = 0; j < 4; j++)
                scores[i * 4 + j] *= AttentionTile.Kept(dropout, block, j, key);
        }
    }

    private static void Store(
        ArrayView<float> y, ArrayView<float> logSumExp, ArrayView<float> sums, ArrayView<float> max, ArrayView<float> total,
        int query, int end, int col, int head, int heads, int headSize)
    {
        for (int i = 0; i < 4; i++)
        {
            if (query + i >= end)
                continue;
            for (int j = 0; j < 4; j++)
            {
                if (col + j < headSize)
                    y[((query + i) * heads + head) * headSize + col + j] = sums[i * 4 + j] / total[i];
            }
            if (col == 0)
                logSumExp[(query + i) * heads + head] = max[i] + MathF.Log(total[i]);
        }
    }
}
