using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    // Logits of a chunk: enough rows for a multiply to fill the device, and no more memory than this.
    private const long ChunkBytes = 96L << 20;

    void IKernel<VocabularyLoss>.Run(in VocabularyLoss call)
    {
        (int rows, int v, _) = call.Sizes;
        if (rows == 0)
            return;
        int stride = Divide(v, 4) * 4, chunk = (int)Math.Clamp(ChunkBytes / sizeof(float) / stride, 1, rows);
        for (int first = 0; first < rows; first += chunk)
            VocabularyChunk(call, first, Math.Min(chunk, rows - first), stride);
    }

    // logits = x·Wᵀ + bias; their rows become losses and, in place, gradients g; dx += g·W, dweight += gᵀ·x, dbias += column sums of g.
    private void VocabularyChunk(in VocabularyLoss call, int first, int rows, int stride)
    {
        (_, int v, int c) = call.Sizes;
        var part = new Shape(rows);
        _scratch.Begin(GpuScratch.FloatBytes((long)rows * stride) + ColumnSumBytes(rows, v));
        ArrayView<float> logits = _scratch.Take((long)rows * stride), x = Floats(call.X.RowSlice(first, rows)), weight = Floats(call.Weight);
        Multiply(new MatMulCall(logits, x, weight, rows, v, c) { TransposeB = true, StrideC = stride, Bias = Floats(call.Bias) });
        Launch(VocabularyKernels.LossAndGradient, rows,
            logits, Floats(call.Losses.Slice(first, part)), call.Predictions.IsNone ? default : Ints(call.Predictions.Slice(first, part)),
            Ints(call.Labels.Slice(first, part)), v, stride, (float)call.Scale);
        if (!call.DX.IsNone)
        {
            Multiply(new MatMulCall(Floats(call.DX.RowSlice(first, rows)), logits, weight, rows, c, v)
            {
                StrideA = stride, Accumulate = true, ZeroesBehindK = true,
            });
        }
        if (!call.DWeight.IsNone)
            Multiply(new MatMulCall(Floats(call.DWeight), logits, x, v, c, rows) { TransposeA = true, StrideA = stride, Accumulate = true });
        if (!call.DBias.IsNone)
            AddColumnSums(ColumnSumKernels.Partials<PlainTerm>, Floats(call.DBias), logits, rows, v, stride, default, default, default);
    }
}

internal static class VocabularyKernels
{
    /// <summary>losses ← log Σ exp(logits) − logits[label]; logits ← scale·(softmax(logits) − onehot), a group a row.</summary>
    /// <param name="logits">[rows, stride], stride a multiple of 4, of which [rows, v] are logits; the rest becomes zero.</param>
    /// <param name="losses">[rows].</param>
    /// <param name="predictions">[rows], the first index of the largest logit; or nothing.</param>
    /// <param name="labels">[rows].</param>
    [GpuKernel]
    public static void LossAndGradient(
        ArrayView<float> logits, ArrayView<float> losses, ArrayView<int> predictions, ArrayView<int> labels, int v, int stride, float scale)
    {
        int row = Grid.IdxX, label = labels[row], best = 4 * Group.IdxX;
        ArrayView<float> x = logits.SubView((long)row * stride);
        ArrayView<Float4> quads = x.AsFloat4();
        // The maximum and the sum in one pass (Milakov and Gimelshein 2018, arXiv:1805.02867).
        float max = float.NegativeInfinity, sum = 0;
        for (int quad = Group.IdxX; 4 * quad < v; quad += Group.DimX)
        {
            Float4 values = quads[quad];
            Include(values.X, 4 * quad, v, ref max, ref sum, ref best);
            Include(values.Y, 4 * quad + 1, v, ref max, ref sum, ref best);
            Include(values.Z, 4 * quad + 2, v, ref max, ref sum, ref best);
            Include(values.W, 4 * quad + 3, v, ref max, ref sum, ref best);
        }
        float lse = GroupLogSumExp(ref max, sum, ref best);
        if (Group.IdxX == 0)
        {
            losses[row] = lse - x[label];
            if (predictions.Length > 0)
                predictions[row] = best;
        }
        Group.Barrier();
        for (int quad = Group.IdxX; 4 * quad < stride; quad += Group.DimX)
        {
            Float4 values = quads[quad];
            quads[quad] = new Float4(
                Gradient(values.X, 4 * quad, v, label, lse, scale), Gradient(values.Y, 4 * quad + 1, v, label, lse, scale),
                Gradient(values.Z, 4 * quad + 2, v, label, lse, scale), Gradient(values.W, 4 * quad + 3, v, label, lse, scale));
        }
    }

    // One more logit into the largest so far, its place, and the sum of exp(logit − largest).
    private static void Include(float value, int word, int v, ref float max, ref float sum, ref int best)
    {
        if (word >= v)
            return;
        if (value > max || float.IsNaN(value))
        {
            sum = sum * MathF.Exp(max - value) + 1;
            max = value;
            best = word;
        }
        else if (value > float.NegativeInfinity)
        {
            sum += MathF.Exp(value - max);
        }
    }

    private static float Gradient(float value, int word, int v, int label, float lse, float scale) =>
        word < v ? scale * (MathF.Exp(value - lse) - (word == label ? 1f : 0f)) : 0;

    // log Σ exp over the group; afterwards max is the group's, and best the first place where it is.
    private static float GroupLogSumExp(ref float max, float sum, ref int best)
    {
        ArrayView<float> maxima = SharedMemory.Allocate<float>(32), sums = SharedMemory.Allocate<float>(32);
        ArrayView<int> places = SharedMemory.Allocate<int>(32);
        MergeWarp(ref max, ref sum, ref best);
        if (Warp.LaneIdx == 0)
            (maxima[Warp.WarpIdx], sums[Warp.WarpIdx], places[Warp.WarpIdx]) = (max, sum, best);
        Group.Barrier();
        bool live = Warp.LaneIdx < Group.DimX / 32;
        max = live ? maxima[Warp.LaneIdx] : float.NegativeInfinity;
        sum = live ? sums[Warp.LaneIdx] : 0;
        best = live ? places[Warp.LaneIdx] : int.MaxValue;
        MergeWarp(ref max, ref sum, ref best);
        return max + MathF.Log(sum);
    }

    private static void MergeWarp(ref float max, ref float sum, ref int best)
    {
        for (int mask = 16; mask > 0; mask /= 2)
        {
            float otherMax = Warp.ShuffleXor(max, mask), otherSum = Warp.ShuffleXor(sum, mask);
            int otherBest = Warp.ShuffleXor(best, mask);
            float merged = Reduce.Larger(max, otherMax);
            sum = Rescaled(sum, max, merged) + Rescaled(otherSum, otherMax, merged);
            best = otherMax > max || otherMax == max && otherBest < best ? otherBest : best;
            max = merged;
        }
    }

    // A sum of exp(x − from) as one of exp(x − to); nothing stays nothing.
    private static float Rescaled(float sum, float from, float to) => sum == 0 ? 0 : sum * MathF.Exp(from - to);
}
