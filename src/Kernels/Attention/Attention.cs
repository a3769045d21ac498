namespace BareBert.Kernels;

public partial interface IKernels
{
    /// <summary>
    /// Self-attention of each packed sequence with itself, all heads: per head, y = dropout(softmax(q·kᵀ/√D))·v.
    /// </summary>
    /// <param name="y">[tokens, C], the heads side by side, overwritten.</param>
    /// <param name="logSumExp">[tokens, heads], log Σⱼ exp(q·kⱼ/√D) of each row of scores; saved for backward.</param>
    /// <param name="qkv">[tokens, 3C]: q, k and v side by side, in each the heads side by side, D = C/heads.</param>
    /// <param name="offsets">[B + 1], Int32: sequence b is the tokens [offsets[b], offsets[b + 1]). Every sequence has one token or more.</param>
    /// <param name="maxLength">The longest sequence's tokens, for devices that cannot look at offsets from the host.</param>
    /// <param name="heads">Number of heads; divides C.</param>
    /// <param name="dropout">Of the probabilities: row = token·heads + head, column = key's index in its sequence.</param>
    /// <remarks>
    /// Vaswani et al. 2017, arXiv:1706.03762; tiles and an online softmax as in Dao et al. 2022, arXiv:2205.14135: no
    /// [T, T] matrix reaches memory. 4·C·Σ T² flops. Derivation in README.md.
    /// </remarks>
    void AttentionForward(Tensor y, Tensor logSumExp, Tensor qkv, Tensor offsets, int maxLength, int heads, DropoutMask dropout);

    /// <summary>Its gradient: dqkv += …, with the scores computed again from qkv and logSumExp.</summary>
    /// <param name="dqkv">[tokens, 3C].</param>
    /// <param name="dy">[tokens, C].</param>
    /// <param name="y">[tokens, C], as the forward pass wrote it.</param>
    /// <param name="logSumExp">[tokens, heads].</param>
    /// <param name="qkv">[tokens, 3C].</param>
    /// <param name="offsets">[B + 1].</param>
    /// <param name="maxLength">The longest sequence's tokens.</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="dropout">As in the forward pass.</param>
    /// <remarks>10·C·Σ T² flops.</remarks>
    void AttentionBackward(
        Tensor dqkv, Tensor dy, Tensor y, Tensor logSumExp, Tensor qkv, Tensor offsets, int maxLength, int heads, DropoutMask dropout);
}

/// <summary>The sizes of one attention, taken from its operands and checked.</summary>
internal readonly record struct AttentionShape(int Tokens, int C, int Sequences, int Heads, int HeadSize)
{
    public static AttentionShape Of(Tensor y, Tensor logSumExp, Tensor qkv, Tensor offsets, int heads)
    {
        Checks.Rank(qkv, 2);
        Checks.Rank(offsets, 1);
        int tokens = qkv.Shape[0], c = qkv.Shape[1] / 3;
        if (qkv.Shape[1] % 3 != 0 || heads < 1 || c % heads != 0)
            throw new ArgumentException($"qkv is {qkv.Shape}, not [tokens, 3C] with C a multiple of {heads} heads");
        y.Require(new Shape(tokens, c), nameof(y));
        logSumExp.Require(new Shape(tokens, heads), nameof(logSumExp));
        return new AttentionShape(tokens, c, offsets.Shape[0] - 1, heads, c / heads);
    }
}

public sealed partial class ReferenceKernels<T>
{
    /// <inheritdoc/>
    public void AttentionForward(Tensor y, Tensor logSumExp, Tensor qkv, Tensor offsets, int maxLength, int heads, DropoutMask dropout)
    {
        AttentionShape shape = AttentionShape.Of(y, logSumExp, qkv, offsets, heads);
        var scores = new double[maxLength];
        ForEachQuery(shape, offsets, (start, end, query, head) =>
        {
            Span<T> x = qkv.Span<T>(), ys = y.Span<T>();
            double lse = Scores(scores, x, shape, start, end, query, head);
            Set(logSumExp.Span<T>(), query * heads + head, lse);
            for (int key = start; key < end; key++)
                scores[key - start] = Math.Exp(scores[key - start] - lse) * Kept(dropout, query * heads + head, key - start);
            for (int d = 0; d < shape.HeadSize; d++)
            {
                double sum = 0;
                for (int key = start; key < end; key++)
                    sum += scores[key - start] * Get(x, At(shape, key, 2, head, d));
                Set(ys, query * shape.C + head * shape.HeadSize + d, sum);
            }
        });
    }

