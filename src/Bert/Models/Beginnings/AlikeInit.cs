using BareBert.Kernels;

namespace BareBert.Bert.Models;

/// <summary>
/// Has attention begin as trained attention is (Trockman, Kolter 2023, "Mimetic Initialization of Self-Attention Layers", arXiv:2305.09828, in a simple form). W_Q = W_K: the score
/// of two tokens is then a scalar product of one projection of both, largest where they are alike, so that a token attends from the first step on to itself and to its like, where
/// weights drawn alone give scores about zero and a mean over the whole sequence. W_O = W_Vᵀ: what is read of a token is then about that token, on the way to predicting it (theirs has the other sign, for images).
/// </summary>
internal static class AlikeInit
{
    private const double Deviation = 0.05;

    /// <summary>Draws the attention's weights anew.</summary>
    /// <param name="model">A new one.</param>
    /// <param name="seed">Of the model.</param>
    public static void Apply(BertModel model, ulong seed)
    {
        foreach ((int stream, ParameterSpec joined) in AttentionWeights.Of(model))
        {
            var weights = new float[joined.Count];
            NormalFill.Fill(weights, Deviation, seed, (uint)stream);
            int size = weights.Length / 3;
            weights.AsSpan(0, size).CopyTo(weights.AsSpan(size));
            model.Set(joined, weights);
            ParameterSpec output = AttentionWeights.OutputOf(model, joined);
            var transposed = new float[size];
            Transposed.Write(weights.AsSpan(2 * size), output.Shape[1], output.Shape[0], transposed);
            model.Set(output, transposed);
        }
    }
}
