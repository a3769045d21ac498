namespace BareBert.Kernels;

/// <summary>Between the passes: of each row the loss, the prediction and the softmax's denominator, from what the blocks found, in order.</summary>
internal unsafe struct VocabularyRowsKernel : IRangeKernel
{
    public VocabularyCall Call;

    public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
    {
        for (nint row = first; row < end; row++)
        {
            RowPart best = Best(row);
            double sum = 0;
            for (int block = 0; block < Call.Blocks; block++)
            {
                RowPart part = Call.Parts[(nint)block * Call.Rows + row];
                sum += part.Sum * Math.Exp((double)part.Max - best.Max);
            }
            Call.Losses[row] = (float)((double)best.Max - Call.LabelLogits[row] + Math.Log(sum));
            if (Call.Predictions != null)
                Call.Predictions[row] = best.Best;
            Call.Softmax[row] = new RowSoftmax { Max = best.Max, Factor = (float)(Call.Scale / sum) };
        }
    }

    // The part with the largest logit, the first of such.
    private readonly RowPart Best(nint row)
    {
        RowPart best = Call.Parts[row];
        for (int block = 1; block < Call.Blocks; block++)
        {
            RowPart part = Call.Parts[(nint)block * Call.Rows + row];
            if (part.Max > best.Max)
                best = part;
        }
        return best;
    }
}
