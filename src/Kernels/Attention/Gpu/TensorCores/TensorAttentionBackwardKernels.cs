using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>
/// Flash attention, backward, on tensor cores and without atomics: one kernel goes over the queries of 128 keys and sums dk and dv, another over
/// the keys of 128 queries and sums dq. A group has eight warps, a warp 16 rows.
/// </summary>
/// <remarks>
/// Both have the same shape. Of the rows that a group keeps it has two tiles, of those it goes over two more; a warp multiplies its 16 rows with 64
/// of the other side along the head's columns, twice, turns the sums into p and ds, and these, rounded, are left operands of the products with the
/// other side's tiles. Nothing goes through shared memory but operands.
/// </remarks>
internal static class TensorAttentionBackwardKernels
{
    public const int Threads = 256;

    private const float Log2E = 1.44269504f;
    private const int Sums = TensorAttentionTile.Sums, Step = 64;

    /// <summary>Dynamic shared memory of a group: two tiles of 128 rows, two of 64, a mask, and the log-sum-exp and delta of 64 queries.</summary>
    public static int SharedBytes<TFormat>() where TFormat : struct, IOperandFormat =>
        (2 * (TensorAttentionTile.Rows + Step) * TFormat.Stride + TensorAttentionDropout.MaskWords + 2 * Step) * sizeof(uint);

    /// <summary>dk and dv of 128 keys: dv += (dropped p)ᵀ·dy, dk += dsᵀ·q.</summary>
    /// <inheritdoc cref="AttentionBackwardKernels.KeysAndValues"/>
    /// <param name="headSize">D, at most 64.</param>
    /// <param name="scale2">scale·log₂e.</param>
    [GpuKernel(GroupSize = Threads)]
    public static void KeysAndValues<TFormat>(
        ArrayView<float> gradient, ArrayView<float> dy, ArrayView<float> logSumExp, ArrayView<float> delta, ArrayView<float> queries, int queryStride, ArrayView<int> queryOffsets,
        ArrayView<float> keys, int keyStride, ArrayView<int> offsets, int heads, int headSize, float scale, float scale2, ulong seed, uint step, uint op, uint firstRow, uint threshold, float keptScale)
        where TFormat : struct, IOperandFormat
    {
        var dropout = new DropoutDraw(seed, step, op, firstRow, threshold, keptScale);
        AttentionPlace place = AttentionPlace.Of(queryOffsets, queryStride, offsets, keyStride, heads, headSize, 1, TensorAttentionTile.Rows);
        if (place.First >= place.KeyCount)
            return;
        ArrayView<uint> keyTile = SharedMemory.GetDynamic<uint>(), valueTile = keyTile.SubView(TensorAttentionTile.Rows * TFormat.Stride);
        ArrayView<uint> queryTile = valueTile.SubView(TensorAttentionTile.Rows * TFormat.Stride), gradients = queryTile.SubView(Step * TFormat.Stride);
        ArrayView<uint> mask = gradients.SubView(Step * TFormat.Stride);
        ArrayView<float> statistics = mask.SubView(TensorAttentionDropout.MaskWords).Cast<float>();
        int rest = place.KeyCount - place.First;
        TensorAttentionTile.Fetch<TFormat>(keyTile, place.Keys(keys, place.First, 0), rest, headSize, keyStride, Threads);
        TensorAttentionTile.Fetch<TFormat>(valueTile, place.Keys(keys, place.First, place.C), rest, headSize, keyStride, Threads);
        keyTile = keyTile.SubView(Warp.WarpIdx * 16 * TFormat.Stride);
        valueTile = valueTile.SubView(Warp.WarpIdx * 16 * TFormat.Stride);
        bool live = Warp.WarpIdx * 16 < rest;

        ArrayView<Float4> dk = LocalMemory.Allocate<Float4>(Sums), dv = LocalMemory.Allocate<Float4>(Sums), next = LocalMemory.Allocate<Float4>(4);
        ArrayView<Float4> p = LocalMemory.Allocate<Float4>(Sums), ds = LocalMemory.Allocate<Float4>(Sums);
        TensorAttentionTile.Clear(dk, Sums);
        TensorAttentionTile.Clear(dv, Sums);
        TensorAttentionTile.Clear(p, Sums);
        TensorAttentionTile.Load(next, place.Queries(queries, 0, 0), Step, place.QueryCount, headSize, queryStride, Threads);
        for (int query = 0; query < place.QueryCount; query += Step)
        {
            TensorAttentionTile.Put<TFormat>(queryTile, next, Step, Threads);
            TensorAttentionTile.Load(next, place.Outputs(dy, query, 0), Step, place.QueryCount - query, headSize, place.C, Threads);
            FetchStatistics(statistics, logSumExp, delta, place, query);
            if (dropout.IsOn)
                TensorAttentionDropout.DrawColumns(mask, dropout, (uint)place.RowOf(query), heads, (uint)(place.First / DropoutMask.GroupCols));
            Group.Barrier();
            if (live)
            {
                TensorAttentionTile.Clear(p, Sums);
                TensorAttentionTile.AddProduct<TFormat>(p, keyTile, queryTile, Step, 1);
            }
            TensorAttentionTile.Put<TFormat>(gradients, next, Step, Threads);
            int following = query + Step;
            TensorAttentionTile.Load(next, place.Queries(queries, following, 0), Step, place.QueryCount - following, headSize, queryStride, Threads);
            Group.Barrier();
            if (live)
            {
                TensorAttentionTile.Clear(ds, Sums);
                TensorAttentionTile.AddProduct<TFormat>(ds, valueTile, gradients, Step, 1);
                GradientsOfColumns(p, ds, statistics, mask, dropout, scale2);
                TensorAttentionTile.AddProductOf<TFormat>(dv, p, gradients, Step, 1);
                TensorAttentionTile.AddProductOf<TFormat>(dk, ds, queryTile, Step, 1);
            }
            Group.Barrier();
        }
        int key = place.First + Warp.WarpIdx * 16;
        Add(place.Keys(gradient, key, 0), dk, headSize, place.KeyCount - key, keyStride, scale);
        Add(place.Keys(gradient, key, place.C), dv, headSize, place.KeyCount - key, keyStride, dropout.IsOn ? keptScale : 1);
    }

