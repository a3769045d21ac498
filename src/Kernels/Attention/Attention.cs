namespace BareBert.Kernels;

public partial interface IDeviceKernels : IKernel<AttentionForward>, IKernel<AttentionBackward>;

/// <summary>
/// Attention within packed sequences, all heads: per head, y = dropout(softmax(q·kᵀ/√D))·v. Every token asks, or only some do.
/// </summary>
/// <remarks>
/// Vaswani et al. 2017, arXiv:1706.03762; tiles and an online softmax as in Dao et al. 2022, arXiv:2205.14135: no
/// [T, T] matrix reaches memory. 4·C flops for each query and key of a sequence. Derivation in README.md.
/// </remarks>
public readonly struct AttentionForward : IKernelCall<AttentionForward>
{
    /// <summary>[queries, C], the heads side by side, overwritten.</summary>
    public required Tensor Y { get; init; }

    /// <summary>[queries, heads], log Σⱼ exp(q·kⱼ/√D) of each row of scores, overwritten, for the backward pass; optional.</summary>
    public Tensor LogSumExp { get; init; }

    /// <summary>Sets <see cref="Queries"/> and <see cref="KeysValues"/>: every token asks. [tokens, 3C]: q, k and v side by side, in each the heads side by side, D = C/heads.</summary>
    public Tensor Qkv
    {
        init => (Queries, KeysValues) = (value, value);
    }

    /// <summary>[queries, C], or [tokens, 3C], of which the first third is read.</summary>
    public Tensor Queries { get; init; }

    /// <summary>[tokens, 2C], or [tokens, 3C], of which the last two thirds are read.</summary>
    public Tensor KeysValues { get; init; }

    /// <summary>[B + 1], Int32: sequence b is the tokens [offsets[b], offsets[b + 1]). Every sequence has one token or more.</summary>
    public required Tensor Offsets { get; init; }

    /// <summary>[B + 1], Int32: the queries of sequence b, none or more, are [offsets[b], offsets[b + 1]). None: <see cref="Offsets"/>, every token asks.</summary>
    public Tensor QueryOffsets { get; init; }

    /// <summary>The most tokens, and no fewer than the most queries, of a sequence: for devices that cannot look at offsets from the host.</summary>
    public required int MaxLength { get; init; }

    /// <summary>Number of heads; divides C.</summary>
    public required int Heads { get; init; }

    /// <summary>Of the probabilities: row = query·heads + head, column = key's index in its sequence.</summary>
    public required DropoutMask Dropout { get; init; }

    /// <summary>A token sees itself and those before it, none that follow: what a model of the next word needs. Then every token asks.</summary>
    public bool IsCausal { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(4.0 * Y.Cols * Shape.Scores(IsCausal), Traffic.Of([Queries, Shape.Beside(KeysValues)], [Y]));

    internal AttentionShape Shape => new(Queries, KeysValues, Offsets, QueryOffsets, Heads);

    /// <inheritdoc/>
    public void Check() => Shape.Check(Y, LogSumExp, MaxLength, IsCausal);
}

/// <summary>Its gradient: dq, dk and dv += …, with the scores computed again from q, k and logSumExp.</summary>
/// <remarks>10·C flops for each query and key of a sequence.</remarks>
public readonly struct AttentionBackward : IKernelCall<AttentionBackward>
{
    /// <summary>Sets <see cref="DQueries"/> and <see cref="DKeysValues"/>: [tokens, 3C].</summary>
    public Tensor DQkv
    {
        init => (DQueries, DKeysValues) = (value, value);
    }

    /// <summary>Sets <see cref="OverwriteDQueries"/> and <see cref="OverwriteDKeysValues"/>.</summary>
    public bool OverwriteDQkv
    {
        init => (OverwriteDQueries, OverwriteDKeysValues) = (value, value);
    }

    /// <summary>As <see cref="Queries"/>.</summary>
    public Tensor DQueries { get; init; }

    /// <summary>Whether <see cref="DQueries"/>, whatever it holds, is overwritten in place of added to.</summary>
    public bool OverwriteDQueries { get; init; }

    /// <summary>As <see cref="KeysValues"/>.</summary>
    public Tensor DKeysValues { get; init; }

    /// <summary>The same of <see cref="DKeysValues"/>.</summary>
    public bool OverwriteDKeysValues { get; init; }

    /// <summary>[queries, C].</summary>
    public required Tensor DY { get; init; }

    /// <summary>[queries, C], as the forward pass wrote it.</summary>
    public required Tensor Y { get; init; }

    /// <summary>[queries, heads].</summary>
    public required Tensor LogSumExp { get; init; }

    /// <inheritdoc cref="AttentionForward.Qkv"/>
    public Tensor Qkv
    {
        init => (Queries, KeysValues) = (value, value);
    }

    /// <inheritdoc cref="AttentionForward.Queries"/>
    public Tensor Queries { get; init; }

    /// <inheritdoc cref="AttentionForward.KeysValues"/>
    public Tensor KeysValues { get; init; }

    /// <summary>[B + 1].</summary>
    public required Tensor Offsets { get; init; }

    /// <inheritdoc cref="AttentionForward.QueryOffsets"/>
    public Tensor QueryOffsets { get; init; }

    /// <inheritdoc cref="AttentionForward.MaxLength"/>
    public required int MaxLength { get; init; }

    /// <summary>Number of heads.</summary>
    public required int Heads { get; init; }

    /// <summary>As in the forward pass.</summary>
    public required DropoutMask Dropout { get; init; }

    /// <summary>As in the forward pass.</summary>
    public bool IsCausal { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(10.0 * Y.Cols * Shape.Scores(IsCausal), Traffic.Of([DY, Y, Queries, Shape.Beside(KeysValues)],
        [OverwriteDQueries ? DQueries : default, OverwriteDKeysValues ? Shape.Beside(DKeysValues) : default],
        [OverwriteDQueries ? default : DQueries, OverwriteDKeysValues ? default : Shape.Beside(DKeysValues)]));

    internal AttentionShape Shape => new(Queries, KeysValues, Offsets, QueryOffsets, Heads);

    /// <inheritdoc/>
    public void Check()
    {
        Shape.Check(Y, LogSumExp, MaxLength, IsCausal);
        Checks.Has(LogSumExp, new Shape(Y.Rows, Heads));
        Checks.Same(DQueries, Queries);
        Checks.Same(DKeysValues, KeysValues);
        Checks.Same(DY, Y);
        if (QueryOffsets.IsNone && OverwriteDQueries != OverwriteDKeysValues)
            throw new ArgumentException("gradients side by side are overwritten together");
    }
}

public sealed partial class ReferenceKernels<T>
{
    void IKernel<AttentionForward>.Run(in AttentionForward call)
    {
        AttentionShape shape = call.Shape;
        Span<T> q = call.Queries.Span<T>(), kv = call.KeysValues.Span<T>(), y = call.Y.Span<T>(), logSumExp = Optional(call.LogSumExp);
        var scores = new double[call.MaxLength];
        foreach ((int start, int end, int query, int head) in Queries(shape, call.IsCausal))
        {
            double lse = Scores(scores, q, kv, shape, start, end, query, head);
            if (!logSumExp.IsEmpty)
                Set(logSumExp, query * shape.Heads + head, lse);
            for (int key = start; key < end; key++)
                scores[key - start] = Math.Exp(scores[key - start] - lse) * Kept(call.Dropout, query * shape.Heads + head, key - start);
            for (int d = 0; d < shape.HeadSize; d++)
            {
                double sum = 0;
                for (int key = start; key < end; key++)
                    sum += scores[key - start] * Get(kv, Value(shape, key, head, d));
                Set(y, query * shape.C + head * shape.HeadSize + d, sum);
            }
        }
    }

    void IKernel<AttentionBackward>.Run(in AttentionBackward call)
    {
        AttentionShape shape = call.Shape;
        Span<T> q = call.Queries.Span<T>(), kv = call.KeysValues.Span<T>(), dq = call.DQueries.Span<T>(), dkv = call.DKeysValues.Span<T>();
        Span<T> y = call.Y.Span<T>(), dy = call.DY.Span<T>(), logSumExp = call.LogSumExp.Span<T>();
        double scale = 1 / Math.Sqrt(shape.HeadSize);
        var scores = new double[call.MaxLength];
        if (call.OverwriteDQueries)
            dq.Clear();
        if (call.OverwriteDKeysValues)
            dkv.Clear();
        foreach ((int start, int end, int query, int head) in Queries(shape, call.IsCausal))
        {
            Scores(scores, q, kv, shape, start, end, query, head);
            double lse = Get(logSumExp, query * shape.Heads + head);
            int row = query * shape.C + head * shape.HeadSize;

            // delta = Σⱼ pⱼ·dpⱼ, and because y = Σⱼ pⱼ·vⱼ that is y·dy.
            double delta = 0;
            for (int d = 0; d < shape.HeadSize; d++)
                delta += Get(y, row + d) * Get(dy, row + d);
            for (int key = start; key < end; key++)
            {
                double p = Math.Exp(scores[key - start] - lse), kept = Kept(call.Dropout, query * shape.Heads + head, key - start), dp = 0;
                for (int d = 0; d < shape.HeadSize; d++)
                {
                    dp += Get(dy, row + d) * Get(kv, Value(shape, key, head, d));
                    Add(dkv, Value(shape, key, head, d), p * kept * Get(dy, row + d));
                }
                double ds = p * (dp * kept - delta) * scale;
                for (int d = 0; d < shape.HeadSize; d++)
                {
                    Add(dq, Query(shape, query, head, d), ds * Get(kv, Key(shape, key, head, d)));
                    Add(dkv, Key(shape, key, head, d), ds * Get(q, Query(shape, query, head, d)));
                }
            }
        }
    }

    // Fills scores with q·k/√D of one query and returns log Σ exp of them.
    private static double Scores(double[] scores, Span<T> q, Span<T> kv, AttentionShape shape, int start, int end, int query, int head)
    {
        double max = double.NegativeInfinity, sum = 0;
        for (int key = start; key < end; key++)
        {
            double score = 0;
            for (int d = 0; d < shape.HeadSize; d++)
                score += Get(q, Query(shape, query, head, d)) * Get(kv, Key(shape, key, head, d));
            scores[key - start] = score / Math.Sqrt(shape.HeadSize);
            max = Math.Max(max, scores[key - start]);
        }
        for (int key = start; key < end; key++)
            sum += Math.Exp(scores[key - start] - max);
        return max + Math.Log(sum);
    }

    private static int Query(AttentionShape shape, int query, int head, int d) => query * shape.QueryStride + head * shape.HeadSize + d;

    private static int Key(AttentionShape shape, int token, int head, int d) => token * shape.KeyStride + shape.FirstKeyColumn + head * shape.HeadSize + d;

    private static int Value(AttentionShape shape, int token, int head, int d) => Key(shape, token, head, d) + shape.C;

    // Every query of every head, with the first token that it sees and the one behind the last.
    private static IEnumerable<(int Start, int End, int Query, int Head)> Queries(AttentionShape shape, bool isCausal)
    {
        for (int sequence = 0; sequence < shape.Sequences; sequence++)
        {
            int start = shape.Offsets.Span<int>()[sequence], end = shape.Offsets.Span<int>()[sequence + 1];
            int first = shape.QueryOffsets.Span<int>()[sequence], behind = shape.QueryOffsets.Span<int>()[sequence + 1];
            for (int head = 0; head < shape.Heads; head++)
            {
                for (int query = first; query < behind; query++)
                    yield return (start, isCausal ? query + 1 : end, query, head);
            }
        }
    }
}
