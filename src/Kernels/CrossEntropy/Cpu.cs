using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    void IKernel<CrossEntropyForward>.Run(in CrossEntropyForward call)
    {
        ForRange(call.Logits.Rows, 1, 8L * call.Logits.Cols, new CrossEntropyForwardKernel
        {
            Losses = call.Losses.Floats(), Probs = call.Probs.Floats(), Logits = call.Logits.Floats(), Labels = call.Labels.Ints(),
            ClassWeights = OptionalFloats(call.ClassWeights), WeightSum = SumOf(call.ClassWeights), Classes = call.Logits.Cols, Smoothing = call.Smoothing,
        });
    }

    void IKernel<CrossEntropyBackward>.Run(in CrossEntropyBackward call)
    {
        ForRange(call.Probs.Rows, 1, 2L * call.Probs.Cols, new CrossEntropyBackwardKernel
        {
            DLogits = call.DLogits.Floats(), Probs = call.Probs.Floats(), Labels = call.Labels.Ints(),
            ClassWeights = OptionalFloats(call.ClassWeights), WeightSum = SumOf(call.ClassWeights), Classes = call.Probs.Cols, Scale = call.Scale, Smoothing = call.Smoothing,
        });
    }

    private static double SumOf(Tensor weights)
    {
        double sum = 0;
        for (int i = 0; !weights.IsNone && i < weights.Count; i++)
            sum += weights.Floats()[i];
        return sum;
    }

    private struct CrossEntropyForwardKernel : IRangeKernel
    {
        public float* Losses, Probs, Logits, ClassWeights;
        public int* Labels;
        public int Classes;
        public double Smoothing, WeightSum;

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
                double rest = counts && Smoothing > 0 ? SumBelow<TSimd, V>(logits, ClassWeights, max) : 0;
                float sum = RowMath.Exponentials<TSimd, V>(probs, logits, max, Classes);
                RowMath.Scale<TSimd, V>(probs, probs, 1 / sum, Classes);
                Losses[row] = counts ? (float)Loss(label, labelLogit - max, rest, Math.Log(sum)) : 0;
            }
        }

        // −Σ w·t·log p, log p being a logit less the largest, less log Σ exp of such; rest is the weighted sum of the former over all classes.
        private readonly double Loss(int label, double labelLogit, double rest, double logSum)
        {
            double loss = (1 - Smoothing) * (ClassWeights is null ? 1 : ClassWeights[label]) * (logSum - labelLogit);
            if (Smoothing > 0)
                loss += Smoothing * (logSum * (ClassWeights is null ? 1 : WeightSum / Classes) - rest / Classes);
            return loss;
        }

        // Σ w·(logit − max).
        [MethodImpl(Jit.Alone)]
        private readonly double SumBelow<TSimd, V>(float* logits, float* weights, float max) where TSimd : ISimd<V> where V : struct
        {
            V m = TSimd.Broadcast(max), sum = TSimd.Zero;
            int i = 0;
            for (; i <= Classes - TSimd.Width; i += TSimd.Width)
            {
                V below = TSimd.Subtract(TSimd.Load(logits + i), m);
                sum = TSimd.Add(sum, weights is null ? below : TSimd.Multiply(below, TSimd.Load(weights + i)));
            }
            double total = TSimd.SumLanes(sum);
            for (; i < Classes; i++)
                total += (logits[i] - max) * (weights is null ? 1 : weights[i]);
            return total;
        }
    }

    // dlogits += scale·(probs·Σ w·t − w·t).
    private struct CrossEntropyBackwardKernel : IRangeKernel
    {
        public float* DLogits, Probs, ClassWeights;
        public int* Labels;
        public int Classes;
        public double Scale, Smoothing, WeightSum;

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
            double own = ClassWeights is null ? 1 : ClassWeights[label], share = Smoothing / Classes;
            double total = ClassWeights is null ? 1 : (1 - Smoothing) * own + share * WeightSum;
            // The label's own share of the target is far from the others': taken apart so that p − t is rounded once.
            double atLabel = dlogits[label] + Scale * (total * probs[label] - own * (1 - Smoothing + share));
            // p·Σ w·t − w·t is the sum times p less w·t over the sum.
            V factor = TSimd.Broadcast((float)(Scale * total)), shares = TSimd.Broadcast(total == 0 ? 0 : (float)(share / total));
            for (int i = 0; i < Classes; i += TSimd.Width)
            {
                int count = Math.Min(TSimd.Width, Classes - i);
                V target = ClassWeights is null || Smoothing == 0 ? shares : TSimd.Multiply(shares, Lanes.Load<TSimd, V>(ClassWeights + i, count));
                V difference = TSimd.Subtract(Lanes.Load<TSimd, V>(probs + i, count), target);
                Lanes.Store<TSimd, V>(dlogits + i, TSimd.MultiplyAdd(difference, factor, Lanes.Load<TSimd, V>(dlogits + i, count)), count);
            }
            dlogits[label] = (float)atLabel;
        }
    }
}