    /// <summary>dq of 128 queries: dq += ds·k. Parameters as in <see cref="KeysAndValues"/>.</summary>
    [GpuKernel(GroupSize = Threads)]
    public static void Queries<TFormat>(
        ArrayView<float> gradient, ArrayView<float> dy, ArrayView<float> logSumExp, ArrayView<float> delta, ArrayView<float> queries, int queryStride, ArrayView<int> queryOffsets,
        ArrayView<float> keys, int keyStride, ArrayView<int> offsets, int heads, int headSize, float scale, float scale2, ulong seed, uint step, uint op, uint firstRow, uint threshold, float keptScale)
        where TFormat : struct, IOperandFormat
    {
        var dropout = new DropoutDraw(seed, step, op, firstRow, threshold, keptScale);
        AttentionPlace place = AttentionPlace.Of(queryOffsets, queryStride, offsets, keyStride, heads, headSize, 1, TensorAttentionTile.Rows);
        if (place.First >= place.QueryCount)
            return;
        ArrayView<uint> queryTile = SharedMemory.GetDynamic<uint>(), gradients = queryTile.SubView(TensorAttentionTile.Rows * TFormat.Stride);
        ArrayView<uint> keyTile = gradients.SubView(TensorAttentionTile.Rows * TFormat.Stride), valueTile = keyTile.SubView(Step * TFormat.Stride);
        int rest = place.QueryCount - place.First;
        TensorAttentionTile.Fetch<TFormat>(queryTile, place.Queries(queries, place.First, 0), rest, headSize, queryStride, Threads);
        TensorAttentionTile.Fetch<TFormat>(gradients, place.Outputs(dy, place.First, 0), rest, headSize, place.C, Threads);
        queryTile = queryTile.SubView(Warp.WarpIdx * 16 * TFormat.Stride);
        gradients = gradients.SubView(Warp.WarpIdx * 16 * TFormat.Stride);
        int query = place.First + Warp.WarpIdx * 16;

        ArrayView<Float4> dq = LocalMemory.Allocate<Float4>(Sums), next = LocalMemory.Allocate<Float4>(4);
        ArrayView<Float4> p = LocalMemory.Allocate<Float4>(Sums), ds = LocalMemory.Allocate<Float4>(Sums);
        // Of rows g and g + 8.
        ArrayView<float> lse2 = LocalMemory.Allocate<float>(2), deltas = LocalMemory.Allocate<float>(2);
        ArrayView<uint> kept = LocalMemory.Allocate<uint>(2);
        for (int half = 0; half < 2; half++)
        {
            int own = query + Warp.LaneIdx / 4 + 8 * half, row = place.RowOf(own);
            lse2[half] = own < place.QueryCount ? logSumExp[row] * Log2E : 0;
            deltas[half] = own < place.QueryCount ? delta[row] : 0;
            kept[half] = 0;
        }
        TensorAttentionTile.Clear(dq, Sums);
        TensorAttentionTile.Clear(p, Sums);
        TensorAttentionTile.Load(next, place.Keys(keys, 0, 0), Step, place.KeyCount, headSize, keyStride, Threads);
        for (int key = 0; key < place.KeyCount; key += Step)
        {
            TensorAttentionTile.Put<TFormat>(keyTile, next, Step, Threads);
            TensorAttentionTile.Load(next, place.Keys(keys, key, place.C), Step, place.KeyCount - key, headSize, keyStride, Threads);
            Group.Barrier();
            if (query < place.QueryCount)
            {
                TensorAttentionTile.Clear(p, Sums);
                TensorAttentionTile.AddProduct<TFormat>(p, queryTile, keyTile, Step, 1);
            }
            TensorAttentionTile.Put<TFormat>(valueTile, next, Step, Threads);
            int following = key + Step;
            TensorAttentionTile.Load(next, place.Keys(keys, following, 0), Step, place.KeyCount - following, headSize, keyStride, Threads);
            Group.Barrier();
            if (query < place.QueryCount)
            {
                TensorAttentionTile.Clear(ds, Sums);
                TensorAttentionTile.AddProduct<TFormat>(ds, gradients, valueTile, Step, 1);
                if (place.KeyCount - key < Step)
                    TensorAttentionTile.HideKeysFrom(p, 0, Step, place.KeyCount - key);
                GradientsOfRows(p, ds, lse2, deltas, kept, dropout, place, query, key, scale2);
                TensorAttentionTile.AddProductOf<TFormat>(dq, ds, keyTile, Step, 1);
            }
            Group.Barrier();
        }
        Add(place.Queries(gradient, query, 0), dq, headSize, place.QueryCount - query, queryStride, scale);
    }

