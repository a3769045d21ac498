namespace BareBert.Kernels;

public partial interface IDeviceKernels : IKernel<VocabularyLoss>;

/// <summary>
/// The masked-language-model loss: logits = x·weightᵀ + bias over the whole vocabulary and softmax cross-entropy against the
/// labels, fused so that [rows, V] logits never exist whole; and, where asked for, the gradients of scale·Σ losses in the
/// same pass, because a chunk's logits are at hand only then.
/// </summary>
/// <remarks>2·rows·V·C flops, and twice that again for the gradients. Derivation in README.md.</remarks>
public readonly struct VocabularyLoss : IKernelCall<VocabularyLoss>
{
    /// <summary>[rows], −log p[label], overwritten.</summary>
    public required Tensor Losses { get; init; }

    /// <summary>[rows], Int32: the first index of the largest logit, overwritten; optional.</summary>
    public Tensor Predictions { get; init; }

    /// <summary>[rows, C]; optional.</summary>
    public Tensor DX { get; init; }

    /// <summary>[V, C]; optional.</summary>
    public Tensor DWeight { get; init; }

    /// <summary>[V]; optional.</summary>
    public Tensor DBias { get; init; }

    /// <summary>[rows, C].</summary>
    public required Tensor X { get; init; }

    /// <summary>[V, C]: the word embeddings, tied.</summary>
    public required Tensor Weight { get; init; }

    /// <summary>[V].</summary>
    public required Tensor Bias { get; init; }

    /// <summary>[rows], Int32 in [0, V).</summary>
    public required Tensor Labels { get; init; }

    /// <summary>What the sum of losses is multiplied by: 1 over the masked tokens of the whole accumulation window.</summary>
    public required double Scale { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(
        2.0 * (1 + (DX.IsNone ? 0 : 1) + (DWeight.IsNone ? 0 : 1)) * X.Count * Weight.Rows, Traffic.Of([X, Weight], updated: [DX, DWeight]));

    internal (int Rows, int V, int C) Sizes => (X.Rows, Weight.Rows, X.Cols);

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(X, 2);
        Checks.Rank(Weight, 2);
        Checks.Has(Weight, new Shape(Weight.Rows, X.Cols));
        Checks.Has(Bias, new Shape(Weight.Rows));
        Checks.Has(Labels, new Shape(X.Rows));
        Checks.Has(Losses, new Shape(X.Rows));
        Checks.Optional(Predictions, new Shape(X.Rows));
        Checks.Optional(DX, X.Shape);
        Checks.Optional(DWeight, Weight.Shape);
        Checks.Optional(DBias, Bias.Shape);
        Lookups.CheckRange(Labels, Weight.Rows, nameof(Labels));
    }
}

public sealed partial class ReferenceKernels<T>
{
    void IKernel<VocabularyLoss>.Run(in VocabularyLoss call)
    {
        (int rows, int v, int c) = call.Sizes;
        Span<T> xs = call.X.Span<T>(), ws = call.Weight.Span<T>(), bs = call.Bias.Span<T>();
        Span<T> dxs = Optional(call.DX), dws = Optional(call.DWeight), dbs = Optional(call.DBias);
        var logits = new T[v];
        for (int row = 0; row < rows; row++)
        {
            int label = call.Labels.Span<int>()[row], best = 0;
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
            Set(call.Losses.Span<T>(), row, lse - Get(logits, label));
            if (!call.Predictions.IsNone)
                call.Predictions.Span<int>()[row] = best;
            for (int word = 0; word < v; word++)
            {
                double g = call.Scale * (Math.Exp(Get(logits, word) - lse) - (word == label ? 1 : 0));
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
