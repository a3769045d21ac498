using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    // Logits in memory at a time. More rows a chunk mean that the weights, and their gradient, are read fewer times.
    private const long LogitsBytes = 32 << 20;

    private readonly ScratchMemory _logits = new();

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
            int rows = Math.Min(chunk, shape.Rows - first);
            float* logits = _logits.Floats((nint)rows * shape.V), xs = x.Floats() + (nint)first * shape.C;
            Gemm.Run(Call(rows, shape.V, shape.C, xs, false, weight.Floats(), true, logits, false), new BiasEpilogue(bias.Floats()));
            bool gradients = !dx.IsNone || !dweight.IsNone || !dbias.IsNone;
            ForRange(rows, 1, 8L * shape.V, new VocabularyRowsKernel
            {
                Losses = losses.Floats() + first, Predictions = predictions.IsNone ? null : predictions.Ints() + first, Logits = logits,
                Labels = labels.Ints() + first, V = shape.V, Scale = scale, Gradients = gradients,
            });
            if (!dx.IsNone)
                Gemm.Run(Call(rows, shape.C, shape.V, logits, false, weight.Floats(), false, dx.Floats() + (nint)first * shape.C, true));
            if (!dweight.IsNone)
                Gemm.Run(Call(shape.V, shape.C, rows, logits, true, xs, false, dweight.Floats(), true));
            if (!dbias.IsNone)
                ForRange(shape.V, ElementGranule, rows, new AddRowsKernel(dbias.Floats(), logits, rows, shape.V));
        }
    }

    // As few chunks as the memory allows, all but the last of the same rows.
    private static int ChunkRows(int rows, int v)
    {
        int most = (int)Math.Max(1, LogitsBytes / (sizeof(float) * (long)v));
        int chunks = Math.Max(1, (rows + most - 1) / most);
        return Math.Max(1, (rows + chunks - 1) / chunks);
    }

    partial void DisposeVocabularyCrossEntropy() => _logits.Dispose();

    // Losses, predictions, and in place of the logits the gradient of scale·Σ losses by them.
    private struct VocabularyRowsKernel : IRangeKernel
    {
        // Columns whose largest is taken alone, so that the first index of the row's largest is sought in one block only.
        private const int MaxBlock = 512;

        public float* Losses, Logits;
        public int* Predictions, Labels;
        public int V;
        public double Scale;
        public bool Gradients;

        public readonly void Run<TSimd, TVector>(nint first, nint end) where TSimd : ISimd<TVector> where TVector : struct
        {
            for (nint row = first; row < end; row++)
            {
                float* logits = Logits + row * V;
                float max = Max<TSimd, TVector>(logits, out int best);
                if (Predictions != null)
                    Predictions[row] = best;
                int label = Labels[row];
                double below = (double)max - logits[label];
                double sum = Exponentials<TSimd, TVector>(logits, max);
                Losses[row] = (float)(below + Math.Log(sum));
                if (Gradients)
                    Gradient<TSimd, TVector>(logits, label, sum);
            }
        }

        // The largest logit and its first index: 0 where the first is not a number, as in a plain loop of comparisons.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly float Max<TSimd, TVector>(float* logits, out int best) where TSimd : ISimd<TVector> where TVector : struct
        {
            float max = float.NegativeInfinity;
            int block = 0;
            for (int first = 0; first < V; first += MaxBlock)
            {
                int end = Math.Min(first + MaxBlock, V), i = first;
                TVector largest = TSimd.Broadcast(float.NegativeInfinity);
                for (; i <= end - TSimd.Width; i += TSimd.Width)
                    largest = TSimd.Max(TSimd.Load(logits + i), largest);
                float blockMax = TSimd.MaxLane(largest);
                for (; i < end; i++)
                    blockMax = logits[i] > blockMax ? logits[i] : blockMax;
                if (blockMax > max)
                    (max, block) = (blockMax, first);
            }
            best = 0;
            if (!float.IsNaN(logits[0]) && max > float.NegativeInfinity)
            {
                best = block;
                while (logits[best] != max)
                    best++;
            }
            return max;
        }

        // exp(logit − max), kept where gradients follow, and their sum.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly double Exponentials<TSimd, TVector>(float* logits, float max) where TSimd : ISimd<TVector> where TVector : struct
        {
            TVector m = TSimd.Broadcast(max), sum = TSimd.Zero, sum2 = TSimd.Zero;
            int i = 0;
            for (; i <= V - 2 * TSimd.Width; i += 2 * TSimd.Width)
            {
                TVector e = VectorMath.Exp<TSimd, TVector>(TSimd.Subtract(TSimd.Load(logits + i), m));
                TVector e2 = VectorMath.Exp<TSimd, TVector>(TSimd.Subtract(TSimd.Load(logits + i + TSimd.Width), m));
                sum = TSimd.Add(sum, e);
                sum2 = TSimd.Add(sum2, e2);
                if (Gradients)
                {
                    TSimd.Store(logits + i, e);
                    TSimd.Store(logits + i + TSimd.Width, e2);
                }
            }
            double total = TSimd.SumLanes(TSimd.Add(sum, sum2));
            for (; i < V; i++)
            {
                float e = MathF.Exp(logits[i] - max);
                total += e;
                if (Gradients)
                    logits[i] = e;
            }
            return total;
        }

        // exponentials become scale·(p − onehot).
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Gradient<TSimd, TVector>(float* exponentials, int label, double sum) where TSimd : ISimd<TVector> where TVector : struct
        {
            double atLabel = Scale * (exponentials[label] / sum - 1);
            float factor = (float)(Scale / sum);
            TVector f = TSimd.Broadcast(factor);
            int i = 0;
            for (; i <= V - TSimd.Width; i += TSimd.Width)
                TSimd.Store(exponentials + i, TSimd.Multiply(TSimd.Load(exponentials + i), f));
            for (; i < V; i++)
                exponentials[i] *= factor;
            exponentials[label] = (float)atLabel;
        }
    }
}
