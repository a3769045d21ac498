using BareBert.Autograd;
using BareBert.Autograd.Ops;

namespace BareBert.Bert.Tasks;

/// <summary>
/// The loss of pairs: among the partners of all of a batch each text shall find its own. The cosines, scaled, are the scores of a
/// softmax; every other partner, and whatever texts are given that only seem to belong, are what it shall not find.
/// </summary>
/// <remarks>
/// Henderson et al. 2017, arXiv:1705.00652, §4; the scale as in Reimers and Gurevych's sentence-transformers. A partner of another text
/// that is as right (the same text, or the partner of the same text) is left out of the softmax.
/// </remarks>
internal static class InBatchNegatives
{
    // Of a score: e to this is no part of any sum of float32 numbers near 1.
    private const float LeftOut = -1e4f;

    // cos needs no square root or division of its own: LayerNorm's of [x, −x] is [x, −x]·√C / ‖x‖, since its mean is 0 and its variance ‖x‖²/C.
    private const double LeastVariance = 1e-24;

    /// <summary>Adds the loss of a batch to a total.</summary>
    /// <param name="tape">The step.</param>
    /// <param name="vectors">[parts·B, C]: the texts', their partners', and where there are such those of what only seems to belong.</param>
    /// <param name="pairs">[B].</param>
    /// <param name="factor">The scale.</param>
    /// <param name="total">[1], scale·Σ losses is added.</param>
    /// <param name="scale">Multiplies the losses.</param>
    /// <returns>[B].</returns>
    public static Tensor Apply(Tape tape, Variable vectors, IReadOnlyList<SentencePair> pairs, double factor, Tensor total, double scale)
    {
        Variable directions = Directions(tape, vectors, factor);
        int rows = vectors.Shape[0], own = pairs.Count;
        Variable texts = GatherRows.Apply(tape, directions, tape.Upload([.. Enumerable.Range(0, own)]));
        Variable partners = GatherRows.Apply(tape, directions, tape.Upload([.. Enumerable.Range(own, rows - own)]));
        Variable cosines = MatMul.Apply(tape, texts, partners, transposeB: true);
        Variable scores = Add.Apply(tape, cosines, tape.Constant(cosines.Shape, LeaveOut(pairs, rows / own - 1)));
        return CrossEntropy.Apply(tape, total, scores, tape.Upload([.. Enumerable.Range(0, own)]), scale).Losses;
    }

    /// <summary>Vectors whose products are the scaled cosines of those given: [rows, 2·C].</summary>
    private static Variable Directions(Tape tape, Variable vectors, double factor)
    {
        int width = vectors.Shape[1];
        var mirror = new float[width * 2 * width];
        for (int i = 0; i < width; i++)
            (mirror[i * 2 * width + i], mirror[i * 2 * width + width + i]) = (1, -1);
        float[] lengths = new float[2 * width];
        Array.Fill(lengths, (float)Math.Sqrt(factor / (2 * width)));
        return LayerNorm.Apply(tape, MatMul.Apply(tape, vectors, tape.Constant(new Shape(("C", width), ("2C", 2 * width)), mirror)),
            tape.Constant(new Shape(2 * width), lengths), tape.Constant(new Shape(2 * width), new float[2 * width]), LeastVariance);
    }

    /// <summary>[B, partners·B]: 0, or <see cref="LeftOut"/> where another's partner is as right as the own.</summary>
    internal static float[] LeaveOut(IReadOnlyList<SentencePair> pairs, int partners)
    {
        int own = pairs.Count, cols = partners * own;
        var mask = new float[own * cols];
        for (int i = 0; i < own; i++)
        {
            for (int j = 0; j < cols; j++)
            {
                SentencePair other = pairs[j % own];
                bool isSame = j < own ? other.Anchor == pairs[i].Anchor || other.Positive == pairs[i].Positive : other.Negative == pairs[i].Positive;
                if (isSame && j != i)
                    mask[i * cols + j] = LeftOut;
            }
        }
        return mask;
    }
}
