using System.Diagnostics;

namespace BareBert.Kernels;

/// <summary>What one kind of kernel has cost so far.</summary>
/// <param name="Name">The kernel's method.</param>
/// <param name="Calls">How often it was called.</param>
/// <param name="Seconds">Wall-clock time in it.</param>
/// <param name="Flops">Floating-point operations that the mathematics asks for.</param>
/// <param name="Bytes">Bytes of the operands, each counted once.</param>
public readonly record struct KernelCost(string Name, long Calls, double Seconds, double Flops, double Bytes);

/// <summary>
/// Any device's kernels with a stopwatch around each: where a run's time goes. Waits for the device after every call, so
/// overlapping work is serialised while it measures.
/// </summary>
public sealed class ProfilingKernels(IKernels inner) : IKernels
{
    private readonly Dictionary<string, KernelCost> _costs = [];

    /// <summary>The kernels called so far, the most expensive first.</summary>
    public IReadOnlyList<KernelCost> Costs => [.. _costs.Values.OrderByDescending(c => c.Seconds)];

    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public DeviceMemory Memory => inner.Memory;

    /// <inheritdoc/>
    public DType ElementType => inner.ElementType;

    /// <summary>Forgets what was measured.</summary>
    public void Reset() => _costs.Clear();

    /// <inheritdoc/>
    public void Synchronize() => inner.Synchronize();

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    /// <inheritdoc/>
    public void Run<TCall>(in TCall call) where TCall : struct, IKernelCall<TCall>
    {
        long start = Start();
        inner.Run(call);
        Stop(typeof(TCall).Name, start, call.Work.Flops, call.Work.Traffic.Bytes);
    }

    /// <inheritdoc/>
    public void MatMul(Tensor c, Tensor a, Tensor b, bool transposeA = false, bool transposeB = false, bool accumulate = false)
    {
        long start = Start();
        inner.MatMul(c, a, b, transposeA, transposeB, accumulate);
        int k = a.Shape[transposeA ? a.Shape.Rank - 2 : a.Shape.Rank - 1];
        Stop(nameof(MatMul), start, 2.0 * c.Count * k, a.Bytes + b.Bytes + c.Bytes);
    }

    /// <inheritdoc/>
    public void LinearForward(Tensor y, Tensor preActivation, Tensor x, Tensor weight, Tensor bias, Activation activation = Activation.None)
    {
        long start = Start();
        inner.LinearForward(y, preActivation, x, weight, bias, activation);
        Stop(nameof(LinearForward), start, 2.0 * y.Count * x.Cols, Bytes(y, preActivation, x, weight, bias));
    }

    /// <inheritdoc/>
    public void LinearBackward(
        Tensor dx, Tensor dweight, Tensor dbias, Tensor dy, Tensor x, Tensor weight,
        Tensor preActivation = default, Activation activation = Activation.None)
    {
        long start = Start();
        inner.LinearBackward(dx, dweight, dbias, dy, x, weight, preActivation, activation);
        int products = (dx.IsNone ? 0 : 1) + (dweight.IsNone ? 0 : 1);
        Stop(nameof(LinearBackward), start, 2.0 * products * dy.Count * x.Cols, Bytes(dx, dweight, dbias, dy, x, weight, preActivation));
    }

    /// <inheritdoc/>
    public void Nf4LinearForward(Tensor y, Tensor x, Nf4Matrix weight, Tensor bias)
    {
        long start = Start();
        inner.Nf4LinearForward(y, x, weight, bias);
        Stop(nameof(Nf4LinearForward), start, 2.0 * y.Count * x.Cols, Bytes(y, x, bias) + weight.Bytes);
    }

    /// <inheritdoc/>
    public void Nf4LinearBackward(Tensor dx, Tensor dy, Nf4Matrix weight)
    {
        long start = Start();
        inner.Nf4LinearBackward(dx, dy, weight);
        Stop(nameof(Nf4LinearBackward), start, 2.0 * dy.Count * dx.Cols, Bytes(dx, dy) + weight.Bytes);
    }

