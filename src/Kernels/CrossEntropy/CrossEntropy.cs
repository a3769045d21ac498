namespace BareBert.Kernels;

/// <summary>Constants of the losses.</summary>
public static class Labels
{
    /// <summary>A row with this label has no loss and no gradient, as in PyTorch.</summary>
    public const int Ignore = -100;

    /// <summary>Throws where a label is no class, if the host can look at them: a device is not waited for.</summary>
    internal static void Check(Tensor labels, int classes)
    {
        if (!labels.IsOnHost)
            return;
        foreach (int label in labels.Span<int>())
        {
            if (label != Ignore && (uint)label >= (uint)classes)
                throw new ArgumentException($"a label is {label}, not in [0, {classes}) and not {Ignore}");
        }
    }
}

public partial interface IDeviceKernels : IKernel<CrossEntropyForward>, IKernel<CrossEntropyBackward>;

/// <summary>
/// Softmax cross-entropy: with p = softmax(logits) and target distribution t = (1 − ε)·onehot(label) + ε/classes,
/// losses[i] = −Σ w·t·log p, w the weights of the classes.
/// </summary>
/// <remarks>As PyTorch's <c>cross_entropy(weight, label_smoothing, reduction="none")</c>. The maximum is subtracted before exp. Derivation in README.md.</remarks>
public readonly struct CrossEntropyForward : IKernelCall<CrossEntropyForward>
{
    /// <summary>[rows], overwritten; 0 where the label is <see cref="Kernels.Labels.Ignore"/>.</summary>
    public required Tensor Losses { get; init; }

    /// <summary>[rows, classes], softmax(logits), overwritten, saved for backward; may be Logits.</summary>
    public required Tensor Probs { get; init; }

    /// <summary>[rows, classes].</summary>
    public required Tensor Logits { get; init; }

    /// <summary>[rows], Int32 in [0, classes) or <see cref="Kernels.Labels.Ignore"/>.</summary>
    public required Tensor Labels { get; init; }

    /// <summary>[classes], w; optional: all 1.</summary>
    public Tensor ClassWeights { get; init; }

    /// <summary>ε in [0, 1): Szegedy et al. 2016, arXiv:1512.00567.</summary>
    public double Smoothing { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([Logits], [Probs]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(Logits, 2);
        Checks.Same(Probs, Logits);
        Checks.Has(Losses, new Shape(Logits.Rows));
        Checks.Has(Labels, new Shape(Logits.Rows));
        Checks.Optional(ClassWeights, new Shape(Logits.Cols));
        Kernels.Labels.Check(Labels, Logits.Cols);
    }
}

/// <summary>dlogits += scale·(probs·Σ w·t − w·t): the gradient of scale·Σ losses.</summary>
public readonly struct CrossEntropyBackward : IKernelCall<CrossEntropyBackward>
{
    /// <summary>[rows, classes].</summary>
    public required Tensor DLogits { get; init; }

    /// <summary>[rows, classes], as the forward pass wrote it.</summary>
    public required Tensor Probs { get; init; }

    /// <summary>[rows].</summary>
    public required Tensor Labels { get; init; }

    /// <summary>What the sum of losses is multiplied by, 1/rows for a mean.</summary>
    public required double Scale { get; init; }

    /// <summary>[classes]; optional.</summary>
    public Tensor ClassWeights { get; init; }

    /// <summary>ε.</summary>
    public double Smoothing { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([Probs], updated: [DLogits]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(Probs, 2);
        Checks.Same(DLogits, Probs);
        Checks.Has(Labels, new Shape(Probs.Rows));
        Checks.Optional(ClassWeights, new Shape(Probs.Cols));
        Kernels.Labels.Check(Labels, Probs.Cols);
    }
}

public sealed partial class ReferenceKernels<T>
{
    void IKernel<CrossEntropyForward>.Run(in CrossEntropyForward call)
    {
        (int rows, int classes) = (call.Logits.Rows, call.Logits.Cols);
        Span<int> labels = call.Labels.Span<int>();
        Span<T> logits = call.Logits.Span<T>(), probs = call.Probs.Span<T>(), losses = call.Losses.Span<T>(), weights = Optional(call.ClassWeights);
        for (int row = 0; row < rows; row++)
        {
            Span<T> x = logits.Slice(row * classes, classes), p = probs.Slice(row * classes, classes);
            double lse = LogSumExp(x), loss = 0;
            int label = labels[row];
            for (int c = 0; c < classes; c++)
            {
                double logP = Get(x, c) - lse;
                Set(p, c, Math.Exp(logP));
                if (label != Labels.Ignore && Target(c, label, classes, call.Smoothing) is > 0 and double target)
                    loss -= target * logP * (weights.IsEmpty ? 1 : Get(weights, c));
            }
            Set(losses, row, loss);
        }
    }

    void IKernel<CrossEntropyBackward>.Run(in CrossEntropyBackward call)
    {
        (int rows, int classes) = (call.Probs.Rows, call.Probs.Cols);
        Span<int> labels = call.Labels.Span<int>();
        Span<T> dx = call.DLogits.Span<T>(), p = call.Probs.Span<T>(), weights = Optional(call.ClassWeights);
        for (int row = 0; row < rows; row++)
        {
            int label = labels[row];
            if (label == Labels.Ignore)
                continue;
            double total = 0;
            for (int c = 0; c < classes; c++)
                total += Target(c, label, classes, call.Smoothing) * (weights.IsEmpty ? 1 : Get(weights, c));
            for (int c = 0; c < classes; c++)
            {
                double target = Target(c, label, classes, call.Smoothing) * (weights.IsEmpty ? 1 : Get(weights, c));
                Add(dx, row * classes + c, call.Scale * (Get(p, row * classes + c) * total - target));
            }
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
