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
        for (int i = keys - last; i < TSimd.Width; i++)
            lanes[i] = float.NegativeInfinity;
        V hide = TSimd.Load(lanes);
        for (int row = 0; row < rows; row++, scores += AttentionBlock.Stride)
            TSimd.Store(scores + last, TSimd.Add(TSimd.Load(scores + last), hide));
    }

    /// <summary>
    /// One row of the online softmax: scores become exp(score − max), times the dropout factors, where max is the largest
    /// score of this and all former blocks; sums, a vector of partial sums, follows.
    /// </summary>
    /// <param name="row">Scores, overwritten.</param>
    /// <param name="columns">A whole number of vectors.</param>
    /// <param name="factors">What dropout multiplies each probability by; null without dropout.</param>
    /// <param name="max">The largest score so far, −∞ before the first block.</param>
    /// <param name="sums">[width], Σ exp(score − max) so far, before dropout.</param>
    /// <returns>What earlier blocks' results must be multiplied by: exp(former max − max) in all lanes.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Forward(float* row, int columns, float* factors, ref float max, float* sums)
    {
        V largest = TSimd.Broadcast(max);
        for (int c = 0; c < columns; c += TSimd.Width)
            largest = TSimd.Max(TSimd.Load(row + c), largest);
        float newMax = TSimd.MaxLane(largest);
        // Where all scores are −∞ so far, subtracting 0 gives probabilities 0 and not NaN: later blocks may have finite ones.
        V shift = TSimd.Broadcast(float.IsNegativeInfinity(newMax) ? 0 : newMax);
        V correction = PowersOfTwo.Exp2<TSimd, V>(TSimd.Subtract(TSimd.Broadcast(max), shift));
        V sum = TSimd.Multiply(TSimd.Load(sums), correction);
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
        TSimd.Store(sums, sum);
        max = newMax;
        return correction;
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
                V p = PowersOfTwo.Exp2<TSimd, V>(TSimd.Subtract(TSimd.Load(scores + c), shift));
                TSimd.Store(scores + c, p);
                TSimd.Store(dp + c, TSimd.Multiply(p, TSimd.Subtract(TSimd.Load(dp + c), mean)));
            }
        }
        else
        {
            for (int c = 0; c < columns; c += TSimd.Width)
            {
                V p = PowersOfTwo.Exp2<TSimd, V>(TSimd.Subtract(TSimd.Load(scores + c), shift)), f = TSimd.Load(factors + c);
                TSimd.Store(scores + c, TSimd.Multiply(p, f));
                TSimd.Store(dp + c, TSimd.Multiply(p, TSimd.Subtract(TSimd.Multiply(TSimd.Load(dp + c), f), mean)));
            }
        }
    }
}