    /// <inheritdoc/>
    public void ActivationForward(Tensor y, Tensor x, Activation activation)
    {
        long start = Start();
        inner.ActivationForward(y, x, activation);
        Stop(nameof(ActivationForward), start, 0, Bytes(y, x));
    }

    /// <inheritdoc/>
    public void ActivationBackward(Tensor dx, Tensor dy, Tensor x, Activation activation)
    {
        long start = Start();
        inner.ActivationBackward(dx, dy, x, activation);
        Stop(nameof(ActivationBackward), start, 0, Bytes(dx, dx, dy, x));
    }

    /// <inheritdoc/>
    public void DropoutForward(Tensor y, Tensor x, DropoutMask dropout)
    {
        long start = Start();
        inner.DropoutForward(y, x, dropout);
        Stop(nameof(DropoutForward), start, 0, Bytes(y, x));
    }

    /// <inheritdoc/>
    public void DropoutBackward(Tensor dx, Tensor dy, DropoutMask dropout)
    {
        long start = Start();
        inner.DropoutBackward(dx, dy, dropout);
        Stop(nameof(DropoutBackward), start, 0, Bytes(dx, dx, dy));
    }

    /// <inheritdoc/>
    public void EmbeddingForward(Tensor y, Tensor word, Tensor position, Tensor type, Tensor ids, Tensor positions, Tensor types)
    {
        long start = Start();
        inner.EmbeddingForward(y, word, position, type, ids, positions, types);
        Stop(nameof(EmbeddingForward), start, 0, Bytes(y, y));
    }

    /// <inheritdoc/>
    public void EmbeddingBackward(Tensor dword, Tensor dposition, Tensor dtype, Tensor dy, Tensor ids, Tensor positions, Tensor types)
    {
        long start = Start();
        inner.EmbeddingBackward(dword, dposition, dtype, dy, ids, positions, types);
        Stop(nameof(EmbeddingBackward), start, 0, 3.0 * dy.Bytes);
    }

    /// <inheritdoc/>
    public void GatherRows(Tensor y, Tensor x, Tensor rows)
    {
        long start = Start();
        inner.GatherRows(y, x, rows);
        Stop(nameof(GatherRows), start, 0, Bytes(y, y));
    }

    /// <inheritdoc/>
    public void ScatterAddRows(Tensor dx, Tensor dy, Tensor rows)
    {
        long start = Start();
        inner.ScatterAddRows(dx, dy, rows);
        Stop(nameof(ScatterAddRows), start, 0, 3.0 * dy.Bytes);
    }

    /// <inheritdoc/>
    public void AttentionForward(Tensor y, Tensor logSumExp, Tensor qkv, Tensor offsets, int maxLength, int heads, DropoutMask dropout)
    {
        long start = Start();
        inner.AttentionForward(y, logSumExp, qkv, offsets, maxLength, heads, dropout);
        Stop(nameof(AttentionForward), start, 4.0 * y.Cols * SquaredLengths(offsets), Bytes(y, qkv));
    }

    /// <inheritdoc/>
    public void AttentionBackward(
        Tensor dqkv, Tensor dy, Tensor y, Tensor logSumExp, Tensor qkv, Tensor offsets, int maxLength, int heads, DropoutMask dropout)
    {
        long start = Start();
        inner.AttentionBackward(dqkv, dy, y, logSumExp, qkv, offsets, maxLength, heads, dropout);
        Stop(nameof(AttentionBackward), start, 10.0 * y.Cols * SquaredLengths(offsets), Bytes(dqkv, dqkv, dy, y, qkv));
    }

    /// <inheritdoc/>
    public void CrossEntropyForward(
        Tensor losses, Tensor probs, Tensor logits, Tensor labels, Tensor classWeights = default, double smoothing = 0)
    {
        long start = Start();
        inner.CrossEntropyForward(losses, probs, logits, labels, classWeights, smoothing);
        Stop(nameof(CrossEntropyForward), start, 0, Bytes(probs, logits));
    }

