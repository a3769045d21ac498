using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

/// <summary>
/// Flash attention, forward, on tensor cores: a group of four warps makes 128 queries of one head of one sequence, 32 a warp, and goes over the keys
/// in tiles of 32 with an online softmax in float32 (Dao et al. 2022, arXiv:2205.14135; a warp keeps its queries and shares the keys as in Dao
/// 2023, arXiv:2307.08691).
/// </summary>
/// <remarks>
/// <para>A warp's sums of q·kᵀ are, rounded, the left operand of p·v: probabilities never leave the registers. While it multiplies, the next tile is on
/// its way from memory.</para>
/// <para>exp(x) is 2^(x·log₂e), one multiply-add and one instruction; rows are summed in each lane, and over the four lanes of a row only at the end.</para>
/// </remarks>
internal static class TensorAttentionForwardKernel
{
    public const int Threads = 128;

    private const int RowTiles = 2, Step = 32, Scores = Step / 8, Sums = TensorAttentionTile.Sums;

    /// <summary>Dynamic shared memory of a group: 128 queries, 32 keys, 32 values.</summary>
    public static int SharedBytes<TFormat>() where TFormat : struct, IOperandFormat =>
        (TensorAttentionTile.Rows + 2 * Step) * TFormat.Stride * sizeof(uint);

    /// <inheritdoc cref="AttentionForwardKernel.Run"/>
    /// <param name="headSize">D, at most 64.</param>
    /// <param name="scale2">scale·log₂e.</param>
    [GpuKernel(GroupSize = Threads)]
    public static void Run<TFormat>(
        ArrayView<float> y, ArrayView<float> logSumExp, ArrayView<float> queries, int queryStride, ArrayView<int> queryOffsets,
        ArrayView<float> keys, int keyStride, ArrayView<int> offsets, int heads, int headSize, float scale, float scale2,
        ulong seed, uint step, uint op, uint firstRow, uint threshold, float keptScale)
        where TFormat : struct, IOperandFormat
    {
        var dropout = new DropoutDraw(seed, step, op, firstRow, threshold, keptScale);
        AttentionPlace place = AttentionPlace.Of(queryOffsets, queryStride, offsets, keyStride, heads, headSize, 1, TensorAttentionTile.Rows);
        if (place.First >= place.QueryCount)
            return;
        ArrayView<uint> queryTile = SharedMemory.GetDynamic<uint>(), keyTile = queryTile.SubView(TensorAttentionTile.Rows * TFormat.Stride);
        ArrayView<uint> valueTile = keyTile.SubView(Step * TFormat.Stride);
        int query = place.First + Warp.WarpIdx * 16 * RowTiles;
        ArrayView<Float4> sums = LocalMemory.Allocate<Float4>(RowTiles * Sums), scores = LocalMemory.Allocate<Float4>(RowTiles * Scores);
        ArrayView<Float4> next = LocalMemory.Allocate<Float4>(4);
        // Of rows g and g + 8 of each row tile.
        ArrayView<float> max = LocalMemory.Allocate<float>(2 * RowTiles), total = LocalMemory.Allocate<float>(2 * RowTiles);
        ArrayView<uint> kept = LocalMemory.Allocate<uint>(2 * RowTiles);
        TensorAttentionTile.Clear(sums, RowTiles * Sums);
        TensorAttentionTile.Clear(scores, RowTiles * Scores);
        for (int i = 0; i < 2 * RowTiles; i++)
            (max[i], total[i], kept[i]) = (float.NegativeInfinity, 0, 0);

        TensorAttentionTile.Fetch<TFormat>(queryTile, place.Queries(queries, place.First, 0), place.QueryCount - place.First, headSize, queryStride, Threads);
        queryTile = queryTile.SubView(Warp.WarpIdx * 16 * RowTiles * TFormat.Stride);
        TensorAttentionTile.Load(next, place.Keys(keys, 0, 0), Step, place.KeyCount, headSize, keyStride, Threads);
        for (int key = 0; key < place.KeyCount; key += Step)
        {
            TensorAttentionTile.Put<TFormat>(keyTile, next, Step, Threads);
            TensorAttentionTile.Load(next, place.Keys(keys, key, place.C), Step, place.KeyCount - key, headSize, keyStride, Threads);
            Group.Barrier();
            if (query < place.QueryCount)
            {
                TensorAttentionTile.Clear(scores, RowTiles * Scores);
                TensorAttentionTile.AddProduct<TFormat>(scores, queryTile, keyTile, Step, RowTiles);
                for (int i = 0; i < RowTiles; i++)
                {
                    Softmax(scores, sums, max, total, i, scale2, place.KeyCount - key);
                    if (dropout.IsOn)
                        Drop(scores, kept, i, dropout, place, query + 16 * i, key);
                }
            }
            TensorAttentionTile.Put<TFormat>(valueTile, next, Step, Threads);
            int following = key + Step;
            TensorAttentionTile.Load(next, place.Keys(keys, following, 0), Step, place.KeyCount - following, headSize, keyStride, Threads);
            Group.Barrier();
            if (query < place.QueryCount)
                TensorAttentionTile.AddProductOf<TFormat>(sums, scores, valueTile, Step, RowTiles);
        }
        float factor = dropout.IsOn ? keptScale : 1;
        for (int i = 0; i < RowTiles; i++)
            Store(y, logSumExp, sums, max, total, i, place, query + 16 * i, scale, factor);
    }

