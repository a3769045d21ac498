using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace BareBert.Kernels;

/// <summary>
/// The first pass: a tile of work is one block of words. Its logits for all rows; of each row the largest, and the exponentials
/// relative to it and their sum, taken while the block is in the cache. Each row of weights is read, and packed, once.
/// </summary>
/// <remarks>Milakov and Gimelshein 2018, arXiv:1805.02867. Derivation in ../README.md.</remarks>
internal unsafe struct LogitsJob<TSimd, TVector> : ITileJob where TSimd : ISimd<TVector> where TVector : struct
{
    public VocabularyCall Call;

    public readonly void Invoke(int block, int worker)
    {
        int first = block * VocabularyCall.BlockWords, words = Call.WordsOf(block);
        float* logits = Call.HasGradients ? Call.BlockExponentials(block) : Call.WorkerBlock(worker);
        var multiply = new GemmCall
        {
            M = Call.Rows, N = words, K = Call.C, A = Call.X, Lda = Call.C,
            B = Call.Weight + (nint)first * Call.C, Ldb = Call.C, TransposeB = true, C = logits, Ldc = VocabularyCall.BlockWords,
        };
        Call.Gemm.RunOn<TSimd, TVector, NoEpilogue>(worker, multiply, default);
        // Whole vectors are read: the logits past the last word are −∞, whatever their bias.
        float* bias = stackalloc float[VocabularyCall.BlockWords], best = Call.WorkerBest(worker);
        new ReadOnlySpan<float>(Call.Bias + first, words).CopyTo(new Span<float>(bias, words));
        new Span<float>(bias + words, VocabularyCall.BlockWords - words).Clear();
        RowPart* parts = Call.Parts + (nint)block * Call.Rows;
        for (int row = 0; row < Call.Rows; row++, logits += VocabularyCall.BlockWords)
        {
            int label = Call.Labels[row] - first;
            if ((uint)label < (uint)words)
                Call.LabelLogits[row] = logits[label] + bias[label];
            parts[row] = Part(logits, bias, words, best[row], Call.HasGradients);
            parts[row].Best += first;
            best[row] = MathF.Max(best[row], parts[row].Max);
        }
    }

    // Of logits = products + bias the largest, and the sum of exp(logit − largest); these exponentials replace the products where kept.
    [MethodImpl(Jit.Alone)]
    private static RowPart Part(float* products, float* bias, int words, float soFar, bool keep)
    {
        // What fills up the last vector counts for nothing, here and in the second pass.
        int end = (words + TSimd.Width - 1) / TSimd.Width * TSimd.Width;
        for (int i = words; i < end; i++)
            products[i] = float.NegativeInfinity;
        TVector largest = TSimd.Broadcast(float.NegativeInfinity);
        for (int i = 0; i < end; i += TSimd.Width)
            largest = TSimd.Max(TSimd.Add(TSimd.Load(products + i), TSimd.Load(bias + i)), largest);
        float max = TSimd.MaxLane(largest);
        // Which word it is matters only where no block before has a larger one.
        int best = max < soFar ? 0 : FirstOf(products, bias, words, max);
        TVector shift = TSimd.Broadcast(float.IsNegativeInfinity(max) ? 0 : max), sum = TSimd.Zero;
        for (int i = 0; i < end; i += TSimd.Width)
        {
            TVector logit = TSimd.Add(TSimd.Load(products + i), TSimd.Load(bias + i));
            TVector e = VectorMath.ExpOrZero<TSimd, TVector>(TSimd.Subtract(logit, shift));
            sum = TSimd.Add(sum, e);
            if (keep)
                TSimd.Store(products + i, e);
        }
        return new RowPart { Max = max, Sum = TSimd.SumLanes(sum), Best = best };
    }

    // The first index of the largest; 0 where the first is not a number, as in a plain loop of comparisons.
    private static int FirstOf(float* products, float* bias, int words, float max)
    {
        Vector128<float> sought = Vector128.Create(max);
        int i = 0;
        for (; i <= words - Vector128<float>.Count && !float.IsNaN(products[0] + bias[0]); i += Vector128<float>.Count)
        {
            uint equal = Vector128.Equals(Vector128.Load(products + i) + Vector128.Load(bias + i), sought).ExtractMostSignificantBits();
            if (equal != 0)
                return i + BitOperations.TrailingZeroCount(equal);
        }
        for (; i < words; i++)
        {
            if (products[i] + bias[i] == max)
                return i;
        }
        return 0;
    }
}
