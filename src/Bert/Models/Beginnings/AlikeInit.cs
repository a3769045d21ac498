using BareBert.Kernels;

namespace BareBert.Bert.Models;

/// <summary>
/// Has attention begin as trained attention is (Trockman, Kolter 2023, "Mimetic Initialization of Self-Attention Layers", arXiv:2305.09828, in a simple form). W_Q = W_K: the score
/// of two tokens is then a scalar product of one projection of both, largest where they are alike, so that a token attends from the first step on to itself and to its like, where
/// weights drawn alone give scores about zero and a mean over the whole sequence. W_O = W_Vᵀ: what is read of a token is then about that token, on the way to predicting it (theirs has the other sign, for images).
/// </summary>
/// <remarks>
/// A token's embedding is the sum of a word, a position and a segment, drawn alike large: the same word elsewhere, and in the other segment, has a third of the score that the token has with itself.
/// Positions and segments begin smaller, so that it is words that are alike.
/// </remarks>
internal static class AlikeInit
{
    // Of queries and keys; those of the last layer, whose [CLS] reads what is said of the whole text, look more evenly at all tokens; of values and outputs.
    private const double Scores = 0.065, LastScores = 0.02, Values = 0.085;

    // In the standard deviation that they were drawn with.
    private const double PositionScale = 0.5, TypeScale = 0.3;

    /// <summary>Draws the attention's weights anew.</summary>
    /// <param name="model">A new one.</param>
    /// <param name="seed">Of the model.</param>
    public static void Apply(BertModel model, ulong seed)
    {
        Scale(model, "embeddings.position", PositionScale);
        Scale(model, "embeddings.type", TypeScale);
        ParameterSpec? last = AttentionWeights.OfLast(model);
        foreach ((int stream, ParameterSpec joined) in AttentionWeights.Of(model))
            Draw(model, joined, joined == last ? LastScores : Scores, seed, (uint)stream);
        SegmentInit.Apply(model);
    }

    private static void Draw(BertModel model, ParameterSpec joined, double scores, ulong seed, uint stream)
    {
        var weights = new float[joined.Count];
        NormalFill.Fill(weights, 1, seed, stream);
        int size = weights.Length / 3;
        Span<float> queries = weights.AsSpan(0, size), values = weights.AsSpan(2 * size);
        AttentionWeights.Multiply(queries, scores);
        queries.CopyTo(weights.AsSpan(size));
        AttentionWeights.Multiply(values, Values);
        model.Set(joined, weights);
        ParameterSpec output = AttentionWeights.OutputOf(model, joined);
        var transposed = new float[size];
        Transposed.Write(values, output.Shape[1], output.Shape[0], transposed);
        model.Set(output, transposed);
    }

    private static void Scale(BertModel model, string table, double factor)
    {
        if (!model.Layout.Contains(table))
            return;
        float[] values = model.CopyOf(model.Layout[table]);
        AttentionWeights.Multiply(values, factor);
        model.Set(model.Layout[table], values);
    }
}
