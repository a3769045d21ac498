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

public partial interface IDeviceKernels : IKernel<AdamW>;

/// <summary>
/// One AdamW step over flat memory, g the clipped gradient: w −= α·λ·w; m = β₁·m + (1 − β₁)·g;
/// v = β₂·v + (1 − β₂)·g²; w −= α·m̂/(√v̂ + ε), m̂ and v̂ bias-corrected; then gradient = 0.
/// </summary>
/// <remarks>
/// Loshchilov and Hutter 2019, arXiv:1711.05101. Moves 32 bytes an element: four reads, four writes. The clip factor is
/// computed on the device: a GPU need not wait for the norm. On the processor m below 1e-30, v below 1e-36 and gradients below
/// 1e-16 count as zero: beside ε they are nothing, and subnormal numbers are slow. Derivation in README.md.
/// </remarks>
public readonly struct AdamW : IKernelCall<AdamW>
{
    /// <summary>[n], updated.</summary>
    public required Tensor Weight { get; init; }

    /// <summary>[n]; zero afterwards, ready for the next step's +=.</summary>
    public required Tensor Gradient { get; init; }

    /// <summary>[n], first moment, updated.</summary>
    public required Tensor M { get; init; }

    /// <summary>[n], second moment, updated.</summary>
    public required Tensor V { get; init; }

    /// <summary>[1], the whole gradient's, for clipping; optional where ClipNorm is 0. Where it is not finite, nothing but the gradient is changed.</summary>
    public Tensor SumOfSquares { get; init; }

    /// <summary>The numbers of the step.</summary>
    public required AdamWOptions Options { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([], updated: [Weight, Gradient, M, V]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Same(Gradient, Weight);
        Checks.Same(M, Weight);
        Checks.Same(V, Weight);
        Checks.Optional(SumOfSquares, new Shape(1));
        if (Options.ClipNorm > 0 && SumOfSquares.IsNone)
            throw new ArgumentException($"{nameof(SumOfSquares)} is left out, which a {nameof(Options.ClipNorm)} of {Options.ClipNorm} needs");
    }
}

public sealed partial class ReferenceKernels<T>
{
    void IKernel<AdamW>.Run(in AdamW call)
    {
        AdamWOptions options = call.Options;
        double clip = options.ClipFactor(call.SumOfSquares.IsNone ? 0 : Get(call.SumOfSquares.Span<T>(), 0));
        Span<T> w = call.Weight.Span<T>(), g = call.Gradient.Span<T>(), ms = call.M.Span<T>(), vs = call.V.Span<T>();
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