    // log₂ of the sum of exponentials, and delta, of 64 queries, in turn; zero behind the sequence.
    private static void FetchStatistics(ArrayView<float> statistics, ArrayView<float> logSumExp, ArrayView<float> delta, AttentionPlace place, int query)
    {
        if (Group.IdxX >= Step)
            return;
        int own = query + Group.IdxX, row = place.RowOf(own);
        statistics.AsFloat2()[Group.IdxX] = own < place.QueryCount ? new Float2(logSumExp[row] * Log2E, delta[row]) : new Float2(0, 0);
    }

    // Scores become dropped probabilities, short of the scale; dp becomes ds = p·(dp·kept − delta), short of 1/√D. Rows are keys, columns queries;
    // outside the sequence dy and q are zero, and nothing comes of it.
    private static void GradientsOfColumns(
        ArrayView<Float4> p, ArrayView<Float4> ds, ArrayView<float> statistics, ArrayView<uint> mask, DropoutDraw dropout, float scale2)
    {
        int g = Warp.LaneIdx / 4, t = Warp.LaneIdx % 4;
        for (int j = 0; j < Sums; j++)
        {
            // Of queries 8j + 2t and 8j + 2t + 1: log-sum-exp X and Z, delta Y and W.
            Float4 of = statistics.AsFloat4()[4 * j + t];
            Float4 s = p[j], dp = ds[j];
            var probability = new Float4(
                Probability(s.X * scale2 - of.X), Probability(s.Y * scale2 - of.Z),
                Probability(s.Z * scale2 - of.X), Probability(s.W * scale2 - of.Z));
            p[j] = probability;
            if (dropout.IsOn)
            {
                uint upper = TensorAttentionDropout.Pair(mask, g, j, Warp.WarpIdx), lower = TensorAttentionDropout.Pair(mask, g + 8, j, Warp.WarpIdx);
                dp = dropout.Dropped(dp, (upper & 1) != 0, (upper & 256) != 0, (lower & 1) != 0, (lower & 256) != 0, scaled: true);
                p[j] = dropout.Dropped(probability, (upper & 1) != 0, (upper & 256) != 0, (lower & 1) != 0, (lower & 256) != 0, scaled: false);
            }
            ds[j] = new Float4(
                probability.X * (dp.X - of.Y), probability.Y * (dp.Y - of.W), probability.Z * (dp.Z - of.Y), probability.W * (dp.W - of.W));
        }
    }

