using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace BareBert.Kernels;

/// <summary>
/// The first pass: a tile of work is one block of words. Its logits for all rows, and of each row the largest and the sum of the
/// exponentials, taken while the block is in the cache. Each row of weights is read, and packed, once.
/// </summary>
/// <remarks>Milakov and Gimelshein 2018, arXiv:1805.02867. Derivation in docs/kernels/cross-entropy.md.</remarks>
internal unsafe struct LogitsJob<TSimd, TVector> : ITileJob where TSimd : ISimd<TVector> where TVector : struct
{
    public VocabularyCall Call;

    public readonly void Invoke(int block, int worker)
    {
        int first = block * VocabularyCall.BlockWords, words = Call.WordsOf(block);
        float* logits = Call.HasGradients ? Call.BlockLogits(block) : Call.WorkerBlock(worker);
        var multiply = new GemmCall
        {
            M = Call.Rows, N = words, K = Call.C, A = Call.X, Lda = Call.C,
            B = Call.Weight + (nint)first * Call.C, Ldb = Call.C, TransposeB = true, C = logits, Ldc = VocabularyCall.BlockWords,
        };
        Call.Gemm.RunOn<TSimd, TVector, BiasEpilogue>(worker, multiply, new BiasEpilogue(Call.Bias + first));
        RowPart* parts = Call.Parts + (nint)block * Call.Rows;
        for (int row = 0; row < Call.Rows; row++, logits += VocabularyCall.BlockWords)
        {
            int label = Call.Labels[row] - first;
            if ((uint)label < (uint)words)
                Call.LabelLogits[row] = logits[label];
            parts[row] = Part(logits, words);
            parts[row].Best += first;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static RowPart Part(float* logits, int words)
    {
        // What fills up the last vector counts for nothing, here and in the second pass.
        int end = (words + TSimd.Width - 1) / TSimd.Width * TSimd.Width;
        for (int i = words; i < end; i++)
            logits[i] = float.NegativeInfinity;
        TVector largest = TSimd.Broadcast(float.NegativeInfinity);
        for (int i = 0; i < end; i += TSimd.Width)
            largest = TSimd.Max(TSimd.Load(logits + i), largest);
        float max = TSimd.MaxLane(largest);
        TVector shift = TSimd.Broadcast(float.IsNegativeInfinity(max) ? 0 : max), sum = TSimd.Zero;
        for (int i = 0; i < end; i += TSimd.Width)
            sum = TSimd.Add(sum, VectorMath.Exp<TSimd, TVector>(TSimd.Subtract(TSimd.Load(logits + i), shift)));
        return new RowPart { Max = max, Sum = TSimd.SumLanes(sum), Best = FirstOf(logits, end, max) };
    }

    // The first index of the largest; 0 where the first is not a number, as in a plain loop of comparisons.
    private static int FirstOf(float* logits, int end, float max)
    {
        Vector128<float> sought = Vector128.Create(max);
        for (int i = 0; i < end && !float.IsNaN(logits[0]); i += Vector128<float>.Count)
        {
            uint equal = Vector128.Equals(Vector128.Load(logits + i), sought).ExtractMostSignificantBits();
            if (equal != 0)
                return i + BitOperations.TrailingZeroCount(equal);
        }
        return 0;
    }
}
