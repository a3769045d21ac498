using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    void IKernel<CrossEntropyForward>.Run(in CrossEntropyForward call)
    {
        (int rows, int classes) = (call.Logits.Rows, call.Logits.Cols);
        LaunchRows(CrossEntropyKernels.Forward, rows, Floats(call.Losses), Floats(call.Probs), Floats(call.Logits), Ints(call.Labels),
            Floats(call.ClassWeights), rows, classes, (float)call.Smoothing);
    }

    void IKernel<CrossEntropyBackward>.Run(in CrossEntropyBackward call)
    {
        LaunchRows(CrossEntropyKernels.Backward, call.Probs.Rows, Floats(call.DLogits), Floats(call.Probs), Ints(call.Labels),
            Floats(call.ClassWeights), call.Probs.Rows, call.Probs.Cols, (float)call.Scale, (float)call.Smoothing);
    }
}

internal static class CrossEntropyKernels
{
    private const int Warps = LayerNormKernels.Warps;

    /// <summary>probs ← softmax(logits); losses ← −Σ w·t·log p, a warp a row.</summary>
    /// <param name="losses">[rows].</param>
    /// <param name="probs">[rows, classes]; may be logits.</param>
    /// <param name="logits">[rows, classes].</param>
    /// <param name="labels">[rows].</param>
    /// <param name="classWeights">[classes], or nothing.</param>
    /// <remarks>Σ w·t·log p = (1 − ε)·w[label]·log p[label] + ε/classes·Σ w·log p, and where ε is 0 the second sum is left out: its log p may be −∞.</remarks>
    [GpuKernel(GroupSize = 32 * Warps)]
    public static void Forward(
        ArrayView<float> losses, ArrayView<float> probs, ArrayView<float> logits, ArrayView<int> labels, ArrayView<float> classWeights,
        int rows, int classes, float smoothing)
    {
        int row = Grid.IdxX * Warps + Warp.WarpIdx;
        if (row >= rows)
            return;
        int label = labels[row], start = row * classes;
        float max = float.NegativeInfinity, sum = 0;
        for (int c = Warp.LaneIdx; c < classes; c += 32)
            max = Reduce.Larger(max, logits[start + c]);
        max = Reduce.WarpMax(max);
        for (int c = Warp.LaneIdx; c < classes; c += 32)
            sum += MathF.Exp(logits[start + c] - max);
        float logSum = MathF.Log(Reduce.WarpSum(sum));

        float loss = 0;
        for (int c = Warp.LaneIdx; c < classes; c += 32)
        {
            float logP = logits[start + c] - max - logSum;
            float target = (c == label ? 1 - smoothing : 0) + smoothing / classes;
            if (target > 0)
                loss -= (classWeights.Length > 0 ? classWeights[c] * target : target) * logP;
            probs[start + c] = MathF.Exp(logP);
        }
        loss = Reduce.WarpSum(loss);
        if (Warp.LaneIdx == 0)
            losses[row] = label == Labels.Ignore ? 0 : loss;
    }

    /// <summary>dlogits += scale·(probs·Σ w·t − w·t), a warp a row.</summary>
    /// <param name="dlogits">[rows, classes].</param>
    /// <param name="probs">[rows, classes].</param>
    /// <param name="labels">[rows].</param>
    /// <param name="classWeights">[classes], or nothing.</param>
    [GpuKernel(GroupSize = 32 * Warps)]
    public static void Backward(
        ArrayView<float> dlogits, ArrayView<float> probs, ArrayView<int> labels, ArrayView<float> classWeights,
        int rows, int classes, float scale, float smoothing)
    {
        int row = Grid.IdxX * Warps + Warp.WarpIdx;
        if (row >= rows || labels[row] == Labels.Ignore)
            return;
        int label = labels[row], start = row * classes;
        float total = 1;
        if (classWeights.Length > 0)
        {
            float sum = 0;
            for (int c = Warp.LaneIdx; c < classes; c += 32)
                sum += classWeights[c];
            total = (1 - smoothing) * classWeights[label] + smoothing / classes * Reduce.WarpSum(sum);
        }
        for (int c = Warp.LaneIdx; c < classes; c += 32)
        {
            float target = (c == label ? 1 - smoothing : 0) + smoothing / classes;
            dlogits[start + c] += scale * (total * probs[start + c] - (classWeights.Length > 0 ? classWeights[c] * target : target));
        }
    }
}
