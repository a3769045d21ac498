namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    /// <inheritdoc/>
    public void SpanCrossEntropyForward(Tensor losses, Tensor probs, Tensor logits, Tensor offsets, Tensor starts, Tensor ends)
    {
        SpanChecks.Shapes(logits, offsets, starts, ends, losses);
        Checks.Same(probs, logits);
        SpanChecks.InRange(offsets, starts, ends);
        ForRange(starts.Shape[0], 1, 2L * logits.Rows / Math.Max(1, starts.Shape[0]), new SpanForwardKernel
        {
            Losses = losses.Floats(), Probs = probs.Floats(), Logits = logits.Floats(),
            Offsets = offsets.Ints(), Starts = starts.Ints(), Ends = ends.Ints(),
        });
    }

    /// <inheritdoc/>
    public void SpanCrossEntropyBackward(Tensor dlogits, Tensor probs, Tensor offsets, Tensor starts, Tensor ends, double scale)
    {
        SpanChecks.Shapes(probs, offsets, starts, ends, default);
        Checks.Same(dlogits, probs);
        SpanChecks.InRange(offsets, starts, ends);
        ForRange(starts.Shape[0], 1, 2L * probs.Rows / Math.Max(1, starts.Shape[0]), new SpanBackwardKernel
        {
            DLogits = dlogits.Floats(), Probs = probs.Floats(), Offsets = offsets.Ints(), Starts = starts.Ints(), Ends = ends.Ints(),
            Scale = scale / 2,
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
