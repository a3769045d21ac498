using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    void IKernel<AdamW>.Run(in AdamW call)
    {
        double clip = call.Options.ClipFactor(call.SumOfSquares.IsNone ? 0 : *call.SumOfSquares.Floats());
        if (double.IsNaN(clip))
        {
            call.Gradient.Zero();
            return;
        }
        var kernel = new AdamWKernel(call.Weight.Floats(), call.Gradient.Floats(), call.M.Floats(), call.V.Floats(), call.Options, clip);
        ForRange((nint)call.Weight.Count, ElementGranule, 4, kernel);
    }

    // One pass: four streams in, four out, and nothing else; √ and / hide behind the memory.
    private readonly struct AdamWKernel(float* weight, float* gradient, float* m, float* v, in AdamWOptions options, double clip) : IRangeKernel
    {
        // What is smaller counts as zero, long before it could be seen beside ε. The moments of a word that is not seen again would end among the subnormal numbers and stay there
        // (4 units of the last place times 0.9 are 4 again), and with each vector of those a processor may take 150 cycles longer. Of gradients the squares count.
        private const float SmallestGradient = 1e-16f, SmallestM = 1e-30f, SmallestV = 1e-36f;

        // Floats to read ahead: so many streams are more than the processor's own prefetching keeps up with.
        private const int Ahead = 512;

        private readonly float* _weight = weight, _gradient = gradient, _m = m, _v = v;
        private readonly float _clip = (float)clip;
        private readonly float _beta1 = (float)options.Beta1;
        private readonly float _beta2 = (float)options.Beta2;
        private readonly float _rest1 = (float)(1 - options.Beta1);
        private readonly float _rest2 = (float)(1 - options.Beta2);
        private readonly float _keep = (float)(1 - options.LearningRate * options.WeightDecay);
        private readonly float _step = (float)(-options.LearningRate / options.Correction1);
        private readonly float _rootScale = (float)(1 / Math.Sqrt(options.Correction2));
        private readonly float _epsilon = (float)options.Epsilon;

        [MethodImpl(Jit.Alone)]
        public void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            nint i = first;
            for (; i <= end - TSimd.Width; i += TSimd.Width)
            {
                MemoryHints.Prefetch(_gradient + i + Ahead);
                MemoryHints.Prefetch(_m + i + Ahead);
                MemoryHints.Prefetch(_v + i + Ahead);
                MemoryHints.Prefetch(_weight + i + Ahead);
                V g = TSimd.Load(_gradient + i), m = TSimd.Load(_m + i), v = TSimd.Load(_v + i), w = TSimd.Load(_weight + i);
                Update<TSimd, V>(g, ref m, ref v, ref w);
                TSimd.Store(_m + i, m);
                TSimd.Store(_v + i, v);
                TSimd.Store(_weight + i, w);
                TSimd.Store(_gradient + i, TSimd.Zero);
            }
            if (i < end)
                Rest<TSimd, V>(i, (int)(end - i));
        }

        private void Rest<TSimd, V>(nint i, int count) where TSimd : ISimd<V> where V : struct
        {
            V m = Lanes.Load<TSimd, V>(_m + i, count), v = Lanes.Load<TSimd, V>(_v + i, count), w = Lanes.Load<TSimd, V>(_weight + i, count);
            Update<TSimd, V>(Lanes.Load<TSimd, V>(_gradient + i, count), ref m, ref v, ref w);
            Lanes.Store<TSimd, V>(_m + i, m, count);
            Lanes.Store<TSimd, V>(_v + i, v, count);
            Lanes.Store<TSimd, V>(_weight + i, w, count);
            Lanes.Store<TSimd, V>(_gradient + i, TSimd.Zero, count);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Update<TSimd, V>(V gradient, ref V m, ref V v, ref V w) where TSimd : ISimd<V> where V : struct
        {
            V g = ZeroBelow<TSimd, V>(SmallestGradient, TSimd.Multiply(gradient, TSimd.Broadcast(_clip)));
            m = ZeroBelow<TSimd, V>(SmallestM, TSimd.MultiplyAdd(g, TSimd.Broadcast(_rest1), TSimd.Multiply(m, TSimd.Broadcast(_beta1))));
            // (1 − β₂)·g first: g² alone may overflow or vanish where the product does not.
            v = ZeroBelow<TSimd, V>(SmallestV, TSimd.MultiplyAdd(TSimd.Multiply(g, TSimd.Broadcast(_rest2)), g, TSimd.Multiply(v, TSimd.Broadcast(_beta2))));
            V root = TSimd.MultiplyAdd(TSimd.Sqrt(v), TSimd.Broadcast(_rootScale), TSimd.Broadcast(_epsilon));
            w = TSimd.MultiplyAdd(TSimd.Divide(m, root), TSimd.Broadcast(_step), TSimd.Multiply(w, TSimd.Broadcast(_keep)));
        }

        // NaN stays.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V ZeroBelow<TSimd, V>(float smallest, V x) where TSimd : ISimd<V> where V : struct =>
            TSimd.SelectPositive(TSimd.Subtract(TSimd.Broadcast(smallest), TSimd.Abs(x)), TSimd.Zero, x);
    }
}
