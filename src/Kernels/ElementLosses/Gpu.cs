using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    void IKernel<SigmoidCrossEntropyForward>.Run(in SigmoidCrossEntropyForward call) =>
        LaunchElements(ElementLossKernels.SigmoidForward, call.Logits.Count, Floats(call.Losses), Floats(call.Logits), Floats(call.Targets),
            Floats(call.PositiveWeights), checked((int)call.Logits.Count), call.Logits.Cols);

    void IKernel<SigmoidCrossEntropyBackward>.Run(in SigmoidCrossEntropyBackward call) =>
        LaunchElements(ElementLossKernels.SigmoidBackward, call.Logits.Count, Floats(call.DLogits), Floats(call.Logits), Floats(call.Targets),
            Floats(call.PositiveWeights), checked((int)call.Logits.Count), call.Logits.Cols, (float)call.Scale);

    void IKernel<SquaredErrorForward>.Run(in SquaredErrorForward call) =>
        LaunchElements(ElementLossKernels.SquaredForward, call.X.Count, Floats(call.Losses), Floats(call.X), Floats(call.Targets), checked((int)call.X.Count));

    void IKernel<SquaredErrorBackward>.Run(in SquaredErrorBackward call) =>
        LaunchElements(ElementLossKernels.SquaredBackward, call.X.Count, Floats(call.DX), Floats(call.X), Floats(call.Targets), checked((int)call.X.Count), (float)(2 * call.Scale));
}

/// <summary>Losses of numbers that each have a target of their own, a thread an element.</summary>
internal static class ElementLossKernels
{
    /// <summary>losses ← −(p·t·log σ(x) + (1 − t)·log(1 − σ(x))).</summary>
    /// <param name="losses">[rows, cols], n elements; may be logits.</param>
    /// <param name="logits">[rows, cols].</param>
    /// <param name="targets">[rows, cols].</param>
    /// <param name="weights">[cols], p, or nothing.</param>
    [GpuKernel]
    public static void SigmoidForward(ArrayView<float> losses, ArrayView<float> logits, ArrayView<float> targets, ArrayView<float> weights, int n, int cols)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i >= n)
            return;
        float x = logits[i], t = targets[i], weight = 1;
        if (weights.Length > 0)
            weight = weights[i % cols];
        // −log σ(−x) is x more than −log σ(x); the smaller of the two is log(1 + exp(−|x|)).
        float small = MathF.Log(1 + MathF.Exp(-MathF.Abs(x)));
        float ofNegative = x > 0 ? x + small : small, ofPositive = x > 0 ? small : small - x;
        losses[i] = weight * t * ofPositive + (1 - t) * ofNegative;
    }

    /// <summary>dx += scale·(σ(x)·(1 − t) − p·t·(1 − σ(x))). Shapes as in <see cref="SigmoidForward"/>.</summary>
    [GpuKernel]
    public static void SigmoidBackward(
        ArrayView<float> dlogits, ArrayView<float> logits, ArrayView<float> targets, ArrayView<float> weights, int n, int cols, float scale)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i >= n)
            return;
        float x = logits[i], t = targets[i], weight = 1;
        if (weights.Length > 0)
            weight = weights[i % cols];
        dlogits[i] += scale * ((1 - t) / (1 + MathF.Exp(-x)) - weight * t / (1 + MathF.Exp(x)));
    }

    /// <summary>losses ← (x − t)².</summary>
    /// <param name="losses">n elements; may be x.</param>
    /// <param name="x">As many.</param>
    /// <param name="targets">As many.</param>
    [GpuKernel]
    public static void SquaredForward(ArrayView<float> losses, ArrayView<float> x, ArrayView<float> targets, int n)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i >= n)
            return;
        float distance = x[i] - targets[i];
        losses[i] = distance * distance;
    }

    /// <summary>dx += scale·(x − t).</summary>
    [GpuKernel]
    public static void SquaredBackward(ArrayView<float> dx, ArrayView<float> x, ArrayView<float> targets, int n, float scale)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i >= n)
            return;
        dx[i] += scale * (x[i] - targets[i]);
    }
}
