namespace BareBert.Kernels;

/// <summary>The numbers of one AdamW step.</summary>
/// <param name="LearningRate">α of this step, after the schedule.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Epsilon">Added to √v̂.</param>
/// <param name="WeightDecay">λ, decoupled: w −= α·λ·w.</param>
/// <param name="Step">t, from 1, for the bias corrections 1 − βᵗ.</param>
/// <param name="ClipNorm">The largest global norm of the gradient; 0: no clipping.</param>
public readonly record struct AdamWOptions(
    double LearningRate, double Beta1, double Beta2, double Epsilon, double WeightDecay, int Step, double ClipNorm = 0)
{
    /// <summary>1 − β₁ᵗ.</summary>
    public double Correction1 => 1 - Math.Pow(Beta1, Step);

    /// <summary>1 − β₂ᵗ.</summary>
    public double Correction2 => 1 - Math.Pow(Beta2, Step);

    /// <summary>What the gradient is multiplied by: min(1, clip/(norm + 1e-6)), PyTorch's clip_grad_norm_; NaN for a norm that is not finite.</summary>
    public double ClipFactor(double sumOfSquares)
    {
        double norm = Math.Sqrt(sumOfSquares);
        if (!double.IsFinite(norm))
            return double.NaN;
        return ClipNorm > 0 && norm + 1e-6 > ClipNorm ? ClipNorm / (norm + 1e-6) : 1;
    }
}

public partial interface IKernels
{
    /// <summary>
    /// One AdamW step over flat memory, g the clipped gradient: w −= α·λ·w; m = β₁·m + (1 − β₁)·g;
    /// v = β₂·v + (1 − β₂)·g²; w −= α·m̂/(√v̂ + ε), m̂ and v̂ bias-corrected; then gradient = 0.
    /// </summary>
    /// <param name="weight">[n], updated.</param>
    /// <param name="gradient">[n]; zero afterwards, ready for the next step's +=.</param>
    /// <param name="m">[n], first moment, updated.</param>
    /// <param name="v">[n], second moment, updated.</param>
    /// <param name="sumOfSquares">
    /// [1], the whole gradient's, for clipping; optional where ClipNorm is 0. Where it is not finite, nothing but the gradient is changed.
    /// </param>
    /// <param name="options">The numbers of the step.</param>
    /// <remarks>
    /// Loshchilov and Hutter 2019, arXiv:1711.05101. Moves 32 bytes an element: four reads, four writes. The clip factor is
    /// computed on the device: a GPU need not wait for the norm. Derivation in README.md.
    /// </remarks>
    void AdamW(Tensor weight, Tensor gradient, Tensor m, Tensor v, Tensor sumOfSquares, in AdamWOptions options);
}

public sealed partial class ReferenceKernels<T>
{
    /// <inheritdoc/>
    public void AdamW(Tensor weight, Tensor gradient, Tensor m, Tensor v, Tensor sumOfSquares, in AdamWOptions options)
    {
        Checks.Same(gradient, weight);
        Checks.Same(m, weight);
        Checks.Same(v, weight);
        double clip = options.ClipFactor(sumOfSquares.IsNone ? 0 : Get(sumOfSquares.Span<T>(), 0));
        Span<T> w = weight.Span<T>(), g = gradient.Span<T>(), ms = m.Span<T>(), vs = v.Span<T>();
        if (double.IsNaN(clip))
        {
            g.Clear();
            return;
        }
        for (int i = 0; i < w.Length; i++)
        {
            double gi = Get(g, i) * clip;
            double mi = options.Beta1 * Get(ms, i) + (1 - options.Beta1) * gi;
            double vi = options.Beta2 * Get(vs, i) + (1 - options.Beta2) * gi * gi;
            double wi = Get(w, i) * (1 - options.LearningRate * options.WeightDecay);
            wi -= options.LearningRate * (mi / options.Correction1) / (Math.Sqrt(vi / options.Correction2) + options.Epsilon);
            Set(ms, i, mi);
            Set(vs, i, vi);
            Set(w, i, wi);
            Set(g, i, 0);
        }
    }
}
