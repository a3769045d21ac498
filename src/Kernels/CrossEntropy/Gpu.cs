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
        LaunchElements(CrossEntropyKernels.Backward, call.Probs.Count,
            Floats(call.DLogits), Floats(call.Probs), Ints(call.Labels), Floats(call.ClassWeights),
            checked((int)call.Probs.Count), call.Probs.Cols, (float)call.Scale, (float)call.Smoothing);
    }
}

internal static class CrossEntropyKernels
{
    private const int Warps = LayerNormKernels.Warps;

    /// <summary>probs ← softmax(logits); losses ← −w·Σ t·log p, a warp a row.</summary>
    /// <param name="losses">[rows].</param>
    /// <param name="probs">[rows, classes]; may be logits.</param>
    /// <param name="logits">[rows, classes].</param>
    /// <param name="labels">[rows].</param>
    /// <param name="classWeights">[classes], or nothing.</param>
    /// <remarks>Σ t·log p = (1 − ε)·log p[label] + ε/classes·Σ log p, and where ε is 0 the second sum is left out: its log p may be −∞.</remarks>
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
                loss -= target * logP;
            probs[start + c] = MathF.Exp(logP);
        }
        loss = Reduce.WarpSum(loss);
        if (Warp.LaneIdx != 0)
            return;
        if (label == Labels.Ignore)
            losses[row] = 0;
        else
            losses[row] = classWeights.Length > 0 ? classWeights[label] * loss : loss;
    }

    /// <summary>dlogits += scale·w·(probs − t), a thread an element.</summary>
    /// <param name="dlogits">[rows, classes], n elements.</param>
    /// <param name="probs">[rows, classes].</param>
    /// <param name="labels">[rows].</param>
    /// <param name="classWeights">[classes], or nothing.</param>
    [GpuKernel]
    public static void Backward(
        ArrayView<float> dlogits, ArrayView<float> probs, ArrayView<int> labels, ArrayView<float> classWeights,
        int n, int classes, float scale, float smoothing)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i >= n)
            return;
        int label = labels[i / classes];
        if (label == Labels.Ignore)
            return;
        float weight = classWeights.Length > 0 ? scale * classWeights[label] : scale;
        float target = (i % classes == label ? 1 - smoothing : 0) + smoothing / classes;
        dlogits[i] += weight * (probs[i] - target);
    }
}