    // Sixteen rows of scores become exp(score − max), max the row's so far; what was summed before is scaled to it.
    private static void Softmax(ArrayView<Float4> scores, ArrayView<Float4> sums, ArrayView<float> max, ArrayView<float> total, int i, float scale2, int keys)
    {
        if (keys < Step)
            TensorAttentionTile.HideKeysFrom(scores, i * Scores, Step, keys);
        float upper = max[2 * i + 0], lower = max[2 * i + 1];
        for (int j = 0; j < Scores; j++)
        {
            upper = MathF.Max(upper, MathF.Max(scores[i * Scores + j].X, scores[i * Scores + j].Y));
            lower = MathF.Max(lower, MathF.Max(scores[i * Scores + j].Z, scores[i * Scores + j].W));
        }
        (upper, lower) = (OfRow(upper), OfRow(lower));
        float shrinkUpper = DeviceMath.Exp2Approximate((max[2 * i + 0] - upper) * scale2), shrinkLower = DeviceMath.Exp2Approximate((max[2 * i + 1] - lower) * scale2);
        (max[2 * i + 0], max[2 * i + 1]) = (upper, lower);
        (upper, lower) = (upper * scale2, lower * scale2);
        float sumUpper = 0, sumLower = 0;
        for (int j = 0; j < Scores; j++)
        {
            Float4 score = scores[i * Scores + j];
            var p = new Float4(
                DeviceMath.Exp2Approximate(score.X * scale2 - upper), DeviceMath.Exp2Approximate(score.Y * scale2 - upper),
                DeviceMath.Exp2Approximate(score.Z * scale2 - lower), DeviceMath.Exp2Approximate(score.W * scale2 - lower));
            sumUpper += p.X + p.Y;
            sumLower += p.Z + p.W;
            scores[i * Scores + j] = p;
        }
        for (int j = 0; j < Sums; j++)
        {
            Float4 sum = sums[i * Sums + j];
            sums[i * Sums + j] = new Float4(sum.X * shrinkUpper, sum.Y * shrinkUpper, sum.Z * shrinkLower, sum.W * shrinkLower);
        }
        total[2 * i + 0] = total[2 * i + 0] * shrinkUpper + sumUpper;
        total[2 * i + 1] = total[2 * i + 1] * shrinkLower + sumLower;
    }

    // The largest over the four lanes that share a row; NaN where there is one.
    private static float OfRow(float value)
    {
        value = MathF.Max(value, Warp.ShuffleXor(value, 1));
        return MathF.Max(value, Warp.ShuffleXor(value, 2));
    }

    // Dropped probabilities become 0; what is kept is scaled at the end.
    private static void Drop(ArrayView<Float4> scores, ArrayView<uint> kept, int i, DropoutDraw dropout, AttentionPlace place, int query, int key)
    {
        TensorAttentionDropout.NextRows(kept, 2 * i, dropout, place, query, key, Step);
        for (int j = 0; j < Scores; j++)
        {
            scores[i * Scores + j] = dropout.Dropped(scores[i * Scores + j], TensorAttentionDropout.Keeps(kept[2 * i + 0], j, 0), TensorAttentionDropout.Keeps(kept[2 * i + 0], j, 1),
                TensorAttentionDropout.Keeps(kept[2 * i + 1], j, 0), TensorAttentionDropout.Keeps(kept[2 * i + 1], j, 1), scaled: false);
        }
    }

    private static void Store(
        ArrayView<float> y, ArrayView<float> logSumExp, ArrayView<Float4> sums, ArrayView<float> max, ArrayView<float> total, int i, AttentionPlace place,
        int query, float scale, float factor)
    {
        int g = Warp.LaneIdx / 4, t = Warp.LaneIdx % 4;
        for (int half = 0; half < 2; half++)
            StoreHalf(y, logSumExp, sums, max, total, i, place, query + g + 8 * half, half, t, scale, factor);
    }

    private static void StoreHalf(
        ArrayView<float> y, ArrayView<float> logSumExp, ArrayView<Float4> sums, ArrayView<float> max, ArrayView<float> total, int i, AttentionPlace place,
        int row, int half, int t, float scale, float factor)
    {
        float sum = Reduce.WarpSum(total[2 * i + half], 4);
        if (row < place.QueryCount)
        {
            ArrayView<float> to = place.Outputs(y, row, 0);
            float share = factor / sum;
            for (int j = 0; j < Sums; j++)
            {
                float first = half == 0 ? sums[i * Sums + j].X : sums[i * Sums + j].Z, second = half == 0 ? sums[i * Sums + j].Y : sums[i * Sums + j].W;
                AlignedRows.Store2(to, 8 * j + 2 * t, place.HeadSize - 8 * j - 2 * t, first * share, second * share);
            }
            if (t == 0)
                logSumExp[place.RowOf(row)] = max[2 * i + half] * scale + MathF.Log(sum);
        }
    }
}
