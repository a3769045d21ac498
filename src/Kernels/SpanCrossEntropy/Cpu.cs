namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    void IKernel<SpanCrossEntropyForward>.Run(in SpanCrossEntropyForward call)
    {
        ForRange(call.Starts.Shape[0], 1, 2L * call.Logits.Rows / Math.Max(1, call.Starts.Shape[0]), new SpanForwardKernel
        {
            Losses = call.Losses.Floats(), Probs = call.Probs.Floats(), Logits = call.Logits.Floats(),
            Offsets = call.Offsets.Ints(), Starts = call.Starts.Ints(), Ends = call.Ends.Ints(),
        });
    }

    void IKernel<SpanCrossEntropyBackward>.Run(in SpanCrossEntropyBackward call)
    {
        ForRange(call.Starts.Shape[0], 1, 2L * call.Probs.Rows / Math.Max(1, call.Starts.Shape[0]), new SpanBackwardKernel
        {
            DLogits = call.DLogits.Floats(), Probs = call.Probs.Floats(),
            Offsets = call.Offsets.Ints(), Starts = call.Starts.Ints(), Ends = call.Ends.Ints(), Scale = call.Scale / 2,
        });
    }

    // A sequence a unit. Two numbers a token are nothing beside the encoder's thousands: plain loops in double precision.
    private struct SpanForwardKernel : IRangeKernel
    {
        public float* Losses, Probs, Logits;
        public int* Offsets, Starts, Ends;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint i = first; i < end; i++)
            {
                nint at = 2 * (nint)Offsets[i];
                int length = Offsets[i + 1] - Offsets[i];
                double atStart = Column(Probs + at, Logits + at, length, Starts[i]);
                double atEnd = Column(Probs + at + 1, Logits + at + 1, length, Ends[i]);
                Losses[i] = (float)(-(atStart + atEnd) / 2);
            }
        }

        private static double Column(float* probs, float* logits, int length, int label)
        {
            double max = double.NegativeInfinity, sum = 0;
            for (int t = 0; t < length; t++)
                max = Math.Max(max, logits[2 * t]);
            for (int t = 0; t < length; t++)
                sum += Math.Exp(logits[2 * t] - max);

            // Before probs overwrites logits, which it may.
            double logSum = max + Math.Log(sum), atLabel = label == Labels.Ignore ? 0 : logits[2 * label] - logSum;
            for (int t = 0; t < length; t++)
                probs[2 * t] = (float)Math.Exp(logits[2 * t] - logSum);
            return atLabel;
        }
    }

    // dlogits += scale/2·(probs − onehot).
    private struct SpanBackwardKernel : IRangeKernel
    {
        public float* DLogits, Probs;
        public int* Offsets, Starts, Ends;
        public double Scale;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint i = first; i < end; i++)
            {
                if (Starts[i] == Labels.Ignore)
                    continue;
                int length = Offsets[i + 1] - Offsets[i];
                float* dlogits = DLogits + 2 * (nint)Offsets[i], probs = Probs + 2 * (nint)Offsets[i];
                for (int t = 0; t < length; t++)
                {
                    dlogits[2 * t] = (float)(dlogits[2 * t] + Scale * (probs[2 * t] - (t == Starts[i] ? 1.0 : 0.0)));
                    dlogits[2 * t + 1] = (float)(dlogits[2 * t + 1] + Scale * (probs[2 * t + 1] - (t == Ends[i] ? 1.0 : 0.0)));
                }
            }
        }
    }
}
