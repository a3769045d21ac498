using BareBert.Simt;
using ILGPU;

namespace BareBert.Kernels;

public sealed partial class GpuKernels
{
    void IKernel<AdamW>.Run(in AdamW call)
    {
        AdamWOptions options = call.Options;
        long n = call.Weight.Count;
        bool aligned = AreAligned(n, call.Weight, call.Gradient, call.M, call.V);
        LaunchQuads(aligned ? AdamWKernels.Step<AlignedRows> : AdamWKernels.Step<AnyRows>, n,
            Floats(call.Weight), Floats(call.Gradient), Floats(call.M), Floats(call.V), Floats(call.SumOfSquares), checked((int)n),
            (float)options.ClipNorm, (float)options.Beta1, (float)(1 - options.Beta1), (float)options.Beta2, (float)(1 - options.Beta2),
            (float)(1 - options.LearningRate * options.WeightDecay), (float)(-options.LearningRate / options.Correction1),
            (float)(1 / Math.Sqrt(options.Correction2)), (float)options.Epsilon);
    }
}

internal static class AdamWKernels
{
    /// <summary>One step of a thread's four elements; the clip factor comes from the norm on the device.</summary>
    /// <param name="weight">[n].</param>
    /// <param name="gradient">[n], zero afterwards.</param>
    /// <param name="m">[n].</param>
    /// <param name="v">[n].</param>
    /// <param name="sumOfSquares">[1], or nothing; where it is not finite, the gradient is zeroed and all else stays.</param>
    /// <param name="clip">The largest norm; 0: any.</param>
    /// <param name="rest1">1 − β₁.</param>
    /// <param name="rest2">1 − β₂.</param>
    /// <param name="keep">1 − α·λ.</param>
    /// <param name="step">−α/(1 − β₁ᵗ).</param>
    /// <param name="rootScale">1/√(1 − β₂ᵗ).</param>
    [GpuKernel]
    public static void Step<TAccess>(
        ArrayView<float> weight, ArrayView<float> gradient, ArrayView<float> m, ArrayView<float> v, ArrayView<float> sumOfSquares, int n,
        float clip, float beta1, float rest1, float beta2, float rest2, float keep, float step, float rootScale, float epsilon)
        where TAccess : IRowAccess
    {
        int quad = Grid.IdxX * Group.DimX + Group.IdxX, i = 4 * quad;
        if (quad >= Quad.CountOf(n))
            return;
        float factor = 1;
        if (sumOfSquares.Length > 0)
        {
            float norm = MathF.Sqrt(sumOfSquares[0]) + 1e-6f;
            if (!(norm <= float.MaxValue))
            {
                TAccess.Store4(gradient, i, n - i, Quad.Of(0));
                return;
            }
            factor = clip > 0 && norm > clip ? clip / norm : 1;
        }
        Float4 g = Quad.Scale(TAccess.Load4(gradient, i, n - i), factor);
        Float4 first = Quad.Add(Quad.Scale(TAccess.Load4(m, i, n - i), beta1), Quad.Scale(g, rest1));
        // (1 − β₂)·g first: g² alone may overflow or vanish where the product does not.
        Float4 second = Quad.Add(Quad.Scale(TAccess.Load4(v, i, n - i), beta2), Quad.Multiply(Quad.Scale(g, rest2), g));
        var change = new Float4(
            Change(first.X, second.X, rootScale, epsilon), Change(first.Y, second.Y, rootScale, epsilon),
            Change(first.Z, second.Z, rootScale, epsilon), Change(first.W, second.W, rootScale, epsilon));
        TAccess.Store4(weight, i, n - i, Quad.Add(Quad.Scale(TAccess.Load4(weight, i, n - i), keep), Quad.Scale(change, step)));
        TAccess.Store4(m, i, n - i, first);
        TAccess.Store4(v, i, n - i, second);
        TAccess.Store4(gradient, i, n - i, Quad.Of(0));
    }

    private static float Change(float m, float v, float rootScale, float epsilon) => m / (MathF.Sqrt(v) * rootScale + epsilon);
}
