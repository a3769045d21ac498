namespace BareBert.Kernels;

public partial interface IDeviceKernels : IKernel<AttentionForward>, IKernel<AttentionBackward>;

/// <summary>
/// Self-attention of each packed sequence with itself, all heads: per head, y = dropout(softmax(q·kᵀ/√D))·v.
/// </summary>
/// <remarks>
/// Vaswani et al. 2017, arXiv:1706.03762; tiles and an online softmax as in Dao et al. 2022, arXiv:2205.14135: no
/// [T, T] matrix reaches memory. 4·C·Σ T² flops. Derivation in README.md.
/// </remarks>
public readonly struct AttentionForward : IKernelCall<AttentionForward>
{
    /// <summary>[tokens, C], the heads side by side, overwritten.</summary>
    public required Tensor Y { get; init; }

    /// <summary>[tokens, heads], log Σⱼ exp(q·kⱼ/√D) of each row of scores, overwritten, for the backward pass; optional.</summary>
    public Tensor LogSumExp { get; init; }

    /// <summary>[tokens, 3C]: q, k and v side by side, in each the heads side by side, D = C/heads.</summary>
    public required Tensor Qkv { get; init; }

    /// <summary>[B + 1], Int32: sequence b is the tokens [offsets[b], offsets[b + 1]). Every sequence has one token or more.</summary>
    public required Tensor Offsets { get; init; }

    /// <summary>The longest sequence's tokens, for devices that cannot look at offsets from the host.</summary>
    public required int MaxLength { get; init; }

    /// <summary>Number of heads; divides C.</summary>
    public required int Heads { get; init; }

    /// <summary>Of the probabilities: row = token·heads + head, column = key's index in its sequence.</summary>
    public required DropoutMask Dropout { get; init; }

    /// <summary>A token sees itself and those before it, none that follow: what a model of the next word needs.</summary>
    public bool IsCausal { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(4.0 * Y.Cols * AttentionShape.Scores(Offsets, IsCausal), Traffic.Of([Qkv], [Y]));

    internal AttentionShape Shape => AttentionShape.Of(Qkv, Offsets, Heads);

    /// <inheritdoc/>
    public void Check()
    {
        AttentionShape.Check(Y, Qkv, Offsets, Heads);
        Checks.Optional(LogSumExp, new Shape(Qkv.Rows, Heads));
    }
}

/// <summary>Its gradient: dqkv += …, with the scores computed again from qkv and logSumExp.</summary>
/// <remarks>10·C·Σ T² flops.</remarks>
public readonly struct AttentionBackward : IKernelCall<AttentionBackward>
{
    /// <summary>[tokens, 3C].</summary>
    public required Tensor DQkv { get; init; }

    /// <summary>Whether <see cref="DQkv"/>, whatever it holds, is overwritten in place of added to.</summary>
    public bool OverwriteDQkv { get; init; }

    /// <summary>[tokens, C].</summary>
    public required Tensor DY { get; init; }

    /// <summary>[tokens, C], as the forward pass wrote it.</summary>
    public required Tensor Y { get; init; }

    /// <summary>[tokens, heads].</summary>
    public required Tensor LogSumExp { get; init; }

    /// <summary>[tokens, 3C].</summary>
    public required Tensor Qkv { get; init; }

    /// <summary>[B + 1].</summary>
    public required Tensor Offsets { get; init; }

    /// <summary>The longest sequence's tokens.</summary>
    public required int MaxLength { get; init; }

    /// <summary>Number of heads.</summary>
    public required int Heads { get; init; }

    /// <summary>As in the forward pass.</summary>
    public required DropoutMask Dropout { get; init; }

    /// <summary>As in the forward pass.</summary>
    public bool IsCausal { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(10.0 * Y.Cols * AttentionShape.Scores(Offsets, IsCausal), Traffic.Of([DY, Y, Qkv], OverwriteDQkv ? [DQkv] : [], OverwriteDQkv ? [] : [DQkv]));

    internal AttentionShape Shape => AttentionShape.Of(Qkv, Offsets, Heads);

    /// <inheritdoc/>
    public void Check()
    {
        AttentionShape.Check(Y, Qkv, Offsets, Heads);
        Checks.Has(LogSumExp, new Shape(Qkv.Rows, Heads));
        Checks.Same(DQkv, Qkv);
        Checks.Same(DY, Y);
    }
}

/// <summary>The sizes of one attention.</summary>
internal readonly record struct AttentionShape(int Tokens, int C, int Sequences, int Heads, int HeadSize)
{
    public static AttentionShape Of(Tensor qkv, Tensor offsets, int heads) =>
        new(qkv.Rows, qkv.Cols / 3, offsets.Shape[0] - 1, heads, qkv.Cols / 3 / heads);

    /// <summary>Throws where the operands of both passes do not fit, or where offsets that the host can look at do not cut the tokens into sequences.</summary>
    public static void Check(Tensor y, Tensor qkv, Tensor offsets, int heads)
    {
        Checks.Rank(qkv, 2, nameof(AttentionForward.Qkv));
        Checks.Rank(offsets, 1, nameof(AttentionForward.Offsets));
        if (qkv.Cols % 3 != 0 || heads < 1 || qkv.Cols / 3 % heads != 0)
            throw new ArgumentException($"Qkv is {qkv.Shape}, not [tokens, 3C] with C a multiple of {heads} heads");
        Checks.Has(y, new Shape(qkv.Rows, qkv.Cols / 3), nameof(AttentionForward.Y));
        CheckSequences(offsets, qkv.Rows);
    }

    /// <summary>Scores of a head: Σ T² over the sequences, or Σ T·(T + 1)/2 where a token sees none that follow.</summary>
    public static double Scores(Tensor offsets, bool isCausal)
    {
        int[] starts = offsets.ToArray<int>();
        double sum = 0;
        for (int i = 1; i < starts.Length; i++)
        {
            double length = starts[i] - starts[i - 1];
            sum += isCausal ? length * (length + 1) / 2 : length * length;
        }
        return sum;
    }

    /// <summary>Throws where offsets that the host can look at do not cut the tokens into sequences of one or more.</summary>
    public static void CheckSequences(Tensor offsets, int tokens)
    {
        if (offsets.IsOnHost)
            CheckSequences(offsets.Span<int>(), tokens);
    }

    private static void CheckSequences(ReadOnlySpan<int> offsets, int tokens)
    {
        if (offsets[0] != 0 || offsets[^1] != tokens)
            throw new ArgumentException($"Offsets run from {offsets[0]} to {offsets[^1]}, not from 0 to {tokens} tokens");
        for (int i = 1; i < offsets.Length; i++)
        {
            if (offsets[i] <= offsets[i - 1])
                throw new ArgumentException($"sequence {i - 1} runs from {offsets[i - 1]} to {offsets[i]}: it has no token");
        }
    }
}

public sealed partial class ReferenceKernels<T>
{
    void IKernel<AttentionForward>.Run(in AttentionForward call)
    {
        AttentionShape shape = call.Shape;
        Span<T> x = call.Qkv.Span<T>(), y = call.Y.Span<T>(), logSumExp = Optional(call.LogSumExp);
        var scores = new double[call.MaxLength];
        foreach ((int start, int end, int query, int head) in Queries(shape, call.Offsets, call.IsCausal))
        {
            double lse = Scores(scores, x, shape, start, end, query, head);
            if (!logSumExp.IsEmpty)
                Set(logSumExp, query * shape.Heads + head, lse);
            for (int key = start; key < end; key++)
                scores[key - start] = Math.Exp(scores[key - start] - lse) * Kept(call.Dropout, query * shape.Heads + head, key - start);
            for (int d = 0; d < shape.HeadSize; d++)
            {
                double sum = 0;
                for (int key = start; key < end; key++)
                    sum += scores[key - start] * Get(x, At(shape, key, 2, head, d));
                Set(y, query * shape.C + head * shape.HeadSize + d, sum);
            }
        }
    }

    void IKernel<AttentionBackward>.Run(in AttentionBackward call)
    {
        AttentionShape shape = call.Shape;
        Span<T> x = call.Qkv.Span<T>(), dx = call.DQkv.Span<T>(), y = call.Y.Span<T>(), dy = call.DY.Span<T>(), logSumExp = call.LogSumExp.Span<T>();
        double scale = 1 / Math.Sqrt(shape.HeadSize);
        var scores = new double[call.MaxLength];
        if (call.OverwriteDQkv)
            dx.Clear();
        foreach ((int start, int end, int query, int head) in Queries(shape, call.Offsets, call.IsCausal))
        {
            Scores(scores, x, shape, start, end, query, head);
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
                    dp += Get(dy, row + d) * Get(x, At(shape, key, 2, head, d));
                    Add(dx, At(shape, key, 2, head, d), p * kept * Get(dy, row + d));
                }
                double ds = p * (dp * kept - delta) * scale;
                for (int d = 0; d < shape.HeadSize; d++)
                {
                    Add(dx, At(shape, query, 0, head, d), ds * Get(x, At(shape, key, 1, head, d)));
                    Add(dx, At(shape, key, 1, head, d), ds * Get(x, At(shape, query, 0, head, d)));
                }
            }
        }
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

    // Every query of every head, with the first token that it sees and the one behind the last.
    private static IEnumerable<(int Start, int End, int Query, int Head)> Queries(AttentionShape shape, Tensor offsets, bool isCausal)
    {
        for (int sequence = 0; sequence < shape.Sequences; sequence++)
        {
            int start = offsets.Span<int>()[sequence], end = offsets.Span<int>()[sequence + 1];
            for (int head = 0; head < shape.Heads; head++)
            {
                for (int query = start; query < end; query++)
                    yield return (start, isCausal ? query + 1 : end, query, head);
            }
        }
    }
}
