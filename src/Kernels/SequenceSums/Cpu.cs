using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    // Sequences may be few and long: threads share columns, and each adds its own of all tokens, in order.
    void IKernel<SequenceSumForward>.Run(in SequenceSumForward call) => ForRange(call.X.Cols, ColumnGranule, call.X.Rows, new SequenceSumKernel
    {
        Y = call.Y.Floats(), X = call.X.Floats(), Offsets = call.Offsets.Ints(), Sequences = call.Y.Rows, Cols = call.X.Cols, IsMean = call.IsMean,
    });

    void IKernel<SequenceSumBackward>.Run(in SequenceSumBackward call) => ForRange(call.DX.Cols, ColumnGranule, 2L * call.DX.Rows, new SequenceSpreadKernel
    {
        DX = call.DX.Floats(), DY = call.DY.Floats(), Offsets = call.Offsets.Ints(), Sequences = call.DY.Rows, Cols = call.DX.Cols, IsMean = call.IsMean,
    });

    private struct SequenceSumKernel : IRangeKernel
    {
        public float* Y, X;
        public int* Offsets;
        public int Sequences, Cols;
        public bool IsMean;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            int count = (int)(end - first);
            for (nint sequence = 0; sequence < Sequences; sequence++)
            {
                float* y = Y + sequence * Cols + first;
                new Span<float>(y, count).Clear();
                for (nint row = Offsets[sequence]; row < Offsets[sequence + 1]; row++)
                    RowMath.Add<TSimd, V>(y, X + row * Cols + first, count);
                if (IsMean)
                    RowMath.Scale<TSimd, V>(y, y, 1f / (Offsets[sequence + 1] - Offsets[sequence]), count);
            }
        }
    }

    private struct SequenceSpreadKernel : IRangeKernel
    {
        public float* DX, DY;
        public int* Offsets;
        public int Sequences, Cols;
        public bool IsMean;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            int count = (int)(end - first);
            for (nint sequence = 0; sequence < Sequences; sequence++)
            {
                float share = IsMean ? 1f / (Offsets[sequence + 1] - Offsets[sequence]) : 1;
                for (nint row = Offsets[sequence]; row < Offsets[sequence + 1]; row++)
                    AddShare<TSimd, V>(DX + row * Cols + first, DY + sequence * Cols + first, share, count);
            }
        }

        // dx += share·dy.
        [MethodImpl(Jit.Alone)]
        private static void AddShare<TSimd, V>(float* dx, float* dy, float share, int count) where TSimd : ISimd<V> where V : struct
        {
            V factor = TSimd.Broadcast(share);
            int i = 0;
            for (; i <= count - TSimd.Width; i += TSimd.Width)
                TSimd.Store(dx + i, TSimd.MultiplyAdd(TSimd.Load(dy + i), factor, TSimd.Load(dx + i)));
            if (i < count)
                Lanes.Store<TSimd, V>(dx + i, TSimd.MultiplyAdd(Lanes.Load<TSimd, V>(dy + i, count - i), factor, Lanes.Load<TSimd, V>(dx + i, count - i)), count - i);
        }
    }
}