    /// <inheritdoc/>
    public void AttentionBackward(
        Tensor dqkv, Tensor dy, Tensor y, Tensor logSumExp, Tensor qkv, Tensor offsets, int maxLength, int heads, DropoutMask dropout)
    {
        AttentionShape shape = AttentionShape.Of(y, logSumExp, qkv, offsets, heads);
        Checks.Same(dqkv, qkv);
        Checks.Same(dy, y);
        double scale = 1 / Math.Sqrt(shape.HeadSize);
        var scores = new double[maxLength];
        ForEachQuery(shape, offsets, (start, end, query, head) =>
        {
            Span<T> x = qkv.Span<T>(), dx = dqkv.Span<T>(), ys = y.Span<T>(), dys = dy.Span<T>();
            Scores(scores, x, shape, start, end, query, head);
            double lse = Get(logSumExp.Span<T>(), query * heads + head);
            int row = query * shape.C + head * shape.HeadSize;

            // delta = Σⱼ pⱼ·dpⱼ, and because y = Σⱼ pⱼ·vⱼ that is y·dy.
            double delta = 0;
            for (int d = 0; d < shape.HeadSize; d++)
                delta += Get(ys, row + d) * Get(dys, row + d);
            for (int key = start; key < end; key++)
            {
                double p = Math.Exp(scores[key - start] - lse), kept = Kept(dropout, query * heads + head, key - start), dp = 0;
                for (int d = 0; d < shape.HeadSize; d++)
                {
                    dp += Get(dys, row + d) * Get(x, At(shape, key, 2, head, d));
                    Add(dx, At(shape, key, 2, head, d), p * kept * Get(dys, row + d));
                }
                double ds = p * (dp * kept - delta) * scale;
                for (int d = 0; d < shape.HeadSize; d++)
                {
                    Add(dx, At(shape, query, 0, head, d), ds * Get(x, At(shape, key, 1, head, d)));
                    Add(dx, At(shape, key, 1, head, d), ds * Get(x, At(shape, query, 0, head, d)));
                }
            }
        });
    }

    // Fills scores with q·k/√D of one query and returns log Σ exp of them.
    private static double Scores(double[] scores, Span<T> x, AttentionShape shape, int start, int end, int query, int head)
    {
        double max = double.NegativeInfinity, sum = 0;
        for (int key = start; key < end; key++)
        {
            double score = 0;
            for (int d = 0; d < shape.HeadSize; d++)
                score += Get(x, At(shape, query, 0, head, d)) * Get(x, At(shape, key, 1, head, d));
            scores[key - start] = score / Math.Sqrt(shape.HeadSize);
            max = Math.Max(max, scores[key - start]);
        }
        for (int key = start; key < end; key++)
            sum += Math.Exp(scores[key - start] - max);
        return max + Math.Log(sum);
    }

    // Where element d of a token's q (part 0), k (1) or v (2) lies in [tokens, 3C].
    private static int At(AttentionShape shape, int token, int part, int head, int d) =>
        token * 3 * shape.C + part * shape.C + head * shape.HeadSize + d;

    private static void ForEachQuery(AttentionShape shape, Tensor offsets, Action<int, int, int, int> body)
    {
        for (int sequence = 0; sequence < shape.Sequences; sequence++)
        {
            int start = offsets.Span<int>()[sequence], end = offsets.Span<int>()[sequence + 1];
            for (int head = 0; head < shape.Heads; head++)
            {
                for (int query = start; query < end; query++)
                    body(start, end, query, head);
            }
        }
    }
}
