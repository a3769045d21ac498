using System.Runtime.Intrinsics;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    // Logits in memory at a time, in bytes. More rows at once mean that the weights, and their gradient, are read fewer times.
    private const long LogitsBytes = 80 << 20;

    private VocabularyScratch? _vocabularyScratch;

    void IKernel<VocabularyLoss>.Run(in VocabularyLoss call)
    {
        (int rows, int v, int c) = call.Sizes;
        int chunk = ChunkRows(rows, v);
        for (int first = 0; first < rows; first += chunk)
        {
            var part = new VocabularyCall
            {
                Rows = Math.Min(chunk, rows - first), V = v, C = c, Scale = call.Scale, Gemm = Gemm,
                X = call.X.Floats() + (nint)first * c, Weight = call.Weight.Floats(), Bias = call.Bias.Floats(), Labels = call.Labels.Ints() + first,
                Losses = call.Losses.Floats() + first, Predictions = call.Predictions.IsNone ? null : call.Predictions.Ints() + first,
                DX = call.DX.IsNone ? null : call.DX.Floats() + (nint)first * c,
                DWeight = OptionalFloats(call.DWeight), DBias = OptionalFloats(call.DBias),
            };
            (_vocabularyScratch ??= new VocabularyScratch(_team.Count)).Fit(ref part);
            switch (VectorWidth.Floats)
            {
                case 16: RunChunk<Simd512, Vector512<float>>(part); break;
                case 8: RunChunk<Simd256, Vector256<float>>(part); break;
                default: RunChunk<Simd128, Vector128<float>>(part); break;
            }
        }
    }

    private void RunChunk<TSimd, TVector>(in VocabularyCall call) where TSimd : ISimd<TVector> where TVector : struct
    {
        _team.RunTiles(call.Blocks, new LogitsJob<TSimd, TVector> { Call = call });
        ForRange(call.Rows, 1, 64L * call.Blocks, new VocabularyRowsKernel { Call = call });
        if (!call.HasGradients)
            return;
        _team.RunTiles(call.Groups, new VocabularyGradientsJob<TSimd, TVector> { Call = call });
        if (call.DX != null)
            ForRange((nint)call.Rows * call.C, ElementGranule, call.Groups, new AddInOrderKernel { Call = call });
    }

    // As few chunks as the memory allows, as equal as can be.
    private static int ChunkRows(int rows, int v)
    {
        int most = (int)Math.Max(1, LogitsBytes / (sizeof(float) * (long)v));
        int chunks = Math.Max(1, (rows + most - 1) / most);
        return Math.Max(1, (rows + chunks - 1) / chunks);
    }

    partial void DisposeVocabularyCrossEntropy() => _vocabularyScratch?.Dispose();

    // dx += Σ over the groups, in their order.
    private struct AddInOrderKernel : IRangeKernel
    {
        public VocabularyCall Call;

        // Few enough that the sums stay in level 1 while the groups go by.
        private const int Stretch = 1024;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint i = first; i < end; i += Stretch)
            {
                int count = (int)Math.Min(Stretch, end - i);
                for (int group = 0; group < Call.Groups; group++)
                    RowMath.Add<TSimd, V>(Call.DX + i, Call.GroupDX(group) + i, count);
            }
        }
    }
}
