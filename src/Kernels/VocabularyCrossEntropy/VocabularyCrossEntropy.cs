namespace BareBert.Kernels;

public partial interface IKernels
{
    /// <summary>
    /// The masked-language-model loss: logits = x·weightᵀ + bias over the whole vocabulary and softmax cross-entropy against the
    /// labels, fused so that [rows, V] logits never exist whole; and, where asked for, the gradients of scale·Σ losses in the
    /// same pass, because a chunk's logits are at hand only then.
    /// </summary>
    /// <param name="losses">[rows], −log p[label], overwritten.</param>
    /// <param name="predictions">[rows], Int32: the first index of the largest logit, overwritten; optional.</param>
    /// <param name="dx">[rows, C]; optional.</param>
    /// <param name="dweight">[V, C]; optional.</param>
    /// <param name="dbias">[V]; optional.</param>
    /// <param name="x">[rows, C].</param>
    /// <param name="weight">[V, C]: the word embeddings, tied.</param>
    /// <param name="bias">[V].</param>
    /// <param name="labels">[rows], Int32 in [0, V).</param>
    /// <param name="scale">What the sum of losses is multiplied by: 1 over the masked tokens of the whole accumulation window.</param>
    /// <remarks>2·rows·V·C flops, and twice that again for the gradients. Derivation in README.md.</remarks>
    void VocabularyCrossEntropy(
        Tensor losses, Tensor predictions, Tensor dx, Tensor dweight, Tensor dbias,
        Tensor x, Tensor weight, Tensor bias, Tensor labels, double scale);
}

/// <summary>The sizes of one vocabulary cross-entropy, taken from its operands and checked.</summary>
internal readonly record struct VocabularyShape(int Rows, int V, int C)
{
    public static VocabularyShape Of(
        Tensor losses, Tensor predictions, Tensor dx, Tensor dweight, Tensor dbias, Tensor x, Tensor weight, Tensor bias, Tensor labels)
    {
        Checks.Rank(x, 2);
        Checks.Rank(weight, 2);
        int rows = x.Shape[0], c = x.Shape[1], v = weight.Shape[0];
        if (weight.Shape[1] != c)
            throw new ArgumentException($"weight is {weight.Shape}, not [V, {c}]: x is {x.Shape}");
        bias.Require(new Shape(v), nameof(bias));
        labels.Require(new Shape(rows), nameof(labels));
        losses.Require(new Shape(rows), nameof(losses));
        Checks.Optional(predictions, new Shape(rows));
        Checks.Optional(dx, x.Shape);
        Checks.Optional(dweight, weight.Shape);
        Checks.Optional(dbias, bias.Shape);
        return new VocabularyShape(rows, v, c);
    }
}

public sealed partial class ReferenceKernels<T>
{
    /// <inheritdoc/>
    public void VocabularyCrossEntropy(
        Tensor losses, Tensor predictions, Tensor dx, Tensor dweight, Tensor dbias,
        Tensor x, Tensor weight, Tensor bias, Tensor labels, double scale)
    {
        (int rows, int v, int c) = VocabularyShape.Of(losses, predictions, dx, dweight, dbias, x, weight, bias, labels);
        RowChecks.InRange(labels.Span<int>(), v, nameof(labels));
        Span<T> xs = x.Span<T>(), ws = weight.Span<T>(), bs = bias.Span<T>();
        Span<T> dxs = Optional(dx), dws = Optional(dweight), dbs = Optional(dbias);
        var logits = new T[v];
        for (int row = 0; row < rows; row++)
        {
            int label = labels.Span<int>()[row], best = 0;
            for (int word = 0; word < v; word++)
            {
                double sum = Get(bs, word);
                for (int i = 0; i < c; i++)
                    sum += Get(xs, row * c + i) * Get(ws, word * c + i);
                Set(logits, word, sum);
                if (logits[word] > logits[best])
                    best = word;
            }
            double lse = LogSumExp(logits);
            Set(losses.Span<T>(), row, lse - Get(logits, label));
            if (!predictions.IsNone)
                predictions.Span<int>()[row] = best;
            for (int word = 0; word < v; word++)
            {
                double g = scale * (Math.Exp(Get(logits, word) - lse) - (word == label ? 1 : 0));
                if (!dbs.IsEmpty)
                    Add(dbs, word, g);
                for (int i = 0; i < c; i++)
                {
                    if (!dxs.IsEmpty)
                        Add(dxs, row * c + i, g * Get(ws, word * c + i));
                    if (!dws.IsEmpty)
                        Add(dws, word * c + i, g * Get(xs, row * c + i));
                }
            }
        }
    }
}
