using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    void IKernel<CrossEntropyForward>.Run(in CrossEntropyForward call)
    {
        ForRange(call.Logits.Rows, 1, 8L * call.Logits.Cols, new CrossEntropyForwardKernel
        {
            Losses = call.Losses.Floats(), Probs = call.Probs.Floats(), Logits = call.Logits.Floats(), Labels = call.Labels.Ints(),
            ClassWeights = OptionalFloats(call.ClassWeights), Classes = call.Logits.Cols, Smoothing = call.Smoothing,
        });
    }

    void IKernel<CrossEntropyBackward>.Run(in CrossEntropyBackward call)
    {
        ForRange(call.Probs.Rows, 1, 2L * call.Probs.Cols, new CrossEntropyBackwardKernel
        {
            DLogits = call.DLogits.Floats(), Probs = call.Probs.Floats(), Labels = call.Labels.Ints(),
            ClassWeights = OptionalFloats(call.ClassWeights), Classes = call.Probs.Cols, Scale = call.Scale, Smoothing = call.Smoothing,
        });
    }

    private struct CrossEntropyForwardKernel : IRangeKernel
    {
        public float* Losses, Probs, Logits, ClassWeights;
        public int* Labels;
        public int Classes;
        public double Smoothing;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint row = first; row < end; row++)
            {
                float* logits = Logits + row * Classes, probs = Probs + row * Classes;
                int label = Labels[row];
                bool counts = label != BareBert.Kernels.Labels.Ignore;
                float max = RowMath.Max<TSimd, V>(logits, Classes);
                // Before probs overwrites logits, which it may.
                double labelLogit = counts ? logits[label] : 0;
                double rest = counts && Smoothing > 0 ? SumBelow<TSimd, V>(logits, max) : 0;
                float sum = RowMath.Exponentials<TSimd, V>(probs, logits, max, Classes);
                RowMath.Scale<TSimd, V>(probs, probs, 1 / sum, Classes);
                Losses[row] = counts ? (float)Loss(label, labelLogit - max, rest, Math.Log(sum)) : 0;
            }
        }

        // −w·Σ t·log p, log p being a logit less the largest, less log Σ exp of such; rest is the sum of the former over all classes.
        private readonly double Loss(int label, double labelLogit, double rest, double logSum)
        {
            double weight = ClassWeights is null ? 1 : ClassWeights[label], loss = (1 - Smoothing) * (logSum - labelLogit);
            if (Smoothing > 0)
                loss += Smoothing * (logSum - rest / Classes);
            return weight * loss;
        }

        // Σ (logit − max).
        [MethodImpl(Jit.Alone)]
        private readonly double SumBelow<TSimd, V>(float* logits, float max) where TSimd : ISimd<V> where V : struct
        {
            V m = TSimd.Broadcast(max), sum = TSimd.Zero;
            int i = 0;
            for (; i <= Classes - TSimd.Width; i += TSimd.Width)
                sum = TSimd.Add(sum, TSimd.Subtract(TSimd.Load(logits + i), m));
            double total = TSimd.SumLanes(sum);
            for (; i < Classes; i++)
                total += logits[i] - max;
            return total;
        }
    }

    // dlogits += scale·w·(probs − t).
    private struct CrossEntropyBackwardKernel : IRangeKernel
    {
        public float* DLogits, Probs, ClassWeights;
        public int* Labels;
        public int Classes;
        public double Scale, Smoothing;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint row = first; row < end; row++)
            {
                int label = Labels[row];
                if (label != BareBert.Kernels.Labels.Ignore)
                    Row<TSimd, V>(DLogits + row * Classes, Probs + row * Classes, label);
            }
        }

        [MethodImpl(Jit.Alone)]
        private readonly void Row<TSimd, V>(float* dlogits, float* probs, int label) where TSimd : ISimd<V> where V : struct
        {
            double factor = Scale * (ClassWeights is null ? 1 : ClassWeights[label]);
            V f = TSimd.Broadcast((float)factor), share = TSimd.Broadcast((float)(Smoothing / Classes));
            // The label's own share of the target is far from the others': taken apart so that p − t is rounded once.
            double atLabel = dlogits[label] + factor * (probs[label] - (1 - Smoothing + Smoothing / Classes));
            int i = 0;
            for (; i <= Classes - TSimd.Width; i += TSimd.Width)
                TSimd.Store(dlogits + i, TSimd.MultiplyAdd(TSimd.Subtract(TSimd.Load(probs + i), share), f, TSimd.Load(dlogits + i)));
            int rest = Classes - i;
            if (rest > 0)
            {
                V difference = TSimd.Subtract(Lanes.Load<TSimd, V>(probs + i, rest), share);
                Lanes.Store<TSimd, V>(dlogits + i, TSimd.MultiplyAdd(difference, f, Lanes.Load<TSimd, V>(dlogits + i, rest)), rest);
            }
            dlogits[label] = (float)atLabel;
        }
    }
}
