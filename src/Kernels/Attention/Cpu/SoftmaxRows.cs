using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>What happens to a row of a block of scores between the products: all that is not a multiply.</summary>
/// <remarks>Scores are in units of log₂e, so that their exponential is a power of two.</remarks>
internal static unsafe class SoftmaxRows<TSimd, V> where TSimd : ISimd<V> where V : struct
{
    /// <summary>Columns that hold <paramref name="keys"/> keys: whole vectors.</summary>
    public static int Padded(int keys) => (keys + TSimd.Width - 1) / TSimd.Width * TSimd.Width;

    /// <summary>Adds −∞ to the columns from <paramref name="keys"/> to the end of its vector, so that they do not count.</summary>
    public static void HidePadding(float* scores, int rows, int keys)
    {
        int last = keys / TSimd.Width * TSimd.Width;
        if (last == keys)
            return;
        float* lanes = stackalloc float[TSimd.Width];
        for (int i = 0; i < TSimd.Width; i++)
            lanes[i] = last + i < keys ? 0 : float.NegativeInfinity;
        V hide = TSimd.Load(lanes);
        for (int row = 0; row < rows; row++, scores += AttentionBlock.Stride)
            TSimd.Store(scores + last, TSimd.Add(TSimd.Load(scores + last), hide));
    }

    /// <summary>−∞ in place of the scores of keys that follow the query, in the block in which row r and column r are one token.</summary>
    public static void HideFollowing(float* scores, int rows, int keys)
    {
        for (int row = 0; row < rows; row++, scores += AttentionBlock.Stride)
            new Span<float>(scores + row + 1, Math.Max(0, Padded(keys) - row - 1)).Fill(float.NegativeInfinity);
    }

    /// <summary>max[row] = the largest of it and of the row's scores.</summary>
    [MethodImpl(Jit.Alone)]
    public static void Maxima(float* scores, int rows, int columns, float* max)
    {
        for (int row = 0; row < rows; row++, scores += AttentionBlock.Stride)
        {
            V largest = TSimd.Broadcast(max[row]);
            for (int c = 0; c < columns; c += TSimd.Width)
                largest = TSimd.Max(TSimd.Load(scores + c), largest);
            max[row] = TSimd.MaxLane(largest);
        }
    }

    /// <summary>One row of the online softmax: scores become exp(score − max), times the dropout factors.</summary>
    /// <param name="row">Scores, overwritten.</param>
    /// <param name="columns">A whole number of vectors.</param>
    /// <param name="factors">What dropout multiplies each probability by; null without dropout.</param>
    /// <param name="max">The largest score so far.</param>
    /// <param name="sum">Σ exp(score − max) of the former blocks, in as many parts as a vector has lanes.</param>
    /// <returns>The sum with this block's, before dropout.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Forward(float* row, int columns, float* factors, float max, V sum)
    {
        V shift = TSimd.Broadcast(max);
        if (factors == null)
        {
            for (int c = 0; c < columns; c += TSimd.Width)
            {
                V p = PowersOfTwo.Exp2<TSimd, V>(TSimd.Subtract(TSimd.Load(row + c), shift));
                sum = TSimd.Add(sum, p);
                TSimd.Store(row + c, p);
            }
        }
        else
        {
            for (int c = 0; c < columns; c += TSimd.Width)
            {
                V p = PowersOfTwo.Exp2<TSimd, V>(TSimd.Subtract(TSimd.Load(row + c), shift));
                sum = TSimd.Add(sum, p);
                TSimd.Store(row + c, TSimd.Multiply(p, TSimd.Load(factors + c)));
            }
        }
        return sum;
    }

    /// <summary>
    /// One row of the backward pass: with p = exp(score − logSumExp) and f the dropout factor, scores become p·f and dp becomes
    /// the gradient of the scores, p·(dp·f − delta).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Backward(float* scores, float* dp, int columns, float* factors, float logSumExp, float delta)
    {
        V shift = TSimd.Broadcast(logSumExp), mean = TSimd.Broadcast(delta);
        if (factors == null)
        {
            for (int c = 0; c < columns; c += TSimd.Width)
            {
                V p = Probability(TSimd.Load(scores + c), shift);
                TSimd.Store(scores + c, p);
                TSimd.Store(dp + c, TSimd.Multiply(p, TSimd.Subtract(TSimd.Load(dp + c), mean)));
            }
        }
        else
        {
            for (int c = 0; c < columns; c += TSimd.Width)
            {
                V p = Probability(TSimd.Load(scores + c), shift), f = TSimd.Load(factors + c);
                TSimd.Store(scores + c, TSimd.Multiply(p, f));
                TSimd.Store(dp + c, TSimd.Multiply(p, TSimd.Subtract(TSimd.Multiply(TSimd.Load(dp + c), f), mean)));
            }
        }
    }

    // Never above 1: where scores are so large that their rounding shows, score − logSumExp may be.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Probability(V score, V logSumExp) =>
        PowersOfTwo.Exp2<TSimd, V>(TSimd.Min(TSimd.Zero, TSimd.Subtract(score, logSumExp)));
}