    // The same, of ds alone, with queries as rows and keys as columns.
    private static void GradientsOfRows(
        ArrayView<Float4> p, ArrayView<Float4> ds, ArrayView<float> lse2, ArrayView<float> deltas, ArrayView<uint> kept, DropoutDraw dropout,
        AttentionPlace place, int query, int key, float scale2)
    {
        if (dropout.IsOn)
            TensorAttentionDropout.NextRows(kept, 0, dropout, place, query, key, Step);
        for (int j = 0; j < Sums; j++)
        {
            Float4 s = p[j], dp = ds[j];
            if (dropout.IsOn)
            {
                dp = dropout.Dropped(dp, TensorAttentionDropout.Keeps(kept[0], j, 0), TensorAttentionDropout.Keeps(kept[0], j, 1),
                    TensorAttentionDropout.Keeps(kept[1], j, 0), TensorAttentionDropout.Keeps(kept[1], j, 1), scaled: true);
            }
            ds[j] = new Float4(
                Probability(s.X * scale2 - lse2[0]) * (dp.X - deltas[0]), Probability(s.Y * scale2 - lse2[0]) * (dp.Y - deltas[0]),
                Probability(s.Z * scale2 - lse2[1]) * (dp.Z - deltas[1]), Probability(s.W * scale2 - lse2[1]) * (dp.W - deltas[1]));
        }
    }

    // 2^x, and no more than 1: where scores are large, rounding may leave one above its row's log-sum-exp.
    private static float Probability(float x) => DeviceMath.Exp2Approximate(MathF.Min(x, 0));

    // x += factor·sums, a warp's sixteen rows, of which there are count.
    private static void Add(ArrayView<float> x, ArrayView<Float4> sums, int headSize, int count, int stride, float factor)
    {
        int g = Warp.LaneIdx / 4, t = Warp.LaneIdx % 4;
        for (int half = 0; half < 2; half++)
        {
            if (g + 8 * half >= count)
                continue;
            for (int j = 0; j < Sums; j++)
            {
                float left = half == 0 ? sums[j].X : sums[j].Z, right = half == 0 ? sums[j].Y : sums[j].W;
                AlignedRows.Add2(x, (g + 8 * half) * stride + 8 * j + 2 * t, headSize - 8 * j - 2 * t, left * factor, right * factor);
            }
        }
    }
}
