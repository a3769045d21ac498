using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>
/// The second pass: a tile of work is one group of blocks of words. A block's exponentials are read once, become gradients in
/// scratch memory that stays in the cache, and go into both products from there. Only one group adds to a row of dweight; of dx each group has a
/// part of its own.
/// </summary>
internal unsafe struct VocabularyGradientsJob<TSimd, TVector> : ITileJob where TSimd : ISimd<TVector> where TVector : struct
{
    public VocabularyCall Call;

    public readonly void Invoke(int group, int worker)
    {
        int firstBlock = group * Call.BlocksInGroup, end = Math.Min(Call.Blocks, firstBlock + Call.BlocksInGroup);
        float* gradients = Call.WorkerBlock(worker);
        for (int block = firstBlock; block < end; block++)
        {
            int first = block * VocabularyCall.BlockWords, words = Call.WordsOf(block);
            Gradients(gradients, block, first, words);
            if (Call.DWeight != null)
                Call.Gemm.RunOn<TSimd, TVector, NoEpilogue>(worker, DWeight(gradients, first, words), default);
            if (Call.DX != null)
                Call.Gemm.RunOn<TSimd, TVector, NoEpilogue>(worker, DX(gradients, first, words, Call.GroupDX(group), block > firstBlock), default);
        }
    }

    // dweight += gradientsᵀ·x, the block's rows of it.
    private readonly GemmCall DWeight(float* gradients, int first, int words) => new()
    {
        M = words, N = Call.C, K = Call.Rows, A = gradients, Lda = VocabularyCall.BlockWords, TransposeA = true,
        B = Call.X, Ldb = Call.C, C = Call.DWeight + (nint)first * Call.C, Ldc = Call.C, Accumulate = true,
    };

    // dx += gradients·weight, the block's terms of it.
    private readonly GemmCall DX(float* gradients, int first, int words, float* dx, bool accumulate) => new()
    {
        M = Call.Rows, N = Call.C, K = words, A = gradients, Lda = VocabularyCall.BlockWords,
        B = Call.Weight + (nint)first * Call.C, Ldb = Call.C, C = dx, Ldc = Call.C, Accumulate = accumulate,
    };

    // scale·(p − onehot) of all rows, and its column sums.
    [MethodImpl(Jit.Alone)]
    private readonly void Gradients(float* gradients, int block, int first, int words)
    {
        float* exponentials = Call.BlockExponentials(block), sums = stackalloc float[VocabularyCall.BlockWords];
        new Span<float>(sums, VocabularyCall.BlockWords).Clear();
        RowPart* parts = Call.Parts + (nint)block * Call.Rows;
        for (int row = 0; row < Call.Rows; row++, exponentials += VocabularyCall.BlockWords, gradients += VocabularyCall.BlockWords)
        {
            // The exponentials are relative to the largest logit of the block, the factor is to that of the row.
            RowSoftmax softmax = Call.Softmax[row];
            TVector factor = TSimd.Broadcast(softmax.Factor * MathF.Exp(parts[row].Max - softmax.Max));
            for (int i = 0; i < words; i += TSimd.Width)
                TSimd.Store(gradients + i, TSimd.Multiply(TSimd.Load(exponentials + i), factor));
            int label = Call.Labels[row] - first;
            if ((uint)label < (uint)words)
                gradients[label] = (float)(gradients[label] - Call.Scale);
            if (Call.DBias != null)
                RowMath.Add<TSimd, TVector>(sums, gradients, words);
        }
        if (Call.DBias != null)
            RowMath.Add<TSimd, TVector>(Call.DBias + first, sums, words);
    }
}