    /// <inheritdoc/>
    public void CrossEntropyBackward(
        Tensor dlogits, Tensor probs, Tensor labels, double scale, Tensor classWeights = default, double smoothing = 0)
    {
        long start = Start();
        inner.CrossEntropyBackward(dlogits, probs, labels, scale, classWeights, smoothing);
        Stop(nameof(CrossEntropyBackward), start, 0, Bytes(dlogits, dlogits, probs));
    }

    /// <inheritdoc/>
    public void SpanCrossEntropyForward(Tensor losses, Tensor probs, Tensor logits, Tensor offsets, Tensor starts, Tensor ends)
    {
        long start = Start();
        inner.SpanCrossEntropyForward(losses, probs, logits, offsets, starts, ends);
        Stop(nameof(SpanCrossEntropyForward), start, 0, Bytes(probs, logits));
    }

    /// <inheritdoc/>
    public void SpanCrossEntropyBackward(Tensor dlogits, Tensor probs, Tensor offsets, Tensor starts, Tensor ends, double scale)
    {
        long start = Start();
        inner.SpanCrossEntropyBackward(dlogits, probs, offsets, starts, ends, scale);
        Stop(nameof(SpanCrossEntropyBackward), start, 0, Bytes(dlogits, dlogits, probs));
    }

    /// <inheritdoc/>
    public void VocabularyCrossEntropy(
        Tensor losses, Tensor predictions, Tensor dx, Tensor dweight, Tensor dbias,
        Tensor x, Tensor weight, Tensor bias, Tensor labels, double scale)
    {
        long start = Start();
        inner.VocabularyCrossEntropy(losses, predictions, dx, dweight, dbias, x, weight, bias, labels, scale);
        int products = 1 + (dx.IsNone ? 0 : 1) + (dweight.IsNone ? 0 : 1);
        Stop(nameof(VocabularyCrossEntropy), start, 2.0 * products * x.Count * weight.Rows, Bytes(x, dx, weight, dweight));
    }

    /// <inheritdoc/>
    public void Sum(Tensor total, Tensor x, double scale = 1)
    {
        long start = Start();
        inner.Sum(total, x, scale);
        Stop(nameof(Sum), start, 0, x.Bytes);
    }

    /// <inheritdoc/>
    public void SumOfSquares(Tensor total, Tensor x)
    {
        long start = Start();
        inner.SumOfSquares(total, x);
        Stop(nameof(SumOfSquares), start, 0, x.Bytes);
    }

    /// <inheritdoc/>
    public void AddScaled(Tensor y, Tensor x, double scale = 1)
    {
        long start = Start();
        inner.AddScaled(y, x, scale);
        Stop(nameof(AddScaled), start, 0, Bytes(y, y, x));
    }

    /// <inheritdoc/>
    public void AdamW(Tensor weight, Tensor gradient, Tensor m, Tensor v, Tensor sumOfSquares, in AdamWOptions options)
    {
        long start = Start();
        inner.AdamW(weight, gradient, m, v, sumOfSquares, options);
        Stop(nameof(AdamW), start, 0, 8.0 * weight.Bytes);
    }

    private long Start()
    {
        inner.Synchronize();
        return Stopwatch.GetTimestamp();
    }

    private void Stop(string name, long start, double flops, double bytes)
    {
        inner.Synchronize();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        KernelCost cost = _costs.GetValueOrDefault(name);
        _costs[name] = new KernelCost(name, cost.Calls + 1, cost.Seconds + seconds, cost.Flops + flops, cost.Bytes + bytes);
    }

    private static double Bytes(params ReadOnlySpan<Tensor> operands)
    {
        double bytes = 0;
        foreach (Tensor tensor in operands)
            bytes += tensor.IsNone ? 0 : tensor.Bytes;
        return bytes;
    }

    private static double SquaredLengths(Tensor offsets)
    {
        int[] starts = offsets.ToArray<int>();
        double sum = 0;
        for (int i = 1; i < starts.Length; i++)
            sum += Math.Pow(starts[i] - starts[i - 1], 2);
        return sum;
    }
}
