namespace BareBert.Kernels;

/// <summary>Constants of the losses.</summary>
public static class Labels
{
    /// <summary>A row with this label has no loss and no gradient, as in PyTorch.</summary>
    public const int Ignore = -100;
}

public partial interface IKernels
{
    /// <summary>
    /// Softmax cross-entropy: with p = softmax(logits) and target distribution t = (1 − ε)·onehot(label) + ε/classes,
    /// losses[i] = −w·Σ t·log p, w the weight of the row's class.
    /// </summary>
    /// <param name="losses">[rows], overwritten; 0 where the label is <see cref="Labels.Ignore"/>.</param>
    /// <param name="probs">[rows, classes], softmax(logits), overwritten, saved for backward; may be logits.</param>
    /// <param name="logits">[rows, classes].</param>
    /// <param name="labels">[rows], Int32 in [0, classes) or <see cref="Labels.Ignore"/>.</param>
    /// <param name="classWeights">[classes], w; optional: all 1.</param>
    /// <param name="smoothing">ε in [0, 1): Szegedy et al. 2016, arXiv:1512.00567.</param>
    /// <remarks>The maximum is subtracted before exp. Derivation in README.md.</remarks>
    void CrossEntropyForward(Tensor losses, Tensor probs, Tensor logits, Tensor labels, Tensor classWeights = default, double smoothing = 0);

    /// <summary>dlogits += scale·w·(probs − t): the gradient of scale·Σ losses.</summary>
    /// <param name="dlogits">[rows, classes].</param>
    /// <param name="probs">[rows, classes], as the forward pass wrote it.</param>
    /// <param name="labels">[rows].</param>
    /// <param name="scale">What the sum of losses is multiplied by, 1/rows for a mean.</param>
    /// <param name="classWeights">[classes]; optional.</param>
    /// <param name="smoothing">ε.</param>
    void CrossEntropyBackward(Tensor dlogits, Tensor probs, Tensor labels, double scale, Tensor classWeights = default, double smoothing = 0);
}

/// <summary>Shape checks of the losses.</summary>
internal static class LossChecks
{
    public static void Rows(Tensor logits, Tensor labels, Tensor losses, Tensor classWeights)
    {
        Checks.Rank(logits, 2, "logits");
        labels.Require(new Shape(logits.Shape[0]), nameof(labels));
        Checks.Optional(losses, new Shape(logits.Shape[0]));
        Checks.Optional(classWeights, new Shape(logits.Shape[1]));
    }

    /// <summary>Throws where a label is no class, if the host can look at them: a device is not waited for.</summary>
    public static void InRange(Tensor labels, int classes)
    {
        if (labels.IsOnHost)
            InRange(labels.Span<int>(), classes);
    }

    public static void InRange(ReadOnlySpan<int> labels, int classes)
    {
        foreach (int label in labels)
        {
            if (label != Labels.Ignore && (uint)label >= (uint)classes)
                throw new ArgumentException($"a label is {label}, not in [0, {classes}) and not {Labels.Ignore}");
        }
    }
}

public sealed partial class ReferenceKernels<T>
{
    /// <inheritdoc/>
    public void CrossEntropyForward(
        Tensor losses, Tensor probs, Tensor logits, Tensor labels, Tensor classWeights = default, double smoothing = 0)
    {
        LossChecks.Rows(logits, labels, losses, classWeights);
        Checks.Same(probs, logits);
        (int rows, int classes) = (logits.Shape[0], logits.Shape[1]);
        LossChecks.InRange(labels.Span<int>(), classes);
        Span<T> weights = Optional(classWeights);
        for (int row = 0; row < rows; row++)
        {
            Span<T> x = logits.Span<T>().Slice(row * classes, classes), p = probs.Span<T>().Slice(row * classes, classes);
            double lse = LogSumExp(x), loss = 0;
            int label = labels.Span<int>()[row];
            for (int c = 0; c < classes; c++)
            {
                double logP = Get(x, c) - lse;
                Set(p, c, Math.Exp(logP));
                if (label != Labels.Ignore && Target(c, label, classes, smoothing) is > 0 and double target)
                    loss -= target * logP * (weights.IsEmpty ? 1 : Get(weights, label));
            }
            Set(losses.Span<T>(), row, loss);
        }
    }

    /// <inheritdoc/>
    public void CrossEntropyBackward(
        Tensor dlogits, Tensor probs, Tensor labels, double scale, Tensor classWeights = default, double smoothing = 0)
    {
        LossChecks.Rows(probs, labels, default, classWeights);
        Checks.Same(dlogits, probs);
        (int rows, int classes) = (probs.Shape[0], probs.Shape[1]);
        LossChecks.InRange(labels.Span<int>(), classes);
        Span<T> dx = dlogits.Span<T>(), p = probs.Span<T>(), weights = Optional(classWeights);
        for (int row = 0; row < rows; row++)
        {
            int label = labels.Span<int>()[row];
            if (label == Labels.Ignore)
                continue;
            double w = weights.IsEmpty ? 1 : Get(weights, label);
            for (int c = 0; c < classes; c++)
                Add(dx, row * classes + c, scale * w * (Get(p, row * classes + c) - Target(c, label, classes, smoothing)));
        }
    }

    private static double Target(int c, int label, int classes, double smoothing) =>
        (c == label ? 1 - smoothing : 0) + smoothing / classes;

    private static double LogSumExp(Span<T> x)
    {
        double max = double.NegativeInfinity, sum = 0;
        for (int i = 0; i < x.Length; i++)
            max = Math.Max(max, Get(x, i));
        for (int i = 0; i < x.Length; i++)
            sum += Math.Exp(Get(x, i) - max);
        return max + Math.Log(sum);
    }
}
