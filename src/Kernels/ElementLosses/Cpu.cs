namespace BareBert.Kernels;

// A batch has a few labels an example: what these loops take cannot be measured beside one layer.
public sealed unsafe partial class CpuKernels
{
    void IKernel<SigmoidCrossEntropyForward>.Run(in SigmoidCrossEntropyForward call)
    {
        float* losses = call.Losses.Floats(), x = call.Logits.Floats(), t = call.Targets.Floats(), weights = OptionalFloats(call.PositiveWeights);
        for (long i = 0; i < call.Logits.Count; i++)
            losses[i] = (float)((weights is null ? 1 : weights[i % call.Logits.Cols]) * (double)t[i] * SpecialFunctions.Softplus(-x[i]) + (1 - (double)t[i]) * SpecialFunctions.Softplus(x[i]));
    }

    void IKernel<SigmoidCrossEntropyBackward>.Run(in SigmoidCrossEntropyBackward call)
    {
        float* dx = call.DLogits.Floats(), x = call.Logits.Floats(), t = call.Targets.Floats(), weights = OptionalFloats(call.PositiveWeights);
        for (long i = 0; i < call.Logits.Count; i++)
        {
            double weight = weights is null ? 1 : weights[i % call.Logits.Cols];
            dx[i] = (float)(dx[i] + call.Scale * ((1 - (double)t[i]) / (1 + Math.Exp(-(double)x[i])) - weight * t[i] / (1 + Math.Exp(x[i]))));
        }
    }

    void IKernel<SquaredErrorForward>.Run(in SquaredErrorForward call)
    {
        float* losses = call.Losses.Floats(), x = call.X.Floats(), t = call.Targets.Floats();
        for (long i = 0; i < call.X.Count; i++)
            losses[i] = (x[i] - t[i]) * (x[i] - t[i]);
    }

    void IKernel<SquaredErrorBackward>.Run(in SquaredErrorBackward call)
    {
        float* dx = call.DX.Floats(), x = call.X.Floats(), t = call.Targets.Floats();
        for (long i = 0; i < call.X.Count; i++)
            dx[i] = (float)(dx[i] + call.Scale * 2 * (x[i] - t[i]));
    }
}
