using System.Runtime.Intrinsics;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    // Logits in memory at a time, in bytes. More rows at once mean that the weights, and their gradient, are read fewer times.
    private const long LogitsBytes = 80 << 20;

    private VocabularyScratch? _vocabularyScratch;

    /// <inheritdoc/>
    public void VocabularyCrossEntropy(
        Tensor losses, Tensor predictions, Tensor dx, Tensor dweight, Tensor dbias,
        Tensor x, Tensor weight, Tensor bias, Tensor labels, double scale)
    {
        VocabularyShape shape = VocabularyShape.Of(losses, predictions, dx, dweight, dbias, x, weight, bias, labels);
        RowChecks.InRange(labels.Span<int>(), shape.V, nameof(labels));
        int chunk = ChunkRows(shape.Rows, shape.V);
        for (int first = 0; first < shape.Rows; first += chunk)
        {
            var call = new VocabularyCall
            {
                Rows = Math.Min(chunk, shape.Rows - first), V = shape.V, C = shape.C, Scale = scale, Gemm = Gemm,
                X = x.Floats() + (nint)first * shape.C, Weight = weight.Floats(), Bias = bias.Floats(), Labels = labels.Ints() + first,
                Losses = losses.Floats() + first, Predictions = predictions.IsNone ? null : predictions.Ints() + first,
                DX = dx.IsNone ? null : dx.Floats() + (nint)first * shape.C, DWeight = OptionalFloats(dweight), DBias = OptionalFloats(dbias),
            };
            (_vocabularyScratch ??= new VocabularyScratch(_team.Count)).Fit(ref call);
            switch (Gemm.WidestVector)
            {
                case 16: Run<Simd512, Vector512<float>>(call); break;
                case 8: Run<Simd256, Vector256<float>>(call); break;
                default: Run<Simd128, Vector128<float>>(call); break;
            }
        }
    }

    private void Run<TSimd, TVector>(in VocabularyCall call) where TSimd : ISimd<TVector> where TVector : struct
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
